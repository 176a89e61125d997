/** What becomes of an entry after a step: a pure function of the claim, the step's result and the time. */
import type { AnnouncementKind } from '../ledger/announcement.ts';
import { AT_ONCE_AHEAD_MS, type Claim } from '../ledger/claim.ts';
import { type HistoryEvent, NO_PROGRESS, type Progress } from '../ledger/entry.ts';
import type { Failure } from '../provider/failure.ts';
import { type Evidence, heldFor, type Outcome } from '../words/outcome.ts';
import type { StepResult } from './attempt.ts';
import {
  ATTENTION_RETRY_MS,
  deferralMs,
  isForPerson,
  isPutOffForLong,
  PUT_OFF_RETRY_MS,
  retryDelayMs,
  verifyDelayMs,
} from './policy.ts';

export type Decision = { readonly lane: LaneVerdict } & (
  | {
      readonly action: 'settle';
      readonly state: 'done' | 'attention' | 'held';
      /** Absent when what is known stays. */
      readonly outcome?: Outcome;
      readonly dueAt?: number;
      readonly progress: Progress;
      readonly event: HistoryEvent;
      readonly announce?: AnnouncementKind;
    }
  | {
      readonly action: 'put-off';
      readonly dueAt: number;
      /** An approval counts for one act. */
      readonly endsApproval?: true;
      /** What a person has to mend first. */
      readonly waitsFor?: string;
      readonly progress: Progress;
      readonly event: HistoryEvent;
      readonly announce?: AnnouncementKind;
    }
  | { readonly action: 'release' }
);

/** `healthy`: the provider answered; `untouched`: the step says nothing about the provider. */
export type LaneVerdict = 'healthy' | 'untouched' | { readonly pausedBy: Failure };

const STILL_ACTIVE_MESSAGE = 'The token still works after the revocation.';

/** The claim, as far as it matters here. */
type Claimed = Progress & Pick<Claim, 'firstReportedAt'>;

export function decide(claim: Claimed, result: StepResult, now: number, random: number): Decision {
  const { phase, attempts, verifications, deferrals } = claim;
  const progress: Progress = { phase, attempts, verifications, deferrals };
  switch (result.outcome) {
    case 'aborted':
      return { lane: 'untouched', action: 'release' };
    case 'continue': {
      const later = putOff({ ...progress, deferrals: 0 }, now + result.afterMs, {
        at: now,
        event: 'continued',
      });
      return result.afterMs > 0 ? later : { ...later, dueAt: now - AT_ONCE_AHEAD_MS };
    }
    case 'unproven':
      return unproven(progress, result, now, random);
    case 'found': {
      if (result.rest) return decide(claim, result.rest, now, random);
      const evidence = { found: result.secrets.length, places: result.places };
      return ended(progress, { kind: 'followed', verified: false, evidence }, now);
    }
    case 'gathered': {
      const outcome: Outcome = { kind: 'followed', verified: false, evidence: result.evidence };
      if (result.moreAfterMs === undefined) return ended(progress, outcome, now);
      const event: HistoryEvent = { at: now, event: 'continued', outcome };
      return putOff({ ...progress, attempts: 0, deferrals: 0 }, now + result.moreAfterMs, event);
    }
    case 'held': {
      const outcome = heldFor(result.reason, result.evidence, result.advice);
      return {
        lane: 'healthy',
        action: 'settle',
        state: 'held',
        outcome,
        progress,
        event: { at: now, event: 'held', outcome },
      };
    }
    case 'failed': {
      // Whoever takes a revocation has just answered, however long it was waited for.
      const ofPhase = result.phase === phase ? progress : { ...progress, phase: result.phase, deferrals: 0 };
      return failed(ofPhase, result, { now, random, firstReportedAt: claim.firstReportedAt });
    }
    default:
      return ended(progress, toOutcome(result), now);
  }
}

