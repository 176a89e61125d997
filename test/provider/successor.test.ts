import { expect, it } from 'vitest';
import { waitForSuccessor } from '../../src/provider/kit/successor.ts';
import { FakeClock } from '../support/fake-clock.ts';

const clock = new FakeClock();
const MINUTE_MS = 60_000;

it.each([
  ['young', 9, 1],
  ['just made', 0, 10],
  ['made in the future, by our clock', -60, 10],
])('waits for a record that is %s', (_, minutesAgo, waits) => {
  const createdMs = clock.now() - minutesAgo * MINUTE_MS;
  expect(waitForSuccessor(createdMs, clock)).toEqual({ state: 'later', afterMs: waits * MINUTE_MS });
});

it.each([clock.now() - 10 * MINUTE_MS, 0, Number.NaN])('waits for none that was made at %d', (createdMs) => {
  expect(waitForSuccessor(createdMs, clock)).toBeUndefined();
});

it('waits as long as the vendor says that a revoked one works', () => {
  const createdMs = clock.now() - 20 * MINUTE_MS;
  const expected = { state: 'later', afterMs: 40 * MINUTE_MS };
  expect(waitForSuccessor(createdMs, clock, 60 * MINUTE_MS)).toEqual(expected);
});
