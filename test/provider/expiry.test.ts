import { expect, it } from 'vitest';
import { hasSurelyEnded } from '../../src/provider/kit/expiry.ts';
import { FakeClock } from '../support/fake-clock.ts';

const clock = new FakeClock();
const hoursAgo = (hours: number) => new Date(clock.now() - hours * 3_600_000).toISOString();
const said = (date: string | undefined) => ({
  header: (name: string) => (name === 'date' ? date : undefined),
});

it.each([
  hoursAgo(24),
  '2000-01-01T00:00:00Z',
  '2025-12-30',
  '2025-12-30 10:00:00',
  '2025-12-30T10:00+02:00',
])('has ended for sure at %s', (end) => {
  expect(hasSurelyEnded(end, clock, undefined)).toBe(true);
  expect(hasSurelyEnded(end, clock, said(undefined))).toBe(true);
});

it.each([hoursAgo(23), hoursAgo(0), hoursAgo(-1), '9999-12-31', '', null, undefined, 'never'])(
  'may go on with the end %s',
  (end) => {
    expect(hasSurelyEnded(end, clock, undefined)).toBe(false);
  },
);

it.each([
  ...['0001-01-01T00:00:00Z', '0001-01-01T00:00:00', '1753-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
  ...['1970-01-01', '1999-12-31T23:59:59Z', '0000-00-00', '0', '-1', '1', '1700000000', '11/12/2024'],
])('has no end with %s, which stands for none or is no date', (end) => {
  expect(hasSurelyEnded(end, clock, undefined)).toBe(false);
});

it('may go on by the clock of the server that shows the end, however far ours is ahead', () => {
  const end = '2025-12-15T00:00:00Z';
  expect(hasSurelyEnded(end, clock, said('Sun, 14 Dec 2025 00:00:00 GMT'))).toBe(false);
  expect(hasSurelyEnded(end, clock, said('Tue, 16 Dec 2025 00:00:00 GMT'))).toBe(true);
});

it('may go on by our clock, however far that of the server is ahead', () => {
  expect(hasSurelyEnded(hoursAgo(-24), clock, said('Sun, 01 Mar 2026 00:00:00 GMT'))).toBe(false);
});

it.each(['', '0', 'Sunday, 14-Dec-25 00:00:00 GMT', 'Sun, 99 Xyz 2025 00:00:00 GMT'])(
  'goes by our clock where the server says %j',
  (date) => {
    expect(hasSurelyEnded('2025-12-15T00:00:00Z', clock, said(date))).toBe(true);
  },
);
