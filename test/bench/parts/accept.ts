/** How many tokens a second are taken in, beside the least that can be done and what a team would write today. */
import { sendRedis } from '../../support/redis-server.ts';
import type { Bench } from '../bench.ts';
import { startChild } from '../child.ts';
import { createLedgers } from '../ledgers.ts';
import type { ClientAnswer, ClientQuestion } from '../processes/client.ts';
import { startQuash } from '../quash.ts';
import { type Aim, atLeast, type Row, row } from '../results.ts';
import { type Contestant, inTurn } from '../rounds.ts';

const CONNECTIONS = 16;
const SIZES = [20, 1_000];
const SHORT_SIZES = [2, 20];
const PART = 'accept';
const FLOOR = 'bare node:http + Redis pipeline';
const TEAM = 'Fastify + BullMQ';
const CLIENT = 'the client alone';
const AIMS = { Redis: { goal: 2.5, floor: 2 }, SQLite: { goal: 1.5, floor: 1 } };

/** Nobody finds more in Redis than the others did. A ledger whose own facts are gone, too, would take nothing more. */
const EMPTY = `EVAL "local facts = redis.call('HGETALL', '{quash}:meta')
  redis.call('FLUSHALL')
  if #facts > 0 then redis.call('HSET', '{quash}:meta', unpack(facts)) end" 0`.replaceAll('\n', ' ');

interface Server {
  readonly name: string;
  readonly url: string;
  readonly aim?: Aim;
}

export async function accept({ short, profiles, say }: Bench): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const { ledgers, redis } = await createLedgers(stack);
  const client = stack.use(await startChild<ClientQuestion, ClientAnswer>('client.ts'));
  const servers: Server[] = [{ name: CLIENT, url: stack.use(await startChild('floor.ts')).url }];
  if (redis) {
    const floor = stack.use(await startChild('floor.ts', [redis.url]));
    const team = stack.use(await startChild('bullmq.ts', [redis.url]));
    servers.push({ name: FLOOR, url: floor.url }, { name: TEAM, url: `${team.url}/v1/revoke_tokens` });
  }
  for (const ledger of ledgers) {
    const quash = stack.use(await startQuash({ ledger, role: 'api', short, profiles }));
    servers.push({ name: `Quash on ${ledger.name}`, url: quash.reportUrl, aim: AIMS[ledger.name] });
  }

  const sizes = short ? SHORT_SIZES : SIZES;
  say('accept: warming up');
  for (const { url } of servers) {
    // By calls and not by time: what is slow at first would stay so for longer than the others.
    const warmUp = { do: 'send', call: 'report', calls: short ? 1 : 3_000 } as const;
    await client.ask({ ...warmUp, url, tokens: sizes[0] ?? 1, connections: CONNECTIONS });
  }
  const rows: Row[] = [];
  for (const tokens of sizes) {
    say(`accept: requests of ${tokens}`);
    const contestants = servers.map(
      ({ name, url }): Contestant<string> => ({
        name,
        async run() {
          if (redis) await sendRedis(redis, EMPTY);
          if (redis) await sendRedis(redis, 'BGREWRITEAOF');
          const flood = { do: 'flood', call: 'report', forMs: short ? 20 : 1_500 } as const;
          const sent = await client.ask({ ...flood, url, tokens, connections: CONNECTIONS });
          return sent.tokens / (sent.ms / 1000);
        },
      }),
    );
    const figures = await inTurn(contestants, short ? 0 : 5);
    const team = figures.get(TEAM);
    for (const { name, aim } of servers) {
      const rounds = figures.get(name) ?? [];
      const goals = aim && team ? [atLeast(aim, TEAM, rounds, team)] : [];
      const what = `requests of ${tokens.toLocaleString('en-US')}, ${CONNECTIONS} connections`;
      rows.push(row({ part: PART, what, who: name, unit: 'tokens/s' }, rounds, goals));
    }
  }
  return rows;
}
