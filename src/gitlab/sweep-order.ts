/** What a sweep is to go through, as it stands in the ledger. */
import { z } from 'zod';
import type { ReportedToken } from '../ledger/report.ts';
import type { Vault } from '../vault/seal.ts';
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
}

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

/** The kind of the part that may differ between the sweeps of one entry. */
export const SINCE = 'since';

/** The kind of the part that tells such an order from those before it: where they had come to is not where it begins. */
export const ORDERED = 'ordered';

/** A further order of the same name starts it anew once it has ended. */
const STARTS_ANEW = ['followed', 'not-permitted', 'unsupported-kind', 'exhausted'];

/**
 * @param name tells sweeps of one scope apart that may run beside each other
 */
export function sweepReport(
  { base, group, project, since }: SweepOrder,
  name: string,
  { vault, now }: { readonly vault: Vault; readonly now: number },
): ReportedToken {
  const token = new Secret(JSON.stringify({ base, group, project, name }));
  const id = vault.fingerprint(SWEEPS, token);
  const parts = {
    [ORDERED]: [new Secret(String(now))],
    ...(since !== undefined && { [SINCE]: [new Secret(String(since))] }),
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

/** Undefined when it is none. */
export function parseSweepOrder(token: Secret, [since]: readonly Secret[]): SweepOrder | undefined {
  try {
    const { name: _, ...scope } = SCOPE.parse(JSON.parse(token.reveal()));
    return since ? { ...scope, since: Number(since.reveal()) } : scope;
  } catch {
    return undefined;
  }
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
