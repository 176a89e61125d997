/**
 * `npm run test:soak`: the long form of soak.test.ts, at a fifth of what the service can do. Prints its figures; exits 1
 * when something grew.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { redisAvailable } from '../support/redis-server.ts';
import type { Compared } from './growth.ts';
import { type OpenLedgerToSoak, soakedRedis, soakedSqlite } from './ledgers.ts';
import { measured, Soak, type SoakResult } from './soak.ts';

const RESULTS = resolve(import.meta.dirname, '../../test-results');
const LEDGERS: Readonly<Record<string, OpenLedgerToSoak>> = {
  sqlite: soakedSqlite,
  redis: soakedRedis(1),
  partitions: soakedRedis(3),
};
const ROUNDS = 12;
const WARM_UP = 2;
const SHARE_OF_CAPACITY = 0.2;
const TOKENS_TO_MEASURE_CAPACITY = 500;
/** The rest of a round is for what comes behind the reports: retries, and the end of retention. */
const SHARE_WITH_REPORTS = 0.8;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    ledgers: { type: 'string', default: redisAvailable() ? Object.keys(LEDGERS).join(',') : 'sqlite' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
const names = values.ledgers.split(',');
if (!(minutes > 0) || !Number.isSafeInteger(seed) || names.some((name) => !(name in LEDGERS))) {
  console.error(`Usage: npm run test:soak -- [--minutes 60] [--ledgers ${Object.keys(LEDGERS)}] [--seed N]`);
  process.exit(2);
}
console.log(`seed ${seed}: about ${minutes} minutes on ${names.join(', ')}, side by side`);
const results = await Promise.all(names.map(soaked));
for (const result of results) console.log(tableOf(result));
mkdirSync(RESULTS, { recursive: true });
writeFileSync(resolve(RESULTS, 'soak.json'), `${JSON.stringify({ minutes, seed, results }, null, 2)}\n`);
const grown = results.filter(({ compared }) => compared.some(({ grew }) => grew));
console.log(grown.length === 0 ? 'Nothing grew.' : `Something grew on ${grown.map(({ ledger }) => ledger)}.`);
process.exit(grown.length === 0 ? 0 : 1);

async function soaked(name: string): Promise<SoakResult> {
  await using cleanup = new AsyncDisposableStack();
  const open = LEDGERS[name] ?? soakedSqlite;
  const say = (line: string) => console.log(`${name}: ${line}`);
  const running = await Soak.start(open, { seed }, cleanup);
  const capacity = await running.work(TOKENS_TO_MEASURE_CAPACITY, { faults: false });
  const rate = capacity * SHARE_OF_CAPACITY;
  say(`${capacity.toFixed(1)} tokens a second at most, from here on ${rate.toFixed(1)}`);
  const secondsPerRound = (minutes * 60) / (ROUNDS + WARM_UP);
  const tokensPerRound = Math.ceil(rate * secondsPerRound * SHARE_WITH_REPORTS);
  return await measured(running, { rounds: ROUNDS, warmUp: WARM_UP, tokensPerRound, rate, say });
}

/** In Markdown. */
function tableOf({ ledger, tokens, disturbances, compared }: SoakResult): string {
  const cells = (of: Compared) =>
    `| ${of.name} | ${of.from} | ${of.to} | ${of.grew ? 'GREW' : of.to === of.from ? 'the same' : 'flat'} |`;
  return [
    '',
    `${ledger}: ${tokens} tokens, ${disturbances} disturbances`,
    '',
    '| At rest | First third | Last third | |',
    '|---|---|---|---|',
    ...compared.map(cells),
  ].join('\n');
}
