/** `npm run test:fuzz`: the properties with many cases, and the tests of `test/security` in their long form. */
import { spawnSync } from 'node:child_process';

const DEFAULT_RUNS = 100_000;

const runs = process.env.QUASH_FUZZ_RUNS ?? String(DEFAULT_RUNS);
const seed = process.env.QUASH_FUZZ_SEED ?? String(Date.now() % 2 ** 31);
const started = performance.now();
console.log(
  `At least ${runs} cases, seed ${seed}. Again: QUASH_FUZZ_RUNS=${runs} QUASH_FUZZ_SEED=${seed} npm run test:fuzz`,
);
const { status } = spawnSync('vitest', ['run', 'test/fuzz', 'test/security', '--disable-console-intercept'], {
  stdio: 'inherit',
  env: { ...process.env, QUASH_FUZZ_RUNS: runs, QUASH_FUZZ_SEED: seed },
});
const seconds = Math.round((performance.now() - started) / 1000);
console.log(`Seed ${seed}, ${seconds} s: ${status === 0 ? 'nothing was found' : 'something was found'}.`);
process.exit(status ?? 1);
