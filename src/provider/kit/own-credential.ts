/** The leaked credential may be the one that Quash itself works with: no call of ours should end that. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../words/secret.ts';
import type { Refused } from '../provider.ts';
import { refused } from './results.ts';

/**
 * @param what as the vendor calls it: `API token`
 * @param end what a person does with the leaked one
 */
export function ownCredential(what: string, end = 'revoke'): Refused {
  return refused(
    'own-credential',
    `The ${what} of Quash itself has leaked: create a new one, configure it, and ${end} the leaked one at once.`,
  );
}

/** In constant time, whatever the lengths. */
export function isSame(a: Secret, b: Secret): boolean {
  const digest = (secret: Secret) => createHash('sha256').update(secret.reveal()).digest();
  return timingSafeEqual(digest(a), digest(b));
}
