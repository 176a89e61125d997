/** `npm run test:chaos`: the long form of chaos.test.ts. Prints its seed and its figures; exits 1 on a violated promise. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { redisAvailable } from '../support/redis-server.ts';
import {
  type ChaosOptions,
  type ChaosResult,
  clusterChaos,
  fullDiskChaos,
  redisChaos,
  sqliteChaos,
} from './chaos.ts';
import { canMount } from './full-disk-world.ts';

const RESULTS = resolve(import.meta.dirname, '../../test-results');
const FULL_DISK_ENTRIES = 200;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const WORLDS: Readonly<Record<string, (options: ChaosOptions) => Promise<ChaosResult>>> = {
  sqlite: sqliteChaos,
  redis: redisChaos,
  cluster: clusterChaos,
  fullDisk: (options) => fullDiskChaos({ ...options, entries: FULL_DISK_ENTRIES }),
};

const options = {
  seed: numberFrom('QUASH_CHAOS_SEED', Math.floor(Math.random() * 2 ** 32)),
  kills: numberFrom('QUASH_CHAOS_KILLS', 500),
  entries: numberFrom('QUASH_CHAOS_ENTRIES', 10_000),
};
const chosen = worldsFrom('QUASH_CHAOS_ONLY');
console.log(`seed ${options.seed}: ${options.kills} kills and ${options.entries} entries on each ledger`);
if (chosen.some((name) => name === 'redis' || name === 'cluster') && !redisAvailable()) {
  console.error('redis-server is missing: nothing can be shown about the Redis ledger. Install it.');
  process.exit(1);
}
const named = await Promise.all(chosen.map(async (name) => [name, await told(name)] as const));
mkdirSync(RESULTS, { recursive: true });
writeFileSync(
  resolve(RESULTS, 'chaos.json'),
  `${JSON.stringify({ ...options, ...Object.fromEntries(named) }, null, 2)}\n`,
);
const results = named.flatMap(([, result]) => result ?? []);
const isViolated = results.some(({ violations }) => violations.length > 0);
const isSlow = results.some(({ slow }) => slow.length > 0);
const again = `QUASH_CHAOS_SEED=${options.seed}`;
if (isViolated) console.log(`violated: see above; ${again}`);
else
  console.log(
    isSlow ? `no promise was broken, and not all came to its end: see above` : 'every promise was kept',
  );
process.exit(isViolated || isSlow ? 1 : 0);

/** Of those that the variable names, with commas between them; all where it is not set. */
function worldsFrom(name: string): readonly string[] {
  const all = Object.keys(WORLDS);
  const chosen = (process.env[name] || all.join()).split(',');
  if (chosen.every((world) => all.includes(world))) return chosen;
  console.error(`${name} must be some of ${all.join()}.`);
  process.exit(2);
}

function numberFrom(name: string, fallback: number): number {
  const text = process.env[name] ?? '';
  if (text === '') return fallback;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`${name} must be a whole number.`);
  process.exit(2);
}

async function told(name: string): Promise<ChaosResult | undefined> {
  if (name === 'fullDisk' && !canMount()) {
    console.log(`${name}: skipped, as nothing can be mounted here; a limit on file sizes stands for it`);
    return undefined;
  }
  const result = await WORLDS[name]?.({ ...options, say: (line) => console.log(`${name}: ${line}`) });
  if (!result) return undefined;
  console.log(`${name}: ${JSON.stringify({ ...result.figures, seconds: result.seconds }, null, 2)}`);
  for (const sentence of result.slow) console.error(`${name}: ${sentence}`);
  for (const violation of result.violations) console.error(`${name}: VIOLATED: ${violation}`);
  return result;
}
