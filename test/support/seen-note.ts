import { keyOf, placeOf } from '../../src/provider/kit/on-file.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import { Secret } from '../../src/words/secret.ts';

/**
 * What is kept of a token that was seen at an account, with this credential of ours.
 * @param found as the adapter notes it
 */
export function seenNote(name: string, credential: string, found: unknown) {
  return seenNoteBy(name, credentialMark(new Secret(credential)), found);
}

/** The same where something else tells an account from others, see `Account.seenWith`. */
export function seenNoteBy(name: string, seenWith: string, found: unknown) {
  const account = { name, seenWith };
  return { quash: 1, seenAlive: [placeOf(account)], note: { account: keyOf(account), found } };
}
