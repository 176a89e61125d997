/** The calls that github.com lets our address make in an hour. */
import type { Answer } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import { numberIn, resetMs } from './host.ts';

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
  let lowUntilMs = 0;
  return {
    heed(answer) {
      const limit = numberIn(answer, 'x-ratelimit-limit') ?? Number.POSITIVE_INFINITY;
      const left = numberIn(answer, 'x-ratelimit-remaining') ?? Number.POSITIVE_INFINITY;
      if (limit <= CALLS_AN_HOUR && left < RESERVED_CALLS) lowUntilMs = resetMs(answer) ?? lowUntilMs;
    },
    isLow: () => clock.now() < lowUntilMs,
    lowForMs: () => Math.max(lowUntilMs - clock.now(), 0),
  };
}
