/** The leaked credential may be the one that Quash itself works with: no call of ours should end that. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Secret, secretsIn } from '../words/secret.ts';
import { Failure } from './failure.ts';
import type { Provider, ProviderLog, Refused } from './provider.ts';

/**
 * @param what as the vendor calls it: `API token`
 * @param end what a person does with the leaked one
 */
export function ownCredential(what: string, end = 'revoke'): Refused {
  return {
    outcome: 'refused',
    reason: 'own-credential',
    advice: `The ${what} of Quash itself has leaked: create a new one, configure it, and ${end} the leaked one at once.`,
  };
}

/** In constant time, whatever the lengths. */
export function isSame(a: Secret, b: Secret): boolean {
  const digest = (secret: Secret) => createHash('sha256').update(secret.reveal()).digest();
  return timingSafeEqual(digest(a), digest(b));
}

const OWN = ownCredential('credential');

/**
 * The provider, with each secret of its settings spared by its text, under whatever kind it is reported. A credential
 * that is also known by an id, its adapter spares by that.
 * @param log told when one leaked
 */
export function sparingOwn(provider: Provider, settings: unknown, log: ProviderLog): Provider {
  const own = [...secretsIn(settings)];
  if (own.length === 0) return provider;
  const isOwn = (token: Secret) => {
    const found = own.some((each) => isSame(each, token));
    if (found) log.warn('own-credential-leaked');
    return found;
  };
  const { look, batch } = provider;
  return {
    ...provider,
    revoke: async (token, step) => (isOwn(token) ? OWN : provider.revoke(token, step)),
    ...(look && { look: async (token, step) => (isOwn(token) ? OWN : look(token, step)) }),
    ...(batch && {
      batch: {
        ...batch,
        async revoke(items, signal) {
          const others = new Set(items.filter(({ token }) => !isOwn(token)));
          const results = others.size > 0 ? [...(await batch.revoke([...others], signal))] : [];
          return items.map((item) => (others.has(item) ? (results.shift() ?? new Failure('internal')) : OWN));
        },
      },
    }),
  };
}
