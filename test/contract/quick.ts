/** The part of the contract that `npm run test:quick` runs. */
import type { ContractCase } from './spec.ts';

const isQuick = process.env.QUASH_TEST_QUICK === '1';

/** Most cases break one call in one of fourteen ways; the providers' calls together still break in each. */
const ONE_IN = 5;

/** Of texts in which a pattern may hang: of 512 KiB, more than linear time is minutes; else only what never ends. */
export const HOSTILE_LENGTH = (isQuick ? 64 : 512) * 1024;

/** All cases, but for most of the broken calls where it has to be quick. */
export function casesToRun(cases: readonly ContractCase[]): readonly ContractCase[] {
  if (!isQuick) return cases;
  return cases.filter(({ name }, index) => !name.includes(' breaks by ') || index % ONE_IN === 0);
}
