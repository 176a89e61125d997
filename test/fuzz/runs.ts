/**
 * How many cases a property gets: a few hundred in `npm test`, and its share of `QUASH_FUZZ_RUNS` in
 * `npm run test:fuzz`. `QUASH_FUZZ_SEED` repeats a run.
 */
import type fc from 'fast-check';

const RUNS = Number(process.env.QUASH_FUZZ_RUNS ?? 0);
const SEED = Number(process.env.QUASH_FUZZ_SEED ?? Date.now() % 2 ** 31);

/** The long form: properties take minutes instead of seconds. */
export const isLong = RUNS > 0;

const MINUTE_MS = 60_000;

/** For the test around the property: a bug that makes it hang is a failure, too. */
export const PATIENCE_MS = isLong ? 60 * MINUTE_MS : 2 * MINUTE_MS;

/**
 * @param name of the property, for the line that says what was done
 * @param short cases in `npm test`
 * @param share of the cases of the long form, 0 to 1
 */
export function cases<T>(name: string, short: number, share: number): fc.Parameters<T> {
  const numRuns = isLong ? Math.max(short, Math.ceil(RUNS * share)) : short;
  if (isLong) console.log(`fuzz: ${numRuns} cases of ${name}, seed ${SEED}`);
  // Shrinking runs slow cases again and again; what it found by then is shown.
  return {
    numRuns,
    seed: SEED,
    interruptAfterTimeLimit: PATIENCE_MS - MINUTE_MS,
    markInterruptAsFailure: true,
  };
}
