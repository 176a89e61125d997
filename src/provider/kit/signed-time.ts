/** For calls that are signed with the time of our clock, at vendors that say of a wrong one no more than that they refuse it. */
import type { Clock } from '../../words/clock.ts';
import { parseHttpDate } from '../../words/http-date.ts';
import { Failure } from '../failure.ts';
import type { Answer, Upstream } from '../upstream.ts';

/** What they let a clock be off by. */
const TOLERATED_MS = 5 * 60_000;

/**
 * @param answer that refuses the call
 * @throws {Failure} `wrong-clock` where it may do so for the time alone
 */
export function mustShareTime(
  { base }: Pick<Upstream, 'base'>,
  answer: Pick<Answer, 'header' | 'status'>,
  clock: Clock,
): void {
  const theirs = parseHttpDate(answer.header('date'));
  if (theirs === undefined || Math.abs(theirs - clock.now()) <= TOLERATED_MS) return;
  throw new Failure('wrong-clock', { target: base, status: answer.status });
}
