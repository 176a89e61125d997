/** For tokens that several servers of the operator may have: dead is what none of them takes. */
import type { Evidence } from '../../words/outcome.ts';
import type { Refused, Step } from '../provider.ts';
import { refused } from './results.ts';

const NOT_CONFIGURED =
  'This token worked at an address that is not configured any more: add that to the configuration again and retry; or look there, by its new address if it has one, whether the token still works, revoke it if it does, and dismiss this entry.';

/** Where it was seen to work, and nobody was asked. While there is one, what the others say is no death. */
export function unasked(asked: readonly string[], { seenAlive }: Pick<Step, 'seenAlive'>): readonly string[] {
  return seenAlive.filter((place) => !asked.includes(place));
}

/** What a person does about one of these, which has left the configuration. */
export function workedElsewhere(workedAt: string, evidence: Evidence = {}): Refused {
  return refused('unknown-token', NOT_CONFIGURED, { ...evidence, workedAt });
}
