/** One step of work on one entry: calls the provider and returns the result. It touches no storage. */
import type { Phase } from '../ledger/entry.ts';
import { judgeUnknown, refusalProves, type UnknownTokens } from '../provider/death.ts';
import { Failure } from '../provider/failure.ts';
import { type Activity, acting, noActivity, onlyAsking } from '../provider/possession.ts';
import type {
  AlreadyInactive,
  Found,
  FoundSecret,
  Gathered,
  LookResult,
  Provider,
  Refused,
  RevokeResult,
} from '../provider/provider.ts';
import { hearing } from '../provider/telling.ts';
import type { Evidence, HeldReason } from '../words/outcome.ts';
import type { Secret } from '../words/secret.ts';
import { isTimeout, type RunningStep } from './running-step.ts';

/** The result of one step: an end, a request to go on later, or a failure. */
export type StepResult =
  | {
      readonly outcome: 'revoked' | 'already-inactive';
      /** Shown to be dead by the rules of `provider/death.ts`. */
      readonly proven: boolean;
      readonly evidence?: Evidence;
    }
  /** Upstream takes the revocation and nobody can be asked whether the token is dead. */
  | { readonly outcome: 'accepted'; readonly evidence?: Evidence }
  | { readonly outcome: 'expires'; readonly evidence?: Evidence }
  | Refused
  /** A person has to decide; nothing was changed. */
  | {
      readonly outcome: 'held';
      readonly reason: HeldReason;
      readonly advice?: string;
      readonly evidence?: Evidence;
      /** In our own code; it keeps nobody from deciding. */
      readonly mistake?: Failure;
    }
  | { readonly outcome: 'continue'; readonly afterMs: number }
  | FoundAround
  | ({ readonly outcome: 'gathered'; readonly evidence: Evidence; readonly moreAfterMs?: number } & Gathered)
  /** Upstream took the revocation, but its answer does not show yet that the token is dead. */
  | { readonly outcome: 'unproven'; readonly liveness: 'alive' | 'unknown'; readonly evidence?: Evidence }
  /** `phase` says from where to go on: after an accepted revocation only the proof is missing, and its evidence is known. */
  | {
      readonly outcome: 'failed';
      readonly failure: Failure;
      readonly phase: Phase;
      readonly evidence?: Evidence;
    }
  /** The process is stopping: nothing is known and nothing is counted. */
  | { readonly outcome: 'aborted' };

/** A pointer, what it led to, and what a person has to do about the rest of it. */
interface FoundAround {
  readonly outcome: 'found';
  readonly secrets: readonly FoundSecret[];
  readonly rest?: StepResult;
  /** How many places of the pointer were known when they were read. */
  readonly places: number;
}

export interface Attempt {
  readonly provider: Provider;
  readonly token: Secret;
  readonly step: RunningStep;
  readonly phase: Phase;
  readonly unknownTokens: UnknownTokens;
}

/** How long a provider may take to return after its time limit. */
const PATIENCE_MS = 1_000;

/** Waits for a provider's result. A provider that ignores its time limit is abandoned, so that it blocks nobody. */
export async function inTime<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const over = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => over.reject(signal.reason), PATIENCE_MS);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work(), over.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  }
}

/** Revokes; after an accepted revocation it only verifies. Never throws. */
export async function attempt(work: Attempt): Promise<StepResult> {
  const { provider, token, step, phase } = work;
  if (phase !== 'revoke') return verified(work);
  const activity = noActivity(step);
  try {
    const revoke = () =>
      hearing(step.tell, () => acting([step.permit], async () => provider.revoke(token, step), activity));
    return await concluded(work, await inTime(step.signal, revoke));
  } catch (error) {
    return failed(error, work, activity);
  }
}

/**
 * Asks about a token that waits for a person's decision, so that the person sees whether it works. Never throws.
 * @returns `held`, `continue`, or an end where nothing is left to decide
 */
export async function look(work: Attempt, reason: HeldReason): Promise<StepResult> {
  const { provider, token, step } = work;
  const held = (alive: boolean | undefined, evidence?: Evidence) => heldAs(reason, alive, evidence);
  const activity = noActivity(step);
  try {
    const looking = async () => provider.look?.(token, step) ?? UNDECIDED;
    const result = await inTime(step.signal, () =>
      hearing(step.tell, () => onlyAsking(step.permit, looking, activity)),
    );
    switch (result.outcome) {
      case 'alive':
        return held(true, result.evidence);
      case 'undecided':
        return step.missed ? failed(step.missed, work) : held(undefined, result.evidence);
      case 'found':
        return found(work, result);
      case 'continue':
        return result;
      default:
        return ended(work, result);
    }
  } catch (error) {
    const result = failed(error, work, activity);
    if (result.outcome !== 'failed' || result.failure.whose !== 'token') return result;
    // A failure that concerns this token alone must not keep a person from deciding.
    const { failure } = result;
    return { ...held(undefined), ...(failure.code === 'internal' && { mistake: failure }) };
  }
}

const UNDECIDED: LookResult = { outcome: 'undecided' };

