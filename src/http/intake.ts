/** From the elements of a report to what the ledger keeps: routed, named, and ready to be sealed. */
import { ignoredReport } from '../ledger/ignored.ts';
import { isOnePart, type ReportedToken, type ReportList } from '../ledger/report.ts';
import { sharedTextPlace } from '../provider/context.ts';
import type { Ignores } from '../provider/ignores.ts';
import { keptText, normalise } from '../provider/recognise.ts';
import type { OverrideOf, Registry, Routed, Unusable } from '../provider/registry.ts';
import { REDACTED_OUTCOME, UNRECOGNISED, UNRECOGNISED_OUTCOME } from '../provider/unreadable.ts';
import type { Vault } from '../vault/seal.ts';
import type { ReporterRole } from '../words/caller.ts';
import { nextTurn } from '../words/next-turn.ts';
import { heldFor, type Outcome } from '../words/outcome.ts';
import { Secret } from '../words/secret.ts';
import type { Share } from '../words/share.ts';
import { withoutCuts } from './cuts.ts';
import type { Element } from './elements.ts';
import { ReportsOnDemand } from './report-list.ts';
import { type CodeLocation, Reported, type Usable } from './reported.ts';
import { shownLocation, shownType } from './shown.ts';
import { SLICE } from './slices.ts';

/** One refused element, as the problem document shows it. */
export interface InvalidElement {
  readonly index: number;
  readonly reason: Extract<Element, { ok: false }>['reason'] | Unusable | 'unsupported-type';
  readonly type?: string;
  /** Of the entry that keeps it for a person; not shown. */
  readonly id?: string;
}

export interface Intake {
  readonly reports: ReportList;
  readonly invalid: readonly InvalidElement[];
  /** How many of the reports the configuration ignores. */
  readonly ignored: number;
}

/** Texts that no provider reads, of one project, type and day; further ones are only counted. */
const UNRECOGNISED_KEPT = 100;

const DAY_MS = 86_400_000;

/** How an entry waits that lacks the other half of its credential. */
const HALF_MISSING = ['needs-context', 'unproven'];

/** At another place a shared text leads to other secrets, however it ended at the first ones. */
const ANY_END = ['followed', 'refused', 'revoked', 'already-inactive', 'accepted', 'exhausted', 'unproven'];

type Initial = ReportedToken['initial'];

// What many reports have in common is one object, which the ledger tells once.
const QUEUED: Initial = { state: 'queued' };
const HELD: Initial = { state: 'held', outcome: heldFor('mode') };
const RESTARTS_OF_IGNORED = ['ignored'];
const RESTARTS = [...RESTARTS_OF_IGNORED, 'would-revoke', 'unrecognised', 'review'];
/** What was missing may be there now. */
const RESTARTS_WITH_MORE = [...RESTARTS, ...HALF_MISSING];
/** What was missing, or only pointed to, may stand there. */
const RESTARTS_AT_NEW_PLACE = [...HALF_MISSING, 'fragment', 'followed'];

const UNREADABLE: Initial = { state: 'attention', outcome: UNRECOGNISED_OUTCOME };
const REDACTED: Initial = { state: 'attention', outcome: REDACTED_OUTCOME };

export interface IntakeOptions {
  readonly registry: Registry;
  readonly vault: Vault;
  /** Whether there is an entry of this id. */
  readonly isKnown: (id: string) => Promise<boolean>;
  readonly overrideOf: OverrideOf;
  readonly role: ReporterRole;
  /** The name of who reports. */
  readonly caller: string;
  /** Whose turn and share it takes what was found at a location. */
  readonly shareOf: (location: string) => Share;
  /** What is never touched. */
  readonly ignores: Ignores;
  readonly now: number;
  /** What was dead before this time is asked about again. */
  readonly recheckEndedBefore: number;
}

interface Taken {
  readonly element: Usable;
  readonly routed: KnownWay;
  readonly place: CodeLocation;
  /** How the configuration wants it to end without being touched. */
  readonly ignored: Outcome | undefined;
}

/** A provider takes the type, and reads the token or does not. */
type KnownWay = Exclude<Routed, { why: 'unsupported-type' }>;

/** Before it is known what of it may be shown. */
interface Refused extends InvalidElement {
  readonly token?: string;
}

type Around = Pick<IntakeOptions, 'vault' | 'role' | 'caller' | 'shareOf' | 'now' | 'recheckEndedBefore'>;

/**
 * Turns elements into reports. Text that a provider cannot read as its token is refused, and kept for a person all
 * the same, because GitLab shows nobody that it was refused.
 * @throws {LedgerError}
 */
