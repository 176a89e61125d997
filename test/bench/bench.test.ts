/** Runs the benchmark in its short form: it has to work, and its figures mean nothing here. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runChild } from '../support/child.ts';
import { LONG_TEST_PATIENCE_MS } from '../support/patience.ts';
import { redisAvailable } from '../support/redis-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { atLeast, atMost, below, type Row, row, table } from './results.ts';
import { inTurn, ratio } from './rounds.ts';

const MAIN = resolve(import.meta.dirname, 'main.ts');

async function runBench(...args: string[]) {
  const output = join(temporaryFolder(), 'bench.json');
  const { code, stdout, stderr } = await runChild(process.execPath, [MAIN, ...args, '--output', output]);
  if (code !== 0) throw new Error(`It ended with ${code}: ${stderr}`);
  const result: { rows: Row[] } = JSON.parse(readFileSync(output, 'utf8'));
  return { stdout, rows: result.rows };
}

/** How many rows there are for each part and contestant. */
function countsOf(rows: readonly Row[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { part, who } of rows) counts[`${part}: ${who}`] = (counts[`${part}: ${who}`] ?? 0) + 1;
  return counts;
}

const onRedis = (part: string, rows: number) => ({ [`${part}: Quash on Redis`]: rows });
const onBoth = (part: string, rows: number) => ({
  ...onRedis(part, rows),
  [`${part}: Quash on SQLite`]: rows,
});

describe.skipIf(!redisAvailable())('the benchmark (skipped without redis-server)', () => {
  it(
    'measures everything, and shows every figure',
    async () => {
      const { rows, stdout } = await runBench('--short');
      // There is an earlier version to start only where git has it.
      const ofToday = rows.filter(({ who }) => !/^Quash [0-9a-f]{7} /.test(who));
      expect(countsOf(ofToday)).toEqual({
        ...{ 'accept: the client alone': 2, 'accept: bare node:http + Redis pipeline': 2 },
        ...{ 'accept: Fastify + BullMQ': 2, ...onBoth('accept', 2) },
        ...onRedis('repeats', 4),
        ...onBoth('large', 2),
        ...onRedis('crowd', 2),
        ...{ 'drain: bare undici loop': 2, ...onRedis('drain', 2) },
        ...{ 'delay: direct call': 4, ...onRedis('delay', 4) },
        // Two sizes with four operations, three pages and the memory.
        ...onRedis('scale', 16),
        // Two sizes with eight operations and the memory.
        ...onBoth('lists', 18),
        ...onRedis('start', 1),
        'compare: a pre-shared token': 1,
        'compare: a pre-shared token after Bearer': 1,
        'compare: a form of the dashboard': 1,
        'compare: a comparison that stops at the first difference': 1,
      });
      for (const { what, who, value } of rows) expect(value, `${what}, ${who}`).toBeGreaterThan(0);
      for (const { what } of rows) expect(stdout).toContain(what);
      expect(stdout).toMatch(/\d+ of \d+ goals met/);
    },
    LONG_TEST_PATIENCE_MS,
  );
});

describe('the command line', () => {
  it('refuses a part that does not exist', async () => {
    await expect(runBench('--only', 'accept,fly')).rejects.toThrow(
      /^It ended with 1: There is no part fly\./,
    );
  });
});

describe('rounds', () => {
  it('take turns, and the first does not count', async () => {
    const order: string[] = [];
    const contestant = (name: 'a' | 'b') => ({
      name,
      run: async () => order.push(name),
    });
    const figures = await inTurn([contestant('a'), contestant('b')], 2);
    expect(order.join('')).toBe('ababab');
    expect(figures.get('a')).toEqual([3, 5]);
  });

  it('count from the first one where there is no other', async () => {
    const figures = await inTurn([{ name: 'a', run: async () => 7 }], 0);
    expect(figures.get('a')).toEqual([7]);
  });

  it('are compared one by one, so that a slow moment of the machine hits both', () => {
    expect(ratio([10, 100, 1], [20, 200, 2])).toBe(0.5);
  });
});

describe('the table', () => {
  const about = { part: 'accept', what: 'requests of 20', who: 'Quash', unit: 'tokens/s' };
  const rounds = [1_000, 3_000, 2_000];

  it('shows the median, the spread and what became of each goal', () => {
    const goals = [atLeast(2, 'the floor', rounds, [1_000, 1_000, 1_000]), below(5, 'ms', 7.25)];
    expect(
      table([row(about, rounds, goals)], 'markdown')
        .split('\n')
        .slice(2),
    ).toEqual([
      expect.stringMatching(
        /^\| accept \| requests of 20 \| Quash \| 2,000 tokens\/s \| 1,000 to 3,000 \| at least 2 x the floor \| yes, 2 x +\|$/,
      ),
      expect.stringMatching(/below 5 ms +\| NO, 7\.25 ms \|$/),
    ]);
  });

  it('says what is above its floor only', () => {
    const goal = atMost({ goal: 2, floor: 3 }, 'a direct call', [5], [2]);
    expect(goal).toMatchObject({ met: false, floorMet: true, text: 'at most 2 x a direct call (floor 3)' });
    expect(table([row(about, rounds, [goal])], 'markdown')).toContain('above the floor, 2.5 x');
  });

  it('takes a missing figure for a goal that is not met', () => {
    expect(atLeast(1, 'the floor', rounds, undefined).met).toBe(false);
    expect(below(5, 'ms', Number.NaN).met).toBe(false);
  });
});
