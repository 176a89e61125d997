/** How long it takes from the start of the process to its first answer, beside an earlier version. */

import type { Bench } from '../bench.ts';
import { checkOut } from '../earlier.ts';
import { createLedgers } from '../ledgers.ts';
import { startQuash } from '../quash.ts';
import { atMost, type Row, row } from '../results.ts';
import { inTurn } from '../rounds.ts';

const EARLIER = 'c424a19';
const GOAL = 0.8;

export async function start({ short, profiles, say }: Bench): Promise<Row[]> {
  say('start');
  await using stack = new AsyncDisposableStack();
  const earlier = checkOut(EARLIER, stack);
  if (earlier === undefined)
    say(`start: without git and the commit ${EARLIER} there is nothing to compare with`);
  const contestants: { name: string; run: () => Promise<number> }[] = [];
  // Each has its ledger: a later version may change what an earlier one wrote.
  for (const root of earlier === undefined ? [undefined] : [earlier, undefined]) {
    const { ledgers } = await createLedgers(stack, short);
    for (const ledger of ledgers) {
      const version = root === undefined ? 'Quash' : `Quash ${EARLIER}`;
      contestants.push({
        name: `${version} on ${ledger.name}`,
        async run() {
          const isShort = short && root === undefined;
          await using quash = await startQuash({ ledger, role: 'all', root, short: isShort, profiles });
          return quash.startMs;
        },
      });
    }
  }
  const figures = await inTurn(contestants, short ? 0 : 9);
  return contestants.map(({ name }) => {
    const rounds = figures.get(name) ?? [];
    const before = figures.get(name.replace('Quash on', `Quash ${EARLIER} on`));
    const goals = before && before !== rounds ? [atMost(GOAL, EARLIER, rounds, before)] : [];
    return row(
      { part: 'start', what: 'process start to first answer', who: name, unit: 'ms' },
      rounds,
      goals,
    );
  });
}
