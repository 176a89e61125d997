/** How long it takes from the start of the process to its first answer. */
import type { Bench } from '../bench.ts';
import { createLedgers } from '../ledgers.ts';
import { startQuash } from '../quash.ts';
import { below, type Row, row } from '../results.ts';
import { inTurn, median } from '../rounds.ts';

const GOAL_MS = 500;

export async function start({ short, profiles, say }: Bench): Promise<Row[]> {
  say('start');
  await using stack = new AsyncDisposableStack();
  const { ledgers } = await createLedgers(stack);
  const contestants = ledgers.map((ledger) => ({
    name: `Quash on ${ledger.name}`,
    async run() {
      await using quash = await startQuash({ ledger, role: 'all', profiles });
      return quash.startMs;
    },
  }));
  const figures = await inTurn(contestants, short ? 1 : 9);
  return contestants.map(({ name }) => {
    const rounds = figures.get(name) ?? [];
    const about = { part: 'start', what: 'process start to first answer', who: name, unit: 'ms' };
    return row(about, rounds, [below(GOAL_MS, 'ms', median(rounds))]);
  });
}