/** The report that caused a recheck may have brought a vulnerability, which gets its comment when the work ends. */
export const AFTER_RECHECK: AnnouncementKind = 'finding';

/**
 * After a recheck of a dead token: a token that works is revoked anew; an unclear answer, a failure of the token's own, or
 * a day of waiting for a part of the provider leaves the earlier proof as it is.
 */
export function decideRecheck(claim: Claimed, result: StepResult, now: number, random: number): Decision {
  if (result.outcome === 'unproven' && result.liveness === 'alive') {
    const event: HistoryEvent = { at: now, event: 'alive-again', dueAt: now };
    const announce = 'alive-again' as const;
    const next = { dueAt: now, endsApproval: true, progress: NO_PROGRESS } as const;
    return { lane: 'healthy', action: 'put-off', ...next, event, announce };
  }
  const failure = result.outcome === 'failed' ? result.failure : undefined;
  const waits = failure?.whose === 'provider' && !hasWaitedForLong(failure, claim, now);
  if (result.outcome === 'aborted' || waits) return decide(claim, result, now, random);
  const event: HistoryEvent = { at: now, ...recheckEvent(result) };
  const lane = failure ? verdictOn(failure) : 'healthy';
  return { lane, action: 'settle', state: 'done', progress: NO_PROGRESS, event, announce: AFTER_RECHECK };
}

function recheckEvent(result: StepResult): Pick<HistoryEvent, 'event' | 'code' | 'message'> {
  if (result.outcome === 'failed') {
    const { code, message } = result.failure;
    return { event: 'recheck-failed', code, message };
  }
  return result.outcome === 'unproven' ? { event: 'recheck-unproven' } : { event: 'still-dead' };
}

function toOutcome(
  result: Extract<
    StepResult,
    { outcome: 'revoked' | 'already-inactive' | 'accepted' | 'expires' | 'refused' }
  >,
): Outcome {
  const evidence = 'evidence' in result && result.evidence ? { evidence: result.evidence } : {};
  if (result.outcome === 'refused') {
    return { kind: 'refused', verified: false, reason: result.reason, advice: result.advice, ...evidence };
  }
  return { kind: result.outcome, verified: 'proven' in result && result.proven, ...evidence };
}

function ended(progress: Progress, outcome: Outcome, now: number): Decision {
  return {
    lane: 'healthy',
    action: 'settle',
    state: outcome.kind === 'refused' ? 'attention' : 'done',
    outcome,
    progress,
    event: { at: now, event: 'settled', outcome },
  };
}

/** Verifies on the schedule. In the end a living token costs an attempt, and one without a clear answer is `accepted`. */
function unproven(
  progress: Progress,
  { liveness, evidence }: Extract<StepResult, { outcome: 'unproven' }>,
  now: number,
  random: number,
): Decision {
  const verifications = progress.verifications + 1;
  const delayMs = verifyDelayMs(verifications, random);
  const next: Progress = { ...progress, phase: 'verify', verifications, deferrals: 0 };
  if (delayMs !== undefined) {
    return putOff(next, now + delayMs, { at: now, event: 'unproven', code: liveness });
  }
  if (liveness === 'alive') {
    return costsAttempt(next, { code: 'still-active', message: STILL_ACTIVE_MESSAGE }, now, random);
  }
  return ended(next, { kind: 'accepted', verified: false, ...(evidence && { evidence }) }, now);
}

function failed(
  progress: Progress,
  { failure, evidence }: Extract<StepResult, { outcome: 'failed' }>,
  { now, random, firstReportedAt }: Pick<Claimed, 'firstReportedAt'> & Record<'now' | 'random', number>,
): Decision {
  const lane = verdictOn(failure);
  if (failure.whose === 'token') return { ...costsAttempt(progress, failure, now, random), lane };
  if (hasWaitedForLong(failure, { ...progress, firstReportedAt }, now)) {
    return { ...gaveUp(progress, { failure, evidence }, now), lane };
  }
  const { code, message } = failure;
  const dueAt = now + deferralMs(failure, progress.deferrals, random);
  const event: HistoryEvent = { at: now, event: 'deferred', code, message };
  const waits = isForPerson(code) && !failure.byLeaked ? { waitsFor: code } : {};
  return { ...putOff({ ...progress, deferrals: progress.deferrals + 1 }, dueAt, event), ...waits, lane };
}

