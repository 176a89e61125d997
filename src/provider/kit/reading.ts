/** A list that is read for one token after the other, and costs many calls: whoever invents tokens must not use them up. */
import type { Clock } from '../../words/clock.ts';

/** Long enough for a flood to share one reading, short enough that a new secret is found soon. */
const KEPT_MS = 60_000;

/**
 * Keeps what was read in memory for a minute. It may be out of date: look again before anything changes.
 * @param read its result holds hashes of secrets, never secrets
 */
export function keptReading<T>(
  clock: Clock,
  read: (signal: AbortSignal) => Promise<T>,
): (signal: AbortSignal) => Promise<T> {
  let kept: { readonly value: T; readonly untilMs: number } | undefined;
  return async (signal) => {
    if (kept && clock.now() < kept.untilMs) return kept.value;
    const value = await read(signal);
    kept = { value, untilMs: clock.now() + KEPT_MS };
    return value;
  };
}