/** What a provider's result means once it has been verified where that is needed. Never throws. */
export async function concluded(work: Attempt, result: RevokeResult | Error): Promise<StepResult> {
  if (result instanceof Error) return failed(result, work);
  const { step, provider } = work;
  switch (result.outcome) {
    case 'continue':
    case 'gathered':
      return result;
    case 'found':
      return found(work, result);
    case 'held': {
      const { alive, advice, evidence } = result;
      if (step.missed) return failed(step.missed, work);
      return { ...heldAs('unproven', alive, evidence), ...(advice !== undefined && { advice }) };
    }
    case 'unknown':
    case 'already-inactive':
    case 'expires':
    case 'refused':
      return ended(work, result);
    default: {
      const isProven = result.outcome === 'revoked' && result.proven;
      if (isProven || !provider.verify) return { ...result, ...withEvidence(work, result.evidence) };
      step.keepTook(result.outcome);
      if (result.evidence) step.keepEvidence(result.evidence);
      return verified({ ...work, phase: 'verify' });
    }
  }
}

/** @param alive as far as it was seen */
function heldAs(
  reason: HeldReason,
  alive: boolean | undefined,
  evidence?: Evidence,
): Extract<StepResult, { outcome: 'held' }> {
  const works = alive === undefined ? 'not known' : alive ? 'yes' : 'no';
  return { outcome: 'held', reason, evidence: { ...evidence, works } };
}

/** What a look and a revocation end as alike. */
type End = Exclude<LookResult, { outcome: 'alive' | 'undecided' | 'found' | 'continue' }>;

/** Who writes a file full of keys makes no more work than that. */
const MAX_FOUND = 100;

const NOT_ALL_READ =
  'What this led to has entries of its own, but not all of its places could be read: look at the others, and revoke by hand what stands there.';

function found(work: Attempt, { secrets, rest }: Found): FoundAround {
  const { unread = 0, known = 0 } = work.step.around ?? {};
  const first = secrets.slice(0, MAX_FOUND);
  const { missed } = work.step;
  if (missed) return { outcome: 'found', secrets: first, places: known, rest: failed(missed, work) };
  const left = unread + secrets.length - first.length;
  const end: End | undefined =
    rest ?? (left > 0 ? { outcome: 'refused', reason: 'needs-context', advice: NOT_ALL_READ } : undefined);
  if (!end) return { outcome: 'found', secrets: first, places: known };
  const evidence = { ...('evidence' in end && end.evidence), found: first.length };
  return { outcome: 'found', secrets: first, places: known, rest: ended(work, { ...end, evidence }) };
}

/** What a part of the context says is no end, as whoever reports a place chooses what is read there, and whether it can be. */
function ended(work: Attempt, result: End): StepResult {
  const { step, token, unknownTokens } = work;
  if (step.missed) return failed(step.missed, work);
  const { tokenKind: kind, seenAlive } = step;
  const { evidence: told, ...end } =
    result.outcome === 'unknown' ? judgeUnknown(result, { kind, token, seenAlive, unknownTokens }) : result;
  const evidence = withEvidence(work, told);
  if (end.outcome !== 'already-inactive') return { ...end, ...evidence };
  return { outcome: end.outcome, proven: 'death' in end ? isShown(end, step) : end.proven, ...evidence };
}

/** `seen-alive` counts as a proof only if the token was seen alive in a step. */
function isShown({ death }: AlreadyInactive, { seenAlive }: RunningStep): boolean {
  return death === 'said' || seenAlive.length > 0;
}

/** What this step tells, with what was kept of earlier ones. */
function withEvidence({ step }: Attempt, evidence?: Evidence): { readonly evidence?: Evidence } {
  const all = { ...step.evidence, ...evidence };
  return Object.keys(all).length > 0 ? { evidence: all } : {};
}

async function verified(work: Attempt): Promise<StepResult> {
  const { provider, token, step } = work;
  const activity = noActivity(step);
  try {
    // A verification never acts.
    const verify = async () => provider.verify?.(token, step) ?? 'unknown';
    const ask = () => onlyAsking(step.permit, verify, activity);
    const liveness = await inTime(step.signal, ask);
    const extra = withEvidence(work);
    if (liveness !== 'alive' && step.missed) return failed(step.missed, work);
    if (liveness !== 'dead') return { outcome: 'unproven', liveness, ...extra };
    const { seenAlive } = step;
    if (step.took !== 'accepted' || seenAlive.length > 0) {
      return { outcome: 'revoked', proven: true, ...extra };
    }
    // The token is dead, but no answer said whether it ever worked or died by this revocation.
    if (refusalProves({ kind: step.tokenKind, token })) {
      return {
        outcome: 'already-inactive',
        proven: true,
        evidence: { ...extra.evidence, revocation: 'accepted' },
      };
    }
    // This refusal is no proof: a token that never existed, or that works elsewhere, is refused just so.
    return { outcome: 'accepted', evidence: { ...extra.evidence, worksWhereAsked: false } };
  } catch (error) {
    const result = failed(error, work, activity);
    return result.outcome === 'failed' ? { ...result, ...withEvidence(work) } : result;
  }
}

/** Anything that is no {@link Failure} is a mistake in our own code, unless the step was told to stop. */
function failed(error: unknown, { step, phase }: Attempt, activity?: Activity): StepResult {
  if (error instanceof Failure) {
    const isOfToken = error.code === 'throttled' && activity?.isByLeaked();
    return { outcome: 'failed', failure: isOfToken ? error.ofLeaked() : error, phase };
  }
  if (!step.signal.aborted)
    return { outcome: 'failed', failure: new Failure('internal', { cause: error }), phase };
  if (!isTimeout(step.signal.reason)) return { outcome: 'aborted' };
  // An upstream that answered all the time has not failed: the search was too long, and the lane need not pause.
  const code = activity && activity.answered > 0 ? 'out-of-time' : 'timeout';
  return { outcome: 'failed', failure: new Failure(code), phase };
}
