/** The calls that github.com lets our address make in an hour. */
import type { Answer } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import { hourLeftMs, numberIn } from './host.ts';

export const CALLS_AN_HOUR = 60;

/** Of the 60 calls an hour, so many are left to revocations by value: all else can wait, a leaked token cannot. */
const RESERVED_CALLS = 20;

export interface Budget {
  /** Takes what an answer says of it. */
  heed(answer: Answer): void;
  /** Whether all calls but the revocations by value are put off, because the hour has few left. */
  isLow(): boolean;
  /** How long that lasts. */
  lowForMs(): number;
}

export function createBudget(clock: Clock): Budget {
  // From when, and for how long: where our clock was set back since, nothing tells, and the next answer will.
  let low: { readonly sinceMs: number; readonly ms: number } | undefined;
  const lowForMs = () => {
    const passedMs = low ? clock.now() - low.sinceMs : 0;
    return low && passedMs >= 0 ? Math.max(low.ms - passedMs, 0) : 0;
  };
  return {
    heed(answer) {
      const limit = numberIn(answer, 'x-ratelimit-limit') ?? Number.POSITIVE_INFINITY;
      const left = numberIn(answer, 'x-ratelimit-remaining') ?? Number.POSITIVE_INFINITY;
      if (limit > CALLS_AN_HOUR) return;
      if (left >= RESERVED_CALLS) low = undefined;
      else low = { sinceMs: clock.now(), ms: hourLeftMs(answer, clock) ?? lowForMs() };
    },
    isLow: () => lowForMs() > 0,
    lowForMs,
  };
}
