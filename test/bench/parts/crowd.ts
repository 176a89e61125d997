/** How long others wait for their answers while one report of 60 MB is taken, beside an idle service. */
import type { Bench } from '../bench.ts';
import { startChild } from '../child.ts';
import { createLedgers } from '../ledgers.ts';
import type { ClientAnswer, ClientQuestion } from '../processes/client.ts';
import { startQuash } from '../quash.ts';
import { atMost, type Row, row } from '../results.ts';
import { inTurn, quantile } from '../rounds.ts';
import { reportTemplate } from '../tokens.ts';

const REPORT_BYTES = 60_000_000;
const SHORT_REPORT_BYTES = 300_000;
const SAMPLE = 100;
const OTHERS_PER_SECOND = 50;
const AIM = 3;

export async function crowd({ short, profiles, say }: Bench): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const { ledgers } = await createLedgers(stack, short);
  const others = stack.use(await startChild<ClientQuestion, ClientAnswer>('client.ts'));
  const large = stack.use(await startChild<ClientQuestion, ClientAnswer>('client.ts'));
  const bytesOfToken = reportTemplate(SAMPLE).fill(0).length / SAMPLE;
  const tokens = Math.floor((short ? SHORT_REPORT_BYTES : REPORT_BYTES) / bytesOfToken);
  const rows: Row[] = [];
  for (const ledger of ledgers) {
    say(`crowd: on ${ledger.name}`);
    const { reportUrl: url } = stack.use(await startQuash({ ledger, role: 'api', short, profiles }));
    const small = { do: 'trickle', call: 'report', tokens: 1, connections: 4, url } as const;
    const worst = async () => {
      const { took } = await others.ask({
        ...small,
        calls: short ? 10 : 400,
        perSecond: OTHERS_PER_SECOND,
      });
      return quantile(took, 0.99);
    };
    const besideLarge = async () => {
      const report = { do: 'send', call: 'report', tokens, connections: 1, calls: 1, url } as const;
      // A report that takes too long is answered 429 for its rest; its work was done all the same.
      const taken = large.ask(report).catch(() => undefined);
      const figure = await worst();
      await taken;
      return figure;
    };
    const contestants = [
      { name: 'idle', run: worst },
      { name: 'a report of 60 MB', run: besideLarge },
    ];
    const figures = await inTurn(contestants, short ? 0 : 3);
    for (const { name } of contestants) {
      const rounds = figures.get(name);
      const goals = name === 'idle' ? [] : [atMost(AIM, 'idle', rounds, figures.get('idle'))];
      const about = { part: 'crowd', what: `others' 99 %, ${name}`, unit: 'ms' };
      rows.push(row({ ...about, who: `Quash on ${ledger.name}` }, rounds, goals));
    }
  }
  return rows;
}