function verdictOn(failure: Failure): LaneVerdict {
  if (failure.whose === 'token') return failure.code === 'internal' ? 'untouched' : 'healthy';
  return failure.scope === 'entry' ? 'untouched' : { pausedBy: failure };
}

/** Of an entry that waits alone. Nothing else says so: a lane that goes on shows no fault. */
function hasWaitedForLong(
  failure: Failure,
  { deferrals, firstReportedAt }: Pick<Claimed, 'deferrals' | 'firstReportedAt'>,
  now: number,
): boolean {
  const isAlone = failure.scope === 'entry' || failure.byLeaked;
  return isAlone && isPutOffForLong(failure, deferrals, now - firstReportedAt);
}

/**
 * What was accepted, and is not proven for a limit of the vendor's, ends as that. Anything else is tried again: at a server
 * that was not reached, a revoked token may live as a copy.
 */
function gaveUp(
  progress: Progress,
  { failure, evidence }: { readonly failure: Failure; readonly evidence: Evidence | undefined },
  now: number,
): Decision {
  const isAccepted = progress.phase === 'verify' && failure.code === 'throttled';
  if (isAccepted) {
    return ended(progress, { kind: 'accepted', verified: false, ...(evidence && { evidence }) }, now);
  }
  return exhausted(progress, failure, { now, retryMs: PUT_OFF_RETRY_MS, often: 'once an hour' });
}

/** One more failed attempt: a retry later, or `attention` with one retry a day. */
function costsAttempt(
  progress: Progress,
  { code, message, retryAfterMs }: { code: string; message: string; retryAfterMs?: number | undefined },
  now: number,
  random: number,
): Decision {
  const next: Progress = { phase: 'revoke', attempts: progress.attempts + 1, verifications: 0, deferrals: 0 };
  const delayMs = retryDelayMs(next.attempts, random, retryAfterMs);
  if (delayMs !== undefined) {
    return putOff(next, now + delayMs, { at: now, event: 'failed', code, message });
  }
  return exhausted(next, { code, message }, { now, retryMs: ATTENTION_RETRY_MS, often: 'once a day' });
}

const REVOKE_BY_HAND = 'Revoke the token by hand at its provider';
/** It may be gone as well, and a record that is left be that of another token. */
const LOOK_BY_HAND =
  'The provider refuses this token, which may be gone or only kept out for a time: look there whether this very token is left, revoke it if it is';

function exhausted(
  progress: Progress,
  { code, message }: { readonly code: string; readonly message: string },
  { now, retryMs, often }: { readonly now: number; readonly retryMs: number; readonly often: string },
): Decision {
  const dueAt = now + retryMs;
  const advice = `${code === 'suspended' ? LOOK_BY_HAND : REVOKE_BY_HAND}, then dismiss this entry; Quash tries again ${often}.`;
  const outcome: Outcome = { kind: 'exhausted', verified: false, reason: code, advice };
  const event: HistoryEvent = { at: now, event: 'settled', code, message, outcome, dueAt };
  return { lane: 'healthy', action: 'settle', state: 'attention', outcome, dueAt, progress, event };
}

/** Rounds to whole milliseconds: the ledger takes no fractions, and providers may compute them. */
function putOff(
  progress: Progress,
  at: number,
  event: HistoryEvent,
): Extract<Decision, { action: 'put-off' }> {
  const dueAt = Math.ceil(at);
  return { lane: 'healthy', action: 'put-off', dueAt, progress, event: { ...event, dueAt } };
}
