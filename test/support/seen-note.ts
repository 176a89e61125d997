import { keyOf, placeOf } from '../../src/provider/kit/on-file.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import { Secret } from '../../src/words/secret.ts';

/**
 * What is kept of a token that was seen at an account, with this credential of ours.
 * @param found as the adapter notes it
 */
export function seenNote(name: string, credential: string, found: unknown) {
  const account = { name, seenWith: credentialMark(new Secret(credential)) };
  return { quash: 1, seenAlive: [placeOf(account)], note: { account: keyOf(account), found } };
}