export async function takeIn(
  reportedElements: readonly Element[],
  {
    registry,
    vault,
    isKnown,
    overrideOf,
    role,
    caller,
    shareOf,
    ignores,
    now,
    recheckEndedBefore,
  }: IntakeOptions,
): Promise<Intake> {
  const elements = await withoutCuts(reportedElements, ({ type, token }) => {
    const routed = registry.route(type, token, overrideOf);
    return routed.ok ? routed.provider : null;
  });
  const reported = new Reported();
  const usable: Taken[] = [];
  const refused: Refused[] = [];
  for (const [index, element] of elements.entries()) {
    if (index % SLICE === SLICE - 1) await nextTurn();
    if (!element.ok) {
      refused.push({ index, ...element });
      continue;
    }
    const routed = registry.route(element.type, element.token, overrideOf);
    const place = reported.add(element, routed);
    const ignored = ignoredOutcome(element, routed, { vault, ignores });
    if (isKept(routed, element)) usable.push({ element, routed, place, ignored });
    if (!routed.ok && !ignored)
      refused.push({
        ...{ index, reason: reasonOf(routed), type: element.type, token: element.token },
        ...(routed.why === 'unusable-token' && { id: unreadableId(routed.provider, element.token, vault) }),
      });
  }
  // Only now it is known what must not be shown.
  const invalid: InvalidElement[] = [];
  for (const [position, { index, reason, type, token, id }] of refused.entries()) {
    if (position % SLICE === SLICE - 1) await nextTurn();
    invalid.push({ index, reason, ...shownType(type, token, reported), ...(id !== undefined && { id }) });
  }
  const around = { vault, role, caller, shareOf, now, recheckEndedBefore };
  const named = await asNamed(usable, { vault, isKnown, role });
  const reports = await made(named, (taken) => toReport(taken, around));
  return { reports, invalid, ignored: usable.filter((taken) => taken.ignored !== undefined).length };
}

/**
 * An earlier version named an entry by the spelling in which its token was reported. Reports in that one are of this entry as
 * long as it is kept: what a person decided of it holds.
 */
async function asNamed(
  taken: readonly Taken[],
  { vault, isKnown, role }: Pick<IntakeOptions, 'vault' | 'isKnown' | 'role'>,
): Promise<readonly Taken[]> {
  const inOthers = taken.flatMap((each, position) => {
    const { routed, element } = each;
    return routed.ok && routed.spelling !== undefined
      ? [{ position, each, routed, element, token: routed.spelling }]
      : [];
  });
  if (inOthers.length === 0) return taken;
  const named = [...taken];
  // One token may stand at any number of places.
  const asked = new Map<string, Promise<boolean>>();
  for (let start = 0; start < inOthers.length; start += SLICE) {
    const slice = inOthers
      .slice(start, start + SLICE)
      .map(async ({ position, each, routed, element, token }) => {
        const where = whereOf(routed, element, role);
        const id = vault.fingerprint(routed.provider, new Secret(token), where);
        const isKept = asked.get(id) ?? isKnown(id);
        asked.set(id, isKept);
        if (await isKept) named[position] = { ...each, routed: { ...routed, token, spelling: routed.token } };
      });
    await Promise.all(slice);
    await nextTurn();
  }
  return named;
}

async function made(usable: readonly Taken[], make: (taken: Taken) => ReportedToken): Promise<ReportList> {
  if (!isOnePart(usable)) return new ReportsOnDemand(usable, make);
  const reports: ReportedToken[] = [];
  for (const [index, taken] of usable.entries()) {
    if (index % SLICE === SLICE - 1) await nextTurn();
    reports.push(make(taken));
  }
  return reports;
}

/** Whether a report becomes of it: a text that no provider reads is kept for a person, unless nothing of it is left. */
function isKept(routed: Routed, { token }: Usable): routed is KnownWay {
  return routed.ok || (routed.why !== 'unsupported-type' && keptText(token) !== '');
}

function reasonOf(routed: Extract<Routed, { ok: false }>): InvalidElement['reason'] {
  return routed.why === 'unsupported-type' ? 'unsupported-type' : routed.reason;
}

/** All but the sealed token, which is sealed when it is written: most reports say nothing new. */
type Unsealed = Omit<ReportedToken, 'sealed'>;

function toReport(taken: Taken, around: Around): ReportedToken {
  const report = toAnyReport(taken, around);
  return taken.ignored ? ignoredReport(report, taken.ignored) : report;
}

/** Of the entry of a text that no provider reads. */
function unreadableId(provider: string, token: string, vault: Vault): string {
  return vault.fingerprint(provider, new Secret(keptText(token)));
}

