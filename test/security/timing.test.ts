/** Whether the time that a comparison takes tells how much of a token was right. */
import { expect, it } from 'vitest';
import { sameText } from '../../src/admin/dashboard/session.ts';
import { createAuthenticator } from '../../src/server/auth.ts';
import { Secret } from '../../src/words/secret.ts';
import { isLong, PATIENCE_MS } from '../fuzz/runs.ts';

const TOKEN = 'a'.repeat(4_096);
const WRONG_AT_FIRST = `b${TOKEN.slice(1)}`;
const WRONG_AT_LAST = `${TOKEN.slice(0, -1)}b`;

const SAMPLES = isLong ? 20_000 : 2_000;

/** A difference of so many standard errors is one; chance makes it once in a hundred thousand times. */
const SIGNIFICANT = 4.5;

/** What else goes on at the machine may look like a difference once, but not each time. */
const ATTEMPTS = 5;

/** Welch's t of two kinds of calls that take turns at random, the slowest tenth of each left out. */
function difference(compare: (given: string) => unknown): number {
  const times: [number[], number[]] = [[], []];
  for (let n = 0; n < SAMPLES * 2; n++) {
    const which = Math.random() < 0.5 ? 0 : 1;
    // A text of its own each time, as the engine remembers what it did with the last one.
    const given = Buffer.from(which === 0 ? WRONG_AT_FIRST : WRONG_AT_LAST).toString('latin1');
    const start = process.hrtime.bigint();
    compare(given);
    times[which].push(Number(process.hrtime.bigint() - start));
  }
  const [first, last] = times.map((all) => {
    const kept = all.toSorted((a, b) => a - b).slice(0, Math.floor(all.length * 0.9));
    const mean = kept.reduce((sum, time) => sum + time, 0) / kept.length;
    const variance = kept.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (kept.length - 1);
    return { mean, error: variance / kept.length };
  });
  if (!first || !last) throw new Error('There are no samples.');
  return Math.abs(last.mean - first.mean) / Math.sqrt(first.error + last.error);
}

function smallestDifference(compare: (given: string) => unknown): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let n = 0; n < ATTEMPTS && smallest > SIGNIFICANT; n++)
    smallest = Math.min(smallest, difference(compare));
  return smallest;
}

function careless(given: string): boolean {
  for (let n = 0; n < TOKEN.length; n++) if (given.charCodeAt(n) !== TOKEN.charCodeAt(n)) return false;
  return given.length === TOKEN.length;
}

const { authenticate } = createAuthenticator([new Secret(TOKEN), new Secret('x'.repeat(4_096))]);

it.each([
  ['a pre-shared token', authenticate],
  ['a pre-shared token after Bearer', (given: string) => authenticate(`Bearer ${given}`)],
  ['a form of the dashboard', (given: string) => sameText(given, TOKEN)],
])(
  'comparing %s takes as long when the first character is wrong as when the last one is',
  (_name, compare) => {
    expect(compare(WRONG_AT_FIRST)).toBeFalsy();
    expect(compare(WRONG_AT_LAST)).toBeFalsy();
    expect(smallestDifference(compare)).toBeLessThan(SIGNIFICANT);
  },
  PATIENCE_MS,
);

it(
  'would be seen to take longer if it stopped at the first difference',
  () => {
    expect(smallestDifference(careless)).toBeGreaterThan(SIGNIFICANT);
  },
  PATIENCE_MS,
);
