/**
 * For vendors whose lists show nothing of a token's text, so that the only record of its owner is taken for it. Whoever has just
 * replaced a token leaves a single record, too, while some vendors let the former one in for a while. Where a record does
 * not say when it was made, `Account.lag` waits from when it was seen first.
 */
import type { Clock } from '../../words/clock.ts';
import type { Later } from './searched-list.ts';

/** Where the vendor does not say for how long. */
const WORKS_ON_MS = 10 * 60 * 1000;

/**
 * @param createdMs when the record was made, in ms since the epoch; NaN where that is not known, which waits for nothing
 * @param worksOnMs how long a revoked token may still be let in
 * @returns when to look again at a record that may be of the successor; undefined when it is old enough
 */
export function waitForSuccessor(
  createdMs: number,
  clock: Clock,
  worksOnMs = WORKS_ON_MS,
): Later | undefined {
  const waitMs = createdMs + worksOnMs - clock.now();
  return waitMs > 0 ? { state: 'later', afterMs: Math.min(waitMs, worksOnMs) } : undefined;
}