function ignoredOutcome(
  { type, token, location }: Usable,
  routed: Routed,
  { vault, ignores }: Pick<IntakeOptions, 'vault' | 'ignores'>,
): Outcome | undefined {
  if (!routed.ok && routed.why === 'unsupported-type') return undefined;
  const texts = routed.ok ? [routed.token, routed.spelling ?? routed.token] : [keptText(token)];
  const fingerprints = () => texts.map((text) => vault.fingerprint(routed.provider, new Secret(text)));
  return ignores({ fingerprints, type, location });
}

function toAnyReport(taken: Taken, around: Around): ReportedToken {
  const { element, routed } = taken;
  if (routed.ok) return toWork(taken, routed, around);
  const text = keptText(element.token);
  const leak = { provider: routed.provider, kind: UNRECOGNISED, text, parts: {}, where: '' };
  const named = nameOf(taken, leak, around);
  const report: Unsealed = {
    ...named,
    kind: UNRECOGNISED,
    beyond: { id: countedAs(named, around), after: UNRECOGNISED_KEPT },
    initial: routed.reason === 'redacted' ? REDACTED : UNREADABLE,
    restarts: RESTARTS_OF_IGNORED,
  };
  return sealable(report, leak, around);
}

function toWork(taken: Taken, routed: Extract<Routed, { ok: true }>, around: Around): ReportedToken {
  const { provider, kind, token, mode, isShared, verifiable } = routed;
  const parts = taken.place.file.halvesFor(routed, taken.place.line);
  const context = contextOf(taken.element, around.role);
  const isMore = Object.keys(parts).length > 0 || context !== undefined;
  const where = whereOf(routed, taken.element, around.role);
  const leak = { provider, kind, text: token, parts, context, where };
  const report: Unsealed = {
    ...nameOf(taken, leak, around),
    kind,
    initial: mode === 'hold' ? HELD : QUEUED,
    restarts: mode === 'dry-run' ? RESTARTS_OF_IGNORED : isMore ? RESTARTS_WITH_MORE : RESTARTS,
    ...(mode !== 'dry-run' && { restartsAtNewPlace: isShared ? ANY_END : RESTARTS_AT_NEW_PLACE }),
    ...(verifiable && !isShared && mode === 'revoke' && { recheckEndedBefore: around.recheckEndedBefore }),
  };
  return sealable(report, leak, around);
}

function contextOf({ context }: Usable, role: ReporterRole): string | undefined {
  return role === 'gitlab' ? undefined : context;
}

/** See {@link Leak}. */
function whereOf({ isShared }: Extract<Routed, { ok: true }>, element: Usable, role: ReporterRole): string {
  const context = contextOf(element, role);
  return isShared
    ? sharedTextPlace(element.location, context === undefined ? undefined : new Secret(context))
    : '';
}

/** The entry of all that no provider reads, of one project, type and day. */
function countedAs(
  { provider, type, share }: Pick<ReportedToken, 'provider' | 'type' | 'share'>,
  { vault, now }: Around,
): string {
  const day = Math.floor(now / DAY_MS);
  // No token has such a provider.
  return vault.fingerprint(
    `${provider} counted`,
    new Secret([share?.group, share?.project, type, day].join('\n')),
  );
}

interface Leak {
  readonly provider: string;
  readonly kind: string;
  readonly text: string;
  readonly parts: Record<string, readonly Secret[]>;
  readonly context?: string | undefined;
  /** A part of the entry's identity where its text alone is none; else empty. */
  readonly where: string;
}

function nameOf(
  { element, routed, place }: Taken,
  { provider, text, where }: Leak,
  { vault, role, caller, shareOf }: Around,
): Omit<Unsealed, 'kind' | 'initial' | 'restarts'> {
  const { type, finding } = element;
  const id = vault.fingerprint(provider, new Secret(text), where);
  const { spelling = text } = routed.ok ? routed : {};
  const spellings = new Set([text, spelling, normalise(element.token)]);
  const location = shownLocation(place.file.shownName, place.line, spellings);
  const share = shareOf(element.location);
  const isGitlab = role === 'gitlab';
  return {
    ...{ id, provider, type, location, readable: isGitlab, caller, share },
    // Whoever else names a vulnerability would have it resolved by a secret of his own.
    ...(isGitlab && finding !== undefined && { finding }),
  };
}

function sealable(
  report: Unsealed,
  { kind, text, parts, context, where }: Leak,
  { vault }: Around,
): ReportedToken {
  return {
    ...report,
    get sealed() {
      const around = context === undefined ? {} : { context: new Secret(context) };
      return vault.sealMaterial(report.id, { token: new Secret(text), parts, kind, where, ...around });
    },
  };
}
