import { describe, expect, it } from 'vitest';
import { listed, probed, startBurst } from './burst.ts';
import { leftIn } from './phases.ts';
import type { Burst, Use } from './uses.ts';

const LIMIT_MS = 75_000;
const START_MS = Date.UTC(2026, 10, 28, 12);
const list = (...lastUses: (number | null)[]): Use[] =>
  lastUses.map((lastUsedAt, index) => ({ id: index + 1, lastUsedAt }));

/** A burst for records 1 and 2 that has seen two lists since its first probe; the next list counts. */
function armed(before: Use[], everyMs = 1_000): { burst: Burst; now: number } {
  let now = START_MS;
  let burst = startBurst(before, [1, 2], now);
  for (let count = 0; count < 2; count++) {
    burst = probed(burst, now, now + 10);
    now += everyMs;
    burst = listed(burst, before, now, LIMIT_MS).burst;
  }
  return { burst: probed(burst, now, now + 10), now: now + 10 };
}

const leftAfter = ({ burst, now }: { burst: Burst; now: number }, after: Use[]) =>
  leftIn(listed(burst, after, now + 500, LIMIT_MS).burst);

describe('after a flush', () => {
  it.each<[string, number, (number | null)[], number[]]>([
    ['the one that was used last is left', 1_000, [1_000, 900, null], [1]],
    ['so is one that was used within a pause of ours', 1_000, [1_000, 999, 998], [1, 2]],
    ['but none that was used before that', 1_000, [1_000, 997, 900], [1]],
    ['the newest use of anybody stands for the time of the flush', 1_000, [1_000, 995, 1_001], [1]],
    ['slow probes leave more', 4_000, [1_000, 996, 900], [1, 2]],
    ['one that was never used is not left', 1_000, [1_000, null, 900], [1]],
  ])('%s', (_name, everyMs, after, left) => {
    expect(leftAfter(armed(list(500, 400, 300), everyMs), list(...after))).toEqual(left);
  });

  it('a record is not left because it was used when the clock of the server was ahead', () => {
    const before = list(4_500, 400, 4_600);
    expect(leftAfter(armed(before), list(4_500, 1_000, 4_600))).toEqual([2]);
  });

  it('nobody is left where the clock of the server was set back', () => {
    expect(leftAfter(armed(list(500, 400, 300)), list(460, 520, 300))).toEqual([]);
    const { burst, now } = armed(list(500, 400, 300));
    const first = listed(burst, list(1_000, 999, 300), now + 500, LIMIT_MS).burst;
    expect(leftIn(first)).toEqual([1, 2]);
    const leftAMinuteLater = (at: number) => {
      const asked = { ...probed(first, now + 60_000, now + 60_010), gapMs: 1_000, listedAt: now + 56_500 };
      return leftIn(listed(asked, list(at, 999, 300), now + 60_500, LIMIT_MS).burst);
    };
    expect(leftAMinuteLater(1_060)).toEqual([1]);
    expect(leftAMinuteLater(1_030)).toEqual([]);
    expect(leftAMinuteLater(1_090)).toEqual([]);
  });

  it('all are left where our own clock went back', () => {
    const { burst, now } = armed(list(500, 400));
    expect(leftIn(listed(burst, list(1_000, 600), now - 60_000, LIMIT_MS).burst)).toEqual([1, 2]);
  });

  it('none is named by what was written before the probes', () => {
    const burst = probed(startBurst(list(500, 400), [1, 2], START_MS), START_MS, START_MS + 10);
    const { burst: next } = listed(burst, list(500, 900), START_MS + 1_000, LIMIT_MS);
    expect(leftIn(next)).toEqual([1, 2]);
    expect(next.flushes).toBe(0);
  });

  it('a record that was revoked meanwhile is not left', () => {
    expect(leftAfter(armed(list(500, 400)), [{ id: 2, lastUsedAt: 1_000 }])).toEqual([2]);
  });
});

it('gives up a server that writes nothing for a long time', () => {
  const { burst } = armed(list(500, 400));
  const later = START_MS + 21 * LIMIT_MS;
  expect(listed(burst, list(500, 400), later, LIMIT_MS).verdict).toBe('too-long');
});
