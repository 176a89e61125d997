/**
 * How a property is run: with few cases in `npm test`, and with its share of `QUASH_FUZZ_RUNS` in
 * `npm run test:fuzz`, which also shows how far it is. The long form takes new cases in each run, which
 * `QUASH_FUZZ_SEED` repeats; the short form always takes the same, so that a change answers for itself alone.
 */
import fc from 'fast-check';
import { inTime, LONG_TEST_PATIENCE_MS, TEST_PATIENCE_MS } from '../support/patience.ts';
import { shortSeed } from '../support/seed.ts';
import { Watch } from './watch.ts';

const RUNS = Number(process.env.QUASH_FUZZ_RUNS ?? 0);
const SEED = shortSeed('QUASH_FUZZ_SEED');

/** The long form: properties take minutes instead of seconds. */
export const isLong = RUNS > 0;

/** For the test around the property. */
export const FUZZ_PATIENCE_MS = isLong ? LONG_TEST_PATIENCE_MS : TEST_PATIENCE_MS;

export interface Part {
  /** For the lines that say how far it is. */
  readonly name: string;
  /** Cases in `npm test`. */
  readonly short: number;
  /** Of the cases of the long form, 0 to 1. */
  readonly share: number;
}

/**
 * Generates cases and runs them one after the other.
 * @throws what the smallest case fails with that was found; also when a case hangs, or when memory grows with the cases
 */
export async function fuzz<T>(part: Part, given: fc.Arbitrary<T>, holds: (given: T) => Promise<void>) {
  const { name } = part;
  const total = casesOf(part);
  const watch = new Watch({ name, total, isLong });
  const property = fc.asyncProperty(given, (value) =>
    watch.run(() => inTime('a case did not end', holds(value))),
  );
  await fc.assert(property, parameters(total));
  await watch.end();
}

/** For a property that is run elsewhere, which shows its figures only at its end. */
export function cases<T>(name: string, short: number, share: number): fc.Parameters<T> {
  const total = casesOf({ name, short, share });
  const watch = new Watch({ name, total, isLong });
  const reporter = (details: fc.RunDetails<T>) => {
    if (details.failed) throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
    watch.endElsewhere(details.numRuns);
  };
  return { ...parameters<T>(total), reporter };
}

function casesOf({ short, share }: Part): number {
  return isLong ? Math.max(short, Math.ceil(RUNS * share)) : short;
}

function parameters<T>(numRuns: number): fc.Parameters<T> {
  return { numRuns, seed: SEED };
}
