/** What a sweep is to go through, as it stands in the ledger. */
import { z } from 'zod';
import type { ReportedToken } from '../ledger/report.ts';
import type { Vault } from '../vault/seal.ts';
import type { Evidence } from '../words/outcome.ts';
import { Secret } from '../words/secret.ts';
import type { Share, ShareOf } from '../words/share.ts';
import { baseOf } from './pointer.ts';

/** The internal provider that sweeps, and its kind. */
export const SWEEPS = 'gitlab-sweep';
export const SWEEP = 'sweep';

export interface SweepOrder {
  /** URL of the instance, without a trailing slash. */
  readonly base: string;
  /** Path of a group or a project; neither is the whole instance. */
  readonly group?: string | undefined;
  readonly project?: string | undefined;
  /** Only what was detected at or after this time. */
  readonly since?: number | undefined;
  /** What has a higher number came later, whatever date it has: it may have been brought from another GitLab. */
  readonly newest?: number | undefined;
  /** Of a group: projects that an earlier sweep had left out, of which no time is too old. */
  readonly missed?: readonly MissedProject[] | undefined;
}

const MISSED = z.array(z.object({ id: z.int(), path: z.string() }));
type MissedProject = z.output<typeof MISSED>[number];

/** What the sweep before has come to, as it stands in its evidence. */
const BEFORE = z.object({
  newest: z.int().optional().catch(undefined),
  findings: z.int().optional().catch(undefined),
  leftOutProjects: MISSED.optional().catch(undefined),
});

/** The one instance that is meant, by its URL or as the only one; undefined when there is none such, or several. */
export function instanceMeant(bases: readonly string[], url: string | undefined): string | undefined {
  const [base, ...others] = bases.filter((each) => url === undefined || each === baseOf(url));
  return others.length === 0 ? base : undefined;
}

export const WHICH_INSTANCE =
  'One of gitlab.instances with a readToken is needed: name it by its URL where there are several.';

export { FULL_PATH } from '../provider/kit/gitlab-instance.ts';

/** What names the entry of a sweep. */
const SCOPE = z.strictObject({
  base: z.string(),
  group: z.string().optional(),
  project: z.string().optional(),
  name: z.string(),
});

/** The kinds of the parts that may differ between the sweeps of one entry. */
const SINCE = 'since';
const NEWEST = 'newest';
const LEFT_OUT = 'left-out';

/** The kind of the part that tells such an order from those before it: where they had come to is not where it begins. */
export const ORDERED = 'ordered';

/** A further order of the same name starts it anew once it has ended. */
const STARTS_ANEW = ['followed', 'not-permitted', 'unsupported-kind', 'exhausted'];

/**
 * @param name tells sweeps of one scope apart that may run beside each other
 */
export function sweepReport(
  { base, group, project, since, newest, missed = [] }: SweepOrder,
  name: string,
  { vault, now }: { readonly vault: Vault; readonly now: number },
): ReportedToken {
  const token = new Secret(JSON.stringify({ base, group, project, name }));
  const id = vault.fingerprint(SWEEPS, token);
  const parts = {
    [ORDERED]: [new Secret(String(now))],
    ...(since !== undefined && { [SINCE]: [new Secret(String(since))] }),
    ...(newest !== undefined && { [NEWEST]: [new Secret(String(newest))] }),
    ...(missed.length > 0 && { [LEFT_OUT]: [new Secret(JSON.stringify(missed))] }),
  };
  const path = group === undefined ? (project ?? '') : `groups/${group}`;
  return {
    ...{ id, provider: SWEEPS, kind: SWEEP, type: SWEEPS, location: `${base}/${path}`, readable: false },
    sealed: vault.sealMaterial(id, { token, parts }),
    initial: { state: 'queued' },
    restarts: STARTS_ANEW,
  };
}

/** Undefined of one by an earlier version. */
export function orderedAt([at]: readonly Secret[]): string | undefined {
  return at?.reveal();
}

/** @returns undefined when it is none. @param parts of a kind */
export function parseSweepOrder(
  token: Secret,
  parts: (kind: string) => readonly Secret[],
): SweepOrder | undefined {
  try {
    const { name: _, ...scope } = SCOPE.parse(JSON.parse(token.reveal()));
    const [[since], [newest], [missed]] = [parts(SINCE), parts(NEWEST), parts(LEFT_OUT)];
    return {
      ...scope,
      ...(since && { since: Number(since.reveal()) }),
      ...(newest && { newest: Number(newest.reveal()) }),
      ...(missed && { missed: MISSED.parse(JSON.parse(missed.reveal())) }),
    };
  } catch {
    return undefined;
  }
}

/** What has come since a sweep that came to its end, and what that had left out. @param since when it began, or earlier */
export function onlyNew(evidence: Evidence | undefined, since: number): Partial<SweepOrder> {
  const { findings, leftOutProjects: missed, ...before } = BEFORE.parse(evidence ?? {});
  // Where there was none, any came later: by its time it may be old, as what was brought from another GitLab.
  const newest = before.newest ?? (findings === 0 ? 0 : undefined);
  return { since, ...(newest !== undefined && { newest }), ...(missed && { missed }) };
}

/**
 * Whatever a sweep finds counts as of one namespace: in each lane it takes turns with all others together, and has a
 * tenth of the safety valve.
 */
export function shareOfSweeps(shareOf: ShareOf): ShareOf {
  return (caller, location): Share => {
    const { group, project } = shareOf(caller, location);
    return { group: caller, namespace: caller, project: `${group} ${project}` };
  };
}
