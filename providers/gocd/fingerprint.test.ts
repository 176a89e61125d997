import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, evaluate, type LastUses, probeWindow, type Round, rank } from './fingerprint.ts';

const LEAKED = 1;
const POOL = [LEAKED, 2, 3];

function round(used: number[], hit: number[] = []): Round {
  return { used, hit };
}

describe('decide', () => {
  it.each<[string, number[], Round[], ReturnType<typeof decide>]>([
    ['the only record without any round', [7], [], { id: 7, confidence: 'exact' }],
    ['nothing without a round', POOL, [], undefined],
    ['the one record that shows the probe', POOL, [round([1], [1])], { id: 1, confidence: 'exact' }],
    ['nothing from one use after the probe, as the flush may be lost', POOL, [round([2])], undefined],
    ['one in constant use after two rounds', POOL, [round([1]), round([1])], { id: 1, confidence: 'exact' }],
    [
      'one in constant use beside others that pause',
      POOL,
      [round([1, 2, 3]), round([1, 2]), round([1, 3]), round([1])],
      { id: 1, confidence: 'exact' },
    ],
    ['nothing while another one is in use, too', POOL, [round([1, 2], [1])], undefined],
    [
      'one hit twice beside one in constant use',
      POOL,
      [round([1, 2], [1]), round([1, 2], [1])],
      { id: 1, confidence: 'high' },
    ],
    [
      'nothing when two were hit in all rounds',
      POOL,
      [round([1, 2], [1, 2]), round([1, 2], [1, 2])],
      undefined,
    ],
    ['nothing when hits and misses balance', POOL, [round([1, 2], [1]), round([1, 2])], undefined],
    [
      'nothing when all but one round hit, and too few did',
      POOL,
      [round([1, 2], [1]), round([1, 2]), round([1, 2], [1])],
      undefined,
    ],
    [
      'one whose use was lost in one round of four',
      POOL,
      [round([2]), round([1, 2], [1]), round([1, 2], [1]), round([1, 2], [1])],
      { id: 1, confidence: 'high' },
    ],
    ['nothing when both are always in use', POOL, Array(4).fill(round([1, 2])), undefined],
  ])('names %s', (_name, pool, rounds, expected) => {
    expect(decide(pool, rounds)).toEqual(expected);
  });
});

/** How a record was used between a probe and the flush; seconds relative to the probe. */
type Pattern = { readonly at: number } | 'idle';

const SILENT: Pattern = 'idle';
const pattern = fc.oneof(
  { weight: 2, arbitrary: fc.constant(SILENT) },
  { weight: 3, arbitrary: fc.integer({ min: -100, max: 59 }).map((at): Pattern => ({ at })) },
);

interface History {
  readonly others: readonly (readonly Pattern[])[];
  /** Seconds after the probe at which somebody else used the leaked token last, per round; null for not at all. */
  readonly leakedReuse: readonly (number | null)[];
  /** The round whose uses a restart lost. */
  readonly lostRound: number | null;
}

