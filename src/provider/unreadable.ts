/** What becomes of a reported text that its provider cannot read as a token. */
import type { Outcome } from '../words/outcome.ts';
import type { Secret } from '../words/secret.ts';
import type { TokenKind } from './provider.ts';
import { recognise } from './recognise.ts';

/** The kind of an entry whose text is no token of its provider. */
export const UNRECOGNISED = 'unrecognised';

export const UNRECOGNISED_OUTCOME: Outcome = {
  kind: 'refused',
  verified: false,
  reason: 'unrecognised',
  advice:
    'The reported text is not one token of this provider. Look at the location, and revoke it by hand if it is.',
};

export const REDACTED_OUTCOME: Outcome = {
  kind: 'refused',
  verified: false,
  reason: 'redacted',
  advice:
    'A scanner masked the secret before it was reported, so the real one may live: run the scanner without masking, or look at the location and revoke it by hand.',
};

/** It has the reason for which a report starts an entry anew. */
const READABLE_NOW: Outcome = {
  ...UNRECOGNISED_OUTCOME,
  advice:
    'The text was no token of this provider when it was reported, and is one as the provider is configured now: the next report of it is acted on. Without one, revoke it with `quash revoke`.',
};

/** How an entry of such a text ends that a person had tried again. */
export function unreadableOutcome(kinds: readonly TokenKind[], text: Secret): Outcome {
  const recognised = recognise(kinds, text.reveal());
  if (recognised.ok) return READABLE_NOW;
  return recognised.why === 'redacted' ? REDACTED_OUTCOME : UNRECOGNISED_OUTCOME;
}
