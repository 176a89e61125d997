/** What the commands are about: few of each, so that they meet. */
import fc from 'fast-check';
import type { Progress } from '../../../src/ledger/entry.ts';
import type { Outcome } from '../../../src/words/outcome.ts';
import { HOUR_MS } from './model-clock.ts';

export const PROVIDERS = ['one', 'two'];
export const IDS = [...'abcdefghij'];
export const TYPES = ['rule', 'other "rule"', 'règle ☃'];

export const providerOf = (id: string): string => (id < 'g' ? 'one' : 'two');

export const provider = fc.constantFrom('one', 'one', 'two');
export const id = fc.constantFrom(...IDS);
/** Namespaces of two groups may have the same name. */
export const share = fc
  .record({ group: fc.constantFrom('gitlab', 'submit'), project: fc.constantFrom('a/1', 'a/2', 'b/1', '') })
  .map(({ group, project }) => ({ group, namespace: project.slice(0, 1), project }));
/** Milliseconds. */
export const span = fc.constantFrom(0, 1, 5_000, HOUR_MS, 5 * HOUR_MS);

export const outcome = fc.constantFrom<Outcome>(
  { kind: 'revoked', verified: true },
  { kind: 'revoked', verified: false },
  { kind: 'already-inactive', verified: true },
  { kind: 'would-revoke', verified: false },
  { kind: 'accepted', verified: false },
  { kind: 'refused', verified: false, reason: 'unrecognised', advice: 'Look at "it" ☃.' },
  {
    kind: 'exhausted',
    verified: false,
    reason: 'upstream-error',
    evidence: { tries: 3, places: [{ at: null }] },
  },
);

export const progress: fc.Arbitrary<Progress> = fc.record({
  phase: fc.constantFrom('revoke', 'verify', 'recheck'),
  attempts: fc.nat({ max: 9 }),
  verifications: fc.nat({ max: 9 }),
  deferrals: fc.nat({ max: 9 }),
});
