/** For lists that show when each token ends: an end that has just come may be one by our clock alone. */
import type { Clock } from '../../words/clock.ts';
import type { Answer } from '../upstream.ts';
import { serverTime } from './server-time.ts';

/** For servers of a vendor that do not agree to the minute, and days that do not say of which zone they are. */
const MARGIN_MS = 24 * 60 * 60 * 1000;

/** Of anything else, each engine makes a moment of its own: V8 reads `0` as the year 2000, and `-1` as 2001. */
const ISO_8601 = /^\d{4}-\d{2}-\d{2}(?:$|[T ]\d{2}:\d{2})/;

/** Before it, only what stands for "none" can lie: the years 1, 1753 and 1970 are the zeros of clocks and databases. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);

/**
 * Whether a token ended so long ago that it does not work by any clock: neither by ours, which certificates let be wrong by
 * weeks, nor by that of the server that shows it. Until then it may be the one that works.
 * @param end as the vendor writes it; without one, or one that cannot be read, nothing has ended
 * @param answer that shows the end; undefined where the vendor says in words, too, that it has come
 */
export function hasSurelyEnded(
  end: string | null | undefined,
  clock: Clock,
  answer: Pick<Answer, 'header'> | undefined,
): boolean {
  const endMs = ISO_8601.test(end ?? '') ? Date.parse(end ?? '') : Number.NaN;
  const nowMs = answer ? Math.min(serverTime(answer, clock), clock.now()) : clock.now();
  return endMs >= EARLIEST_MS && endMs + MARGIN_MS <= nowMs;
}
