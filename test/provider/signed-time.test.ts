import { describe, expect, it } from 'vitest';
import { mustShareTime } from '../../src/provider/kit/signed-time.ts';
import { FakeClock } from '../support/fake-clock.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const MINUTE_MS = 60_000;

function judge(date: string | undefined, now = NOON) {
  const answer = { status: 401, header: (name: string) => (name === 'date' ? date : undefined) };
  mustShareTime({ base: 'https://api.example.com' }, answer, new FakeClock(now));
}

describe('a refusal of what was signed', () => {
  it.each([
    ['ahead', 5 * MINUTE_MS + 1000],
    ['behind', -5 * MINUTE_MS - 1000],
  ])('may be for our clock alone where that is %s by more than vendors let it be', (_what, byMs) => {
    const failure = { code: 'wrong-clock', target: 'https://api.example.com', status: 401 };
    expect(() => judge('Thu, 01 Jan 2026 12:00:00 GMT', NOON + byMs)).toThrow(
      expect.objectContaining(failure),
    );
  });

  it.each([
    ['the same', 0],
    ['ahead by less', 5 * MINUTE_MS],
    ['behind by less', -5 * MINUTE_MS],
  ])('is no matter of our clock where that is %s', (_what, byMs) => {
    expect(() => judge('Thu, 01 Jan 2026 12:00:00 GMT', NOON + byMs)).not.toThrow();
  });

  it.each([
    [undefined],
    [''],
    ['yesterday'],
    ['Thu, 01 Jan 2026 01:00:00 GMT, Thu, 01 Jan 2026 12:00:00 GMT'],
  ])('is no matter of our clock where the date is %j', (date) => {
    expect(() => judge(date)).not.toThrow();
  });
});
