/** `npm run test:fuzz`: the properties with many cases, and the tests of `test/security` in their long form. */
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startChild } from '../support/child.ts';
import { newFolder } from '../support/run-folder.ts';
import { describe, type Figures } from './watch.ts';

const DEFAULT_RUNS = 100_000;
const RESULTS = resolve(import.meta.dirname, '../../test-results');

const runs = Number(process.env.QUASH_FUZZ_RUNS ?? DEFAULT_RUNS);
const seed = Number(process.env.QUASH_FUZZ_SEED ?? Date.now() % 2 ** 31);
const started = performance.now();
const again = `QUASH_FUZZ_RUNS=${runs} QUASH_FUZZ_SEED=${seed} npm run test:fuzz`;
console.log(`At least ${runs} cases, seed ${seed}. Again: ${again}`);

const file = join(newFolder('fuzz-'), 'figures.jsonl');
writeFileSync(file, '');
const args = ['run', 'test/fuzz', 'test/security', '--disable-console-intercept'];
const tests = startChild('vitest', args, {
  stdio: 'inherit',
  env: {
    ...process.env,
    QUASH_FUZZ_RUNS: String(runs),
    QUASH_FUZZ_SEED: String(seed),
    QUASH_FUZZ_FIGURES: file,
  },
});
const [status] = await once(tests, 'exit');
const parts = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Figures);

const seconds = Math.round((performance.now() - started) / 1000);
const total = parts.reduce((sum, { cases }) => sum + cases, 0);
const isEnough = total >= runs;
mkdirSync(RESULTS, { recursive: true });
writeFileSync(join(RESULTS, 'fuzz.json'), `${JSON.stringify({ seed, seconds, total, parts }, null, 2)}\n`);
for (const part of parts) console.log(`${part.name}: ${describe(part)}`);
if (status === 0 && !isEnough) console.error(`Only ${total} cases were run.`);
const verdict = status === 0 ? 'nothing was found' : 'something was found';
console.log(`${total} cases, seed ${seed}, ${seconds} s: ${verdict}. Again: ${again}`);
process.exit(status === 0 && isEnough ? 0 : 1);
