import { expect, it } from 'vitest';
import { hasSurelyEnded } from '../../src/provider/kit/expiry.ts';
import { FakeClock } from '../support/fake-clock.ts';

const clock = new FakeClock();
const hoursAgo = (hours: number) => new Date(clock.now() - hours * 3_600_000).toISOString();

it.each([hoursAgo(24), '2000-01-01T00:00:00Z'])('has ended for sure at %s', (end) => {
  expect(hasSurelyEnded(end, clock)).toBe(true);
});

it.each([hoursAgo(23), hoursAgo(0), hoursAgo(-1), '', null, undefined, 'never'])(
  'may go on with the end %s',
  (end) => {
    expect(hasSurelyEnded(end, clock)).toBe(false);
  },
);
