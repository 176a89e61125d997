/** Whether the time that a comparison takes tells how much of a token was right. */
import { sameText } from '../../../src/admin/dashboard/session.ts';
import { authenticatorOf } from '../../support/callers.ts';
import type { Bench } from '../bench.ts';
import { below, type Goal, type Row, row } from '../results.ts';
import { inTurn, median } from '../rounds.ts';

const TOKEN = 'a'.repeat(4_096);
const WRONG_AT_FIRST = `b${TOKEN.slice(1)}`;
const WRONG_AT_LAST = `${TOKEN.slice(0, -1)}b`;

const SAMPLES = 10_000;
const SHORT_SAMPLES = 50;

/** A difference of so many standard errors is one; chance makes it once in a hundred thousand times. */
const SIGNIFICANT = 4.5;
const CARELESS = 'a comparison that stops at the first difference';

export async function compare({ short, say }: Bench): Promise<Row[]> {
  say('compare');
  const { authenticate } = authenticatorOf('gitlab', TOKEN, 'x'.repeat(4_096));
  const contestants = [
    { name: 'a pre-shared token', compare: authenticate },
    { name: 'a pre-shared token after Bearer', compare: (given: string) => authenticate(`Bearer ${given}`) },
    { name: 'a form of the dashboard', compare: (given: string) => sameText(given, TOKEN) },
    { name: CARELESS, compare: careless },
  ].map((each) => ({
    name: each.name,
    run: async () => difference(each.compare, short ? SHORT_SAMPLES : SAMPLES),
  }));
  const figures = await inTurn(contestants, short ? 0 : 5);
  return contestants.map(({ name }) => {
    const rounds = figures.get(name) ?? [];
    const unit = 'standard errors';
    const about = { part: 'compare', what: 'wrong at the first or at the last character', who: name, unit };
    const goal = name === CARELESS ? seen(median(rounds)) : below(SIGNIFICANT, unit, median(rounds));
    return row(about, rounds, [goal]);
  });
}

/** Otherwise the others would mean nothing. */
function seen(measured: number): Goal {
  const text = `above ${SIGNIFICANT} standard errors`;
  return { text, measured: `${measured.toFixed(1)} standard errors`, met: measured > SIGNIFICANT };
}

/** Welch's t of two kinds of calls that take turns at random, the slowest tenth of each left out. */
function difference(compare: (given: string) => unknown, samples: number): number {
  const times: [number[], number[]] = [[], []];
  for (let n = 0; n < samples * 2; n++) {
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

function careless(given: string): boolean {
  for (let n = 0; n < TOKEN.length; n++) if (given.charCodeAt(n) !== TOKEN.charCodeAt(n)) return false;
  return given.length === TOKEN.length;
}
