/**
 * When to try again and when to stop: pure functions of times and counters, so that the whole schedule can be read
 * and tested as a table. All results are milliseconds.
 */
import type { Failure, FailureCode } from '../provider/failure.ts';
import { LONGEST_TIMER_MS } from '../words/deadline.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Pauses after the first, second, ... failed attempt; after the last one the entry needs attention. */
const RETRY_SCHEDULE_MS: readonly number[] = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
];

/** An entry in `attention` whose attempts are exhausted is tried again this often. */
export const ATTENTION_RETRY_MS = 24 * HOUR;

/** So long an entry waits for its part of a provider, such as one of several servers, until a person is told. */
const PUT_OFF_LIMIT_MS = 24 * HOUR;

/** How often that is tried again then: whoever puts the server back into service does not look for what waits for it. */
export const PUT_OFF_RETRY_MS = HOUR;

/** Pauses between the verifications of a revocation that upstream accepted without proof. */
const VERIFY_SCHEDULE_MS: readonly number[] = [10 * SECOND, MINUTE, 10 * MINUTE, HOUR];

const JITTER = 0.2;

/** ±20 %, so that a thousand entries that failed together do not come back together. `random` is in [0, 1). */
export function jittered(ms: number, random: number): number {
  return Math.round(ms * (1 + JITTER * (2 * random - 1)));
}

/**
 * The pause before the next attempt after `attempts` failed ones, or undefined when it was the last.
 * An upstream that asks for a longer pause gets it, within reason.
 */
export function retryDelayMs(attempts: number, random: number, retryAfterMs = 0): number | undefined {
  const scheduled = RETRY_SCHEDULE_MS[attempts - 1];
  if (scheduled === undefined) return undefined;
  return Math.max(jittered(scheduled, random), Math.min(retryAfterMs, LONGEST_WISH_MS));
}

/** The pause before the next verification after `verifications` without proof, or undefined when it was the last. */
export function verifyDelayMs(verifications: number, random: number): number | undefined {
  const scheduled = VERIFY_SCHEDULE_MS[verifications - 1];
  return scheduled === undefined ? undefined : jittered(scheduled, random);
}

/**
 * How long a pause an upstream may ask for: any proxy or CDN on the way can say `Retry-After`, and a day of it would be
 * a day without revocations. Who counts calls by the hour says 429; then one entry is let through each hour.
 */
const LONGEST_WISH_MS = 15 * MINUTE;
const LONGEST_THROTTLE_MS = HOUR;

/** Whether a pause is none, as none is so long: the clock by which it was made was ahead, and has been set back since. */
export function isOfWrongClock(until: number, now: number): boolean {
  return until > now + 2 * LONGEST_THROTTLE_MS;
}

/** First pause and cap. A fault that a person must fix is tried less often than one that passes by itself. */
const PAUSES: Partial<Record<FailureCode, Doubling>> = {
  'credential-refused': { firstMs: MINUTE, capMs: 30 * MINUTE },
  // Many vendors say so of a record of somebody else's, which anybody may have reported: another token shows the difference.
  'permission-missing': { firstMs: SECOND, capMs: 30 * MINUTE },
  misconfigured: { firstMs: MINUTE, capMs: 30 * MINUTE },
  'untrusted-certificate': { firstMs: MINUTE, capMs: 30 * MINUTE },
  'blocked-address': { firstMs: MINUTE, capMs: 30 * MINUTE },
  'wrong-clock': { firstMs: MINUTE, capMs: 30 * MINUTE },
};
const NETWORK_PAUSE = { firstMs: SECOND, capMs: MINUTE };
const THROTTLED_TOKEN_PAUSE = { firstMs: SECOND, capMs: LONGEST_THROTTLE_MS };

/** Whether a pause for that reason may last long, as it ends only once a person has mended something. */
export function isForPerson(reason: string): boolean {
  return Object.hasOwn(PAUSES, reason);
}

const OF_OUR_CREDENTIAL: ReadonlySet<string> = new Set<FailureCode>([
  'credential-refused',
  'permission-missing',
]);

export function isOfOurCredential(reason: string): boolean {
  return OF_OUR_CREDENTIAL.has(reason);
}

/** A missing right is often of one token's record alone. */
export const MENDED_ONE_BY_ONE: readonly string[] = ['permission-missing' satisfies FailureCode];

/** The key that a stored token was sealed with is not there. */
export const UNSEAL_FAILED = 'unseal-failed';

/** What one token shows to be mended for others as well. */
export const MENDED_TOGETHER: readonly string[] = Object.keys(PAUSES).filter(
  (code) => !MENDED_ONE_BY_ONE.includes(code),
);

interface Doubling {
  readonly firstMs: number;
  readonly capMs: number;
}

type Cause = Pick<Failure, 'code' | 'retryAfterMs' | 'byLeaked'>;

/**
 * How long a lane stands still after a failure of the provider; `streak` counts the pauses in a row before it. A limit
 * that a call by right of the leaked token met may be of that token alone, and whoever has it can keep it used up: the
 * lane asks about another one soon, whatever `Retry-After` says, and goes on once one is answered.
 */
export function lanePauseMs({ code, retryAfterMs, byLeaked }: Cause, streak: number): number {
  if (retryAfterMs !== undefined && !byLeaked) return asWished(code, retryAfterMs);
  return doubled(PAUSES[code] ?? NETWORK_PAUSE, streak);
}

/** How long one entry waits after a failure of the provider; doubles with each. */
export function deferralMs(cause: Cause, deferrals: number, random: number): number {
  return jittered(deferralOf(cause, deferrals), random);
}

/**
 * Whether an entry has been put off for a day by now, with the pauses that this failure makes. The ones before may have
 * been of another failure, and shorter.
 * @param ageMs since the entry was reported first
 */
export function isPutOffForLong(cause: Cause, deferrals: number, ageMs: number): boolean {
  return Math.min(ageMs, deferrals * deferralOf(cause, deferrals)) >= PUT_OFF_LIMIT_MS;
}

function deferralOf({ code, retryAfterMs, byLeaked }: Cause, deferrals: number): number {
  if (retryAfterMs !== undefined) return asWished(code, retryAfterMs);
  const pause = byLeaked ? THROTTLED_TOKEN_PAUSE : (PAUSES[code] ?? NETWORK_PAUSE);
  return doubled(pause, deferrals);
}

function asWished(code: FailureCode, retryAfterMs: number): number {
  const longest = code === 'throttled' ? LONGEST_THROTTLE_MS : LONGEST_WISH_MS;
  return Math.min(Math.max(Math.ceil(retryAfterMs), SECOND), longest);
}

function doubled({ firstMs, capMs }: Doubling, times: number): number {
  return Math.min(firstMs * 2 ** Math.min(times, 30), capMs);
}

/** A step that takes longer is ended, however long its entry may be kept. */
export const STEP_LIMIT_MS = 48_000;

/** A step has time for this many calls at their full time limit. */
const SLOW_CALLS = 4;

/** @param timeoutMs the time limit of one call */
export function stepLimitMs(timeoutMs: number): number {
  return Math.min(Math.max(STEP_LIMIT_MS, SLOW_CALLS * timeoutMs), LONGEST_TIMER_MS);
}
