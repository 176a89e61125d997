import { expect, it } from 'vitest';
import { Refusals } from '../../src/provider/kit/refusals.ts';
import { FakeClock } from '../support/fake-clock.ts';

const MINUTE_MS = 60_000;

it('leaves an account alone from the last allowed refusal until the first is an hour old', () => {
  const clock = new FakeClock();
  const refusals = new Refusals(clock, 2);

  refusals.add('ada');
  clock.jump(10 * MINUTE_MS);
  expect(refusals.waitMs('ada')).toBe(0);
  refusals.add('ada');

  expect(refusals.waitMs('ada')).toBe(50 * MINUTE_MS);
  clock.jump(50 * MINUTE_MS);
  expect(refusals.waitMs('ada')).toBe(0);
});

it('counts each account by itself', () => {
  const refusals = new Refusals(new FakeClock(), 1);

  refusals.add('ada');

  expect(refusals.waitMs('ada')).toBeGreaterThan(0);
  expect(refusals.waitMs('grace')).toBe(0);
});

it('leaves no account alone for longer because the clock was set back', () => {
  const clock = new FakeClock();
  const refusals = new Refusals(clock, 1);

  refusals.add('ada');
  clock.jump(-24 * 60 * MINUTE_MS);

  expect(refusals.waitMs('ada')).toBe(0);
  refusals.add('ada');
  expect(refusals.waitMs('ada')).toBe(60 * MINUTE_MS);
});
