/** What a report costs that says nothing new, as each pipeline sends one: beside one whose tokens nobody has seen. */
import type { Bench } from '../bench.ts';
import { startChild } from '../child.ts';
import { createLedgers } from '../ledgers.ts';
import type { ClientAnswer, ClientQuestion } from '../processes/client.ts';
import { startQuash } from '../quash.ts';
import { atLeast, type Row, row } from '../results.ts';
import { inTurn } from '../rounds.ts';

const CONNECTIONS = 16;
const SIZES = [20, 1_000];
const SHORT_SIZES = [2, 20];
const PART = 'repeats';
const GOAL = 4;

export async function repeats({ short, profiles, say }: Bench): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const { ledgers } = await createLedgers(stack, short);
  const client = stack.use(await startChild<ClientQuestion, ClientAnswer>('client.ts'));
  const rows: Row[] = [];
  for (const ledger of ledgers) {
    const { reportUrl: url } = stack.use(await startQuash({ ledger, role: 'api', short, profiles }));
    for (const tokens of short ? SHORT_SIZES : SIZES) {
      say(`repeats: requests of ${tokens} on ${ledger.name}`);
      const contestant = (name: 'new' | 'known', call: 'report' | 'repeat') => ({
        name,
        async run() {
          const flood = { do: 'flood', call, forMs: short ? 20 : 1_500 } as const;
          const sent = await client.ask({ ...flood, url, tokens, connections: CONNECTIONS });
          return sent.tokens / (sent.ms / 1000);
        },
      });
      const figures = await inTurn(
        [contestant('new', 'report'), contestant('known', 'repeat')],
        short ? 0 : 5,
      );
      const about = (which: string) => ({
        part: PART,
        what: `${which} tokens, requests of ${tokens.toLocaleString('en-US')}`,
        who: `Quash on ${ledger.name}`,
        unit: 'tokens/s',
      });
      const [fresh, known] = [figures.get('new'), figures.get('known')];
      rows.push(row(about('new'), fresh));
      rows.push(row(about('known'), known, [atLeast(GOAL, 'new ones', known, fresh)]));
    }
  }
  return rows;
}