const history: fc.Arbitrary<History> = fc.record({
  others: fc.array(fc.array(pattern, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
  leakedReuse: fc.array(fc.option(fc.integer({ min: 0, max: 59 })), { minLength: 4, maxLength: 4 }),
  lostRound: fc.option(fc.integer({ min: 0, max: 3 })),
});

/** Plays the history second by second through the same lists and windows that a server would give. */
function play({ others, leakedReuse, lostRound }: History): Round[] {
  let before: LastUses = new Map([LEAKED, ...others.map((_, index) => index + 2)].map((id) => [id, null]));
  return leakedReuse.map((reuse, index) => {
    const probeAt = 1_000_000 + index * 100;
    const after = new Map(before);
    const use = (id: number, at: number): void => {
      after.set(id, Math.max(probeAt + at, after.get(id) ?? 0));
    };
    others.forEach((patterns, other) => {
      const used = patterns[index];
      if (used !== undefined && used !== 'idle') use(other + 2, used.at);
    });
    if (lostRound !== index) use(LEAKED, reuse ?? 0);
    const window = probeWindow(probeAt * 1000, probeAt * 1000, undefined);
    const result = evaluate(window, before, after);
    before = after;
    return result;
  });
}

function decisions(rounds: readonly Round[], pool: readonly number[]) {
  const heard = rounds.filter((each) => each.used.length > 0);
  return heard.map((_, index) => decide(pool, heard.slice(0, index + 1)));
}

function isHit(rounds: readonly Round[], index: number, id: number): boolean {
  return rounds[index]?.hit.includes(id) ?? false;
}

describe('identification', () => {
  it('is never exact about a wrong record, if at most one flush is lost and no other token was used in its window', () => {
    fc.assert(
      fc.property(history, (story) => {
        const rounds = play(story);
        const pool = [LEAKED, ...story.others.map((_, index) => index + 2)];
        const { lostRound } = story;
        fc.pre(lostRound === null || pool.every((id) => id === LEAKED || !isHit(rounds, lostRound, id)));
        for (const decision of decisions(rounds, pool)) {
          if (decision?.confidence === 'exact') expect(decision.id).toBe(LEAKED);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('is never wrong at all, if besides no other token hits the windows of two rounds more than it misses', () => {
    fc.assert(
      fc.property(history, (story) => {
        const rounds = play({ ...story, lostRound: null });
        const others = story.others.map((_, index) => index + 2);
        const lead = (id: number, upTo: number) =>
          rounds.slice(0, upTo).reduce((sum, each) => sum + (each.hit.includes(id) ? 1 : -1), 0);
        fc.pre(others.every((id) => [2, 3, 4].every((upTo) => lead(id, upTo) < 2)));
        for (const decision of decisions(rounds, [LEAKED, ...others])) {
          if (decision) expect(decision.id).toBe(LEAKED);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('finds an otherwise unused token within two rounds beside any token that is used again after each probe', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 10, max: 59 }), { minLength: 4, maxLength: 4 }), (times) => {
        const rounds = play({
          others: [times.map((at) => ({ at }))],
          leakedReuse: [null, null, null, null],
          lostRound: null,
        });
        expect(decide([LEAKED, 2], rounds.slice(0, 2))).toEqual({ id: LEAKED, confidence: 'high' });
      }),
    );
  });
});

describe('evaluate', () => {
  const window = { from: 100, to: 104 };

  it('tells a use within the window from a later one', () => {
    const after = new Map([
      [1, 100],
      [2, 104],
      [3, 105],
      [4, 99],
    ]);
    expect(evaluate(window, new Map(), after)).toEqual({ used: [1, 2, 3], hit: [1, 2] });
  });

  it('takes an unchanged time after the window for the past of a server whose clock is ahead', () => {
    const before = new Map([
      [1, 50],
      [2, 900],
    ]);
    const after = new Map([
      [1, 2000],
      [2, 900],
    ]);
    expect(evaluate(window, before, after)).toEqual({ used: [1], hit: [] });
  });

  it('goes by changes when no use seems late enough, as with a server whose clock is behind', () => {
    const before = new Map([
      [1, 10],
      [2, 20],
    ]);
    const after = new Map([
      [1, 15],
      [2, 20],
    ]);
    expect(evaluate(window, before, after)).toEqual({ used: [1], hit: [] });
  });

  it('finds no use when nothing changed', () => {
    const uses = new Map([[1, null]]);
    expect(evaluate(window, uses, uses)).toEqual({ used: [], hit: [] });
  });
});

describe('probeWindow', () => {
  const sentMs = Date.UTC(2026, 0, 1, 12, 0, 0, 900);

  it('goes by the Date header where there is one', () => {
    const window = probeWindow(sentMs, sentMs + 1500, 'Thu, 01 Jan 2026 10:00:10 GMT');
    const answered = Date.UTC(2026, 0, 1, 10, 0, 10) / 1000;
    expect(window).toEqual({ from: answered - 4, to: answered + 2 });
  });

  it.each([undefined, 'no date'])('goes by our clock around the call when the header is %s', (header) => {
    const sent = Math.floor(sentMs / 1000);
    expect(probeWindow(sentMs, sentMs + 1500, header)).toEqual({ from: sent - 2, to: sent + 4 });
  });
});

describe('rank', () => {
  it('puts hits before uses before the latest use', () => {
    const rounds = [round([2, 3], [3]), round([2])];
    const lastUses = new Map([
      [1, 10],
      [4, 20],
    ]);
    expect(rank([1, 2, 3, 4], rounds, lastUses)).toEqual([3, 2, 4, 1]);
  });
});
