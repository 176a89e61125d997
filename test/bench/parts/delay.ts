/** How long it takes from a client's call to the call that revokes the token, beside calling the upstream directly. */
import { PATIENCE_MS } from '../../support/patience.ts';
import type { Bench } from '../bench.ts';
import { type Child, startChild } from '../child.ts';
import { createLedgers } from '../ledgers.ts';
import type { ClientAnswer, ClientQuestion } from '../processes/client.ts';
import type { Arrivals, UpstreamQuestion } from '../processes/upstream.ts';
import { CONCURRENCY, startQuash } from '../quash.ts';
import { atMost, type Goal, type Row, row } from '../results.ts';
import { inTurn, median, quantile } from '../rounds.ts';

const DIRECT = 'direct call';
const IDLE_PER_SECOND = 50;
const AIM_IDLE = { goal: 4, floor: 6 };
/** Beside the same service when it is idle. */
const AIM_HALF_LOAD = { goal: 2, floor: 3 };

interface World {
  readonly client: Child<ClientQuestion, ClientAnswer>;
  readonly upstream: Child<UpstreamQuestion, Arrivals>;
}

interface Way {
  readonly name: string;
  readonly url: string;
  readonly call: 'report' | 'revocation';
}

export async function delay({ short, profiles, say }: Bench): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const { ledgers } = await createLedgers(stack, short);
  const world: World = {
    client: stack.use(await startChild<ClientQuestion, ClientAnswer>('client.ts')),
    upstream: stack.use(await startChild<UpstreamQuestion, Arrivals>('upstream.ts')),
  };
  const { url } = world.upstream;
  const ways: Way[] = [{ name: DIRECT, url: `${url}/revoke`, call: 'revocation' }];
  for (const ledger of ledgers) {
    const quash = stack.use(await startQuash({ ledger, role: 'all', upstreamUrl: url, short, profiles }));
    ways.push({ name: `Quash on ${ledger.name}`, url: quash.reportUrl, call: 'report' });
  }

  say('delay: how much each can do');
  const most: number[] = [];
  for (const way of ways) {
    await throughput(world, way, short ? 16 : 1_000);
    most.push(await throughput(world, way, short ? 32 : 2_000));
  }
  const half = Math.min(...most) / 2;
  const idle = await measure(world, ways, { what: 'idle', perSecond: IDLE_PER_SECOND, short, say });
  const halfLoad = { what: `half load, ${Math.round(half)}/s`, perSecond: half, short, say };
  const loaded = await measure(world, ways, halfLoad);
  return [
    ...rowsOf(idle, ({ medians }) => atMost(AIM_IDLE, DIRECT, medians, of(idle, DIRECT))),
    ...rowsOf(loaded, ({ who, medians }) => atMost(AIM_HALF_LOAD, 'when idle', medians, of(idle, who))),
  ];
}

/** What was measured of one way, round by round. */
interface Measured {
  readonly who: string;
  readonly what: string;
  readonly medians: readonly number[];
  readonly worst: readonly number[];
}

function of(measured: readonly Measured[], name: string): readonly number[] | undefined {
  return measured.find(({ who }) => who === name)?.medians;
}

function rowsOf(measured: readonly Measured[], goal: (one: Measured) => Goal): Row[] {
  return measured.flatMap((one) => {
    const { who, what, medians, worst } = one;
    const about = { part: 'delay', who, unit: 'ms' };
    return [
      row({ ...about, what: `${what}, median` }, medians, who === DIRECT ? [] : [goal(one)]),
      row({ ...about, what: `${what}, 99 %` }, worst),
    ];
  });
}

async function measure(
  world: World,
  ways: readonly Way[],
  { what, perSecond, short, say }: Pick<Bench, 'short' | 'say'> & { what: string; perSecond: number },
): Promise<readonly Measured[]> {
  say(`delay: ${what}`);
  const calls = short ? 10 : Math.max(20, Math.round(perSecond * 1.5));
  const worst = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  const contestants = ways.map((way) => ({
    name: way.name,
    async run() {
      const delays = await delaysOf(world, way, { calls, perSecond });
      worst.get(way.name)?.push(quantile(delays, 0.99));
      return median(delays);
    },
  }));
  const rounds = short ? 0 : 5;
  const figures = await inTurn(contestants, rounds);
  return ways.map(({ name }) => ({
    ...{ who: name, what, medians: figures.get(name) ?? [] },
    // The first one warmed up, unless it is the only one.
    worst: worst.get(name)?.slice(Math.min(rounds, 1)) ?? [],
  }));
}

/** @returns calls a second that reach the upstream when clients do not wait for each other */
async function throughput(world: World, { url, call }: Way, calls: number): Promise<number> {
  const start = performance.now();
  const [arrivals] = await Promise.all([
    arrivalsOf(world, calls),
    world.client.ask({ do: 'send', url, call, tokens: 1, connections: CONCURRENCY, calls }),
  ]);
  return (arrivals.size / (performance.now() - start)) * 1000;
}

async function delaysOf(
  world: World,
  { url, call }: Way,
  { calls, perSecond }: { calls: number; perSecond: number },
): Promise<number[]> {
  const [arrivals, { sent }] = await Promise.all([
    arrivalsOf(world, calls),
    world.client.ask({ do: 'trickle', url, call, tokens: 1, connections: CONCURRENCY, calls, perSecond }),
  ]);
  return [...pairs(sent)].map(([serial, at]) => (arrivals.get(serial) ?? Number.NaN) - at);
}

/** By serial number of the token. */
async function arrivalsOf({ upstream }: World, calls: number): Promise<ReadonlyMap<number, number>> {
  const arrivals = new Map(pairs(await upstream.ask({ calls, timeoutMs: PATIENCE_MS })));
  if (arrivals.size !== calls) throw new Error(`${arrivals.size} of ${calls} tokens reached the upstream.`);
  return arrivals;
}

function* pairs(values: Float64Array): Generator<[number, number]> {
  for (let at = 0; at < values.length; at += 2) yield [values[at] ?? 0, values[at + 1] ?? 0];
}
