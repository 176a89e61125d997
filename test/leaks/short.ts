import { expect } from 'vitest';
import { shortSeed } from '../support/seed.ts';
import { linesOf } from './findings.ts';
import type { LedgerToHunt } from './ledgers-to-hunt.ts';
import { Marks } from './marks.ts';
import { expectHunted, huntOneGitlab } from './one-gitlab.ts';

export const NOTHING_LEAKS = 'nothing that Quash says or leaves behind holds a secret, whatever goes wrong';

export async function huntShortly(open: (cwd: string, marks: Marks) => Promise<LedgerToHunt>): Promise<void> {
  const marks = new Marks(shortSeed('QUASH_LEAKS_SEED'));
  const hunted = await huntOneGitlab(marks, (cwd) => open(cwd, marks));
  const { places } = hunted;
  console.log(`seed ${marks.seed}: ${marks.all.length} secrets, ${places.names.length} places`);
  expect(linesOf(places.find(marks.all))).toEqual([]);
  expectHunted(hunted);
}
