/** How many tokens a second are revoked, beside a bare loop with as many calls at once. */
import { PATIENCE_MS } from '../../support/patience.ts';
import type { Bench } from '../bench.ts';
import { type Child, startChild } from '../child.ts';
import { createLedgers } from '../ledgers.ts';
import type { ClientAnswer, ClientQuestion } from '../processes/client.ts';
import type { Arrivals, UpstreamQuestion } from '../processes/upstream.ts';
import { type BenchQuash, CONCURRENCY, startQuash, steer } from '../quash.ts';
import { atLeast, type Row, row } from '../results.ts';
import { type Contestant, inTurn } from '../rounds.ts';

const BARE = 'bare undici loop';
const TOKENS_A_REPORT = 100;

/** One shows what the work around a call costs, the other what is left of that when calls take as long as a fast vendor's. */
const UPSTREAMS = [
  { latencyMs: 0, calls: 2_000, aim: { goal: 0.5, floor: 0.35 } },
  { latencyMs: 20, calls: 1_000, aim: { goal: 0.95, floor: 0.9 } },
];

interface World {
  readonly client: Child<ClientQuestion, ClientAnswer>;
  readonly upstream: Child<UpstreamQuestion, Arrivals>;
  readonly quashes: readonly { readonly name: string; readonly quash: BenchQuash }[];
}

export async function drain({ short, profiles, say }: Bench): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const { ledgers } = await createLedgers(stack, short);
  const client = stack.use(await startChild<ClientQuestion, ClientAnswer>('client.ts'));
  const upstream = stack.use(await startChild<UpstreamQuestion, Arrivals>('upstream.ts'));
  const quashes: World['quashes'][number][] = [];
  for (const ledger of ledgers) {
    const options = { ledger, role: 'all', upstreamUrl: upstream.url, short, profiles } as const;
    quashes.push({ name: `Quash on ${ledger.name}`, quash: stack.use(await startQuash(options)) });
  }
  const rows: Row[] = [];
  for (const { latencyMs, calls, aim } of UPSTREAMS) {
    say(`drain: the upstream answers after ${latencyMs} ms`);
    const contestants = contestantsOf({ client, upstream, quashes }, latencyMs, short ? 100 : calls);
    const figures = await inTurn(contestants, short ? 0 : 5);
    for (const { name } of contestants) {
      const rounds = figures.get(name);
      const goals = name === BARE ? [] : [atLeast(aim, BARE, rounds, figures.get(BARE))];
      const what = `${CONCURRENCY} at once, answers after ${latencyMs} ms`;
      rows.push(row({ part: 'drain', what, who: name, unit: 'revocations/s' }, rounds, goals));
    }
  }
  return rows;
}

function contestantsOf(
  { client, upstream, quashes }: World,
  latencyMs: number,
  calls: number,
): readonly Contestant<string>[] {
  const arrived = async () =>
    ratePerSecond(calls, await upstream.ask({ calls, latencyMs, timeoutMs: PATIENCE_MS }));
  const bare = async () => {
    const revocation = { do: 'send', call: 'revocation', tokens: 1, connections: CONCURRENCY } as const;
    const sending = client.ask({ ...revocation, url: `${upstream.url}/revoke`, calls });
    const [rate] = await Promise.all([arrived(), sending]);
    return rate;
  };
  const drained = async (quash: BenchQuash) => {
    await steer(quash, 'pause');
    const report = { do: 'send', call: 'report', tokens: TOKENS_A_REPORT, connections: 1 } as const;
    await client.ask({ ...report, url: quash.reportUrl, calls: calls / TOKENS_A_REPORT });
    const [rate] = await Promise.all([arrived(), steer(quash, 'resume')]);
    return rate;
  };
  return [
    { name: BARE, run: bare },
    ...quashes.map(({ name, quash }) => ({ name, run: () => drained(quash) })),
  ];
}

/** Of the calls after the first tenth, as all begin at once. */
function ratePerSecond(calls: number, arrivals: Arrivals): number {
  const times = arrivals.filter((_, index) => index % 2 === 1).sort();
  if (times.length !== calls) throw new Error(`${times.length} of ${calls} calls came in time.`);
  const counted = times.subarray(Math.floor(calls / 10));
  const ms = (counted.at(-1) ?? 0) - (counted[0] ?? 0);
  return ((counted.length - 1) / ms) * 1000;
}
