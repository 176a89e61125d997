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

const options = {
  seed: numberFrom('QUASH_CHAOS_SEED', Math.floor(Math.random() * 2 ** 32)),
  kills: numberFrom('QUASH_CHAOS_KILLS', 500),
  entries: numberFrom('QUASH_CHAOS_ENTRIES', 10_000),
};
console.log(`seed ${options.seed}: ${options.kills} kills and ${options.entries} entries on each ledger`);
if (!redisAvailable()) {
  console.error('redis-server is missing: nothing can be shown about the Redis ledger. Install it.');
  process.exit(1);
}
const [sqlite, redis, cluster, fullDisk] = await Promise.all([
  told('SQLite', sqliteChaos, options),
  told('Redis', redisChaos, options),
  told('Redis Cluster', clusterChaos, options),
  fullDiskResult(),
]);
mkdirSync(RESULTS, { recursive: true });
writeFileSync(
  resolve(RESULTS, 'chaos.json'),
  `${JSON.stringify({ ...options, sqlite, redis, cluster, fullDisk }, null, 2)}\n`,
);
const results = [sqlite, redis, cluster, fullDisk].filter((result) => result !== undefined);
const isViolated = results.some(({ violations }) => violations.length > 0);
const isSlow = results.some(({ slow }) => slow.length > 0);
const again = `QUASH_CHAOS_SEED=${options.seed}`;
if (isViolated) console.log(`violated: see above; ${again}`);
else
  console.log(
    isSlow ? `no promise was broken, and not all came to its end: see above` : 'every promise was kept',
  );
process.exit(isViolated || isSlow ? 1 : 0);

function fullDiskResult(): Promise<ChaosResult> | undefined {
  if (canMount()) return told('full disk', fullDiskChaos, { ...options, entries: FULL_DISK_ENTRIES });
  console.log('full disk: skipped, because nothing can be mounted here; a limit on file sizes stands for it');
  return undefined;
}

function numberFrom(name: string, fallback: number): number {
  const text = process.env[name] ?? '';
  if (text === '') return fallback;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`${name} must be a whole number.`);
  process.exit(2);
}

async function told(
  name: string,
  chaos: (options: ChaosOptions) => Promise<ChaosResult>,
  given: ChaosOptions,
): Promise<ChaosResult> {
  const result = await chaos({ ...given, say: (line) => console.log(`${name}: ${line}`) });
  console.log(`${name}: ${JSON.stringify({ ...result.figures, seconds: result.seconds }, null, 2)}`);
  for (const sentence of result.slow) console.error(`${name}: ${sentence}`);
  for (const violation of result.violations) console.error(`${name}: VIOLATED: ${violation}`);
  return result;
}
