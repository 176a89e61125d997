/** For lists that show when each token ends: an end that has just come may be one by our clock alone. */
import type { Clock } from '../../words/clock.ts';

/** More than a clock is off that certificates are still checked with, however it is set. */
const MARGIN_MS = 24 * 60 * 60 * 1000;

/**
 * Whether a token ended so long ago that it does not work by any clock. Until then it may be the one that works.
 * @param end as the vendor writes it; without one, or one that cannot be read, nothing has ended
 */
export function hasSurelyEnded(end: string | null | undefined, clock: Clock): boolean {
  return Date.parse(end ?? '') + MARGIN_MS <= clock.now();
}
