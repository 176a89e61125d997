import { describe, expect, it } from 'vitest';
import {
  deferralMs,
  jittered,
  lanePauseMs,
  retryDelayMs,
  stepLimitMs,
  verifyDelayMs,
} from '../../src/dispatch/policy.ts';
import { Failure, type FailureOptions } from '../../src/provider/failure.ts';

const MIDDLE = 0.5;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('retry schedule', () => {
  it.each([
    [1, 5 * SECOND],
    [2, 30 * SECOND],
    [3, 2 * MINUTE],
    [4, 10 * MINUTE],
    [5, 30 * MINUTE],
    [6, 2 * HOUR],
    [7, 6 * HOUR],
    [8, 12 * HOUR],
    [9, undefined],
    [10, undefined],
  ])('waits after failed attempt %i for %s ms', (attempts, expected) => {
    expect(retryDelayMs(attempts, MIDDLE)).toBe(expected);
  });

  it('spreads each pause by 20 % to both sides', () => {
    expect(jittered(10_000, 0)).toBe(8_000);
    expect(jittered(10_000, 0.999999)).toBe(12_000);
  });

  it('honours a longer Retry-After and ignores a shorter one', () => {
    expect(retryDelayMs(1, MIDDLE, 60_000)).toBe(60_000);
    expect(retryDelayMs(1, MIDDLE, 1)).toBe(5_000);
  });
});

describe('verification schedule', () => {
  it.each([
    [1, 10 * SECOND],
    [2, MINUTE],
    [3, 10 * MINUTE],
    [4, HOUR],
    [5, undefined],
  ])('waits after verification %i without proof for %s ms', (verifications, expected) => {
    expect(verifyDelayMs(verifications, MIDDLE)).toBe(expected);
  });
});

const throttled = (options: FailureOptions) => new Failure('throttled', options);

describe('lane pauses', () => {
  it.each([
    ['unreachable', 0, SECOND],
    ['unreachable', 1, 2 * SECOND],
    ['timeout', 5, 32 * SECOND],
    ['unavailable', 6, MINUTE],
    ['unreachable', 1_000, MINUTE],
    ['credential-refused', 0, MINUTE],
    ['permission-missing', 0, SECOND],
    ['permission-missing', 99, 30 * MINUTE],
    ['blocked-address', 99, 30 * MINUTE],
    ['wrong-clock', 1, 2 * MINUTE],
  ] as const)('stands still after %s with streak %i for %i ms', (code, streak, expected) => {
    expect(lanePauseMs(new Failure(code), streak)).toBe(expected);
  });

  it('takes the pause that the provider asks for, but never none', () => {
    expect(lanePauseMs(throttled({ retryAfterMs: 7_000 }), 3)).toBe(7_000);
    expect(lanePauseMs(throttled({ retryAfterMs: 0 }), 3)).toBe(1_000);
  });

  it('puts a single entry off by the same steps, spread', () => {
    expect(deferralMs(new Failure('unreachable'), 2, 0)).toBe(3_200);
  });
});

describe('a pause that an upstream asks for', () => {
  const DAY = 24 * 60 * 60 * 1000;

  it('counts for a quarter of an hour at most, as any proxy on the way may ask', () => {
    expect(lanePauseMs(new Failure('unavailable', { retryAfterMs: DAY }), 0)).toBe(15 * 60 * 1000);
    expect(retryDelayMs(1, 0.5, DAY)).toBe(15 * 60 * 1000);
  });

  it('counts for an hour at most from one that counts calls, so that one entry is tried each hour', () => {
    expect(lanePauseMs(throttled({ retryAfterMs: DAY }), 0)).toBe(60 * 60 * 1000);
  });
});

describe('a limit that the leaked token met', () => {
  const failure = throttled({ retryAfterMs: HOUR, byLeaked: true });

  it('may be of that token alone, so that the lane asks about another one soon', () => {
    expect([0, 1, 5, 6, 99].map((streak) => lanePauseMs(failure, streak))).toEqual([
      ...[SECOND, 2 * SECOND, 32 * SECOND, MINUTE, MINUTE],
    ]);
  });

  it('keeps the token itself away for as long as was asked', () => {
    expect(deferralMs(failure, 0, MIDDLE)).toBe(HOUR);
  });

  it('keeps the token away longer and longer, up to an hour, where nothing was asked', () => {
    const silent = throttled({ byLeaked: true });
    expect([0, 6, 11, 12, 99].map((deferrals) => deferralMs(silent, deferrals, MIDDLE))).toEqual([
      ...[SECOND, 64 * SECOND, 2048 * SECOND, HOUR, HOUR],
    ]);
  });
});

describe('the time limit of a step', () => {
  it('lets four calls take their whole time, and is 48 s at least', () => {
    expect(stepLimitMs(10_000)).toBe(48_000);
    expect(stepLimitMs(60_000)).toBe(240_000);
  });

  it('is a time that a timer can run', () => {
    expect(stepLimitMs(2_000_000_000)).toBe(2 ** 31 - 1);
  });
});
