/** The leaked credential may be the one that Quash itself works with: no call of ours should end that. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Secret, secretsIn } from '../words/secret.ts';
import { Failure } from './failure.ts';
import type { Provider, Refused } from './provider.ts';

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
 */
export function sparingOwn(provider: Provider, settings: unknown): Provider {
  const own = [...secretsIn(settings)];
  if (own.length === 0) return provider;
  const isOwn = (token: Secret) => own.some((each) => isSame(each, token));
  const { look, batch } = provider;
  return {
    ...provider,
    revoke: async (token, step) => (isOwn(token) ? OWN : provider.revoke(token, step)),
    ...(look && { look: async (token, step) => (isOwn(token) ? OWN : look(token, step)) }),
    ...(batch && {
      batch: {
        ...batch,
        async revoke(items, signal) {
          const others = items.filter(({ token }) => !isOwn(token));
          const results = others.length > 0 ? [...(await batch.revoke(others, signal))] : [];
          return items.map(({ token }) =>
            isOwn(token) ? OWN : (results.shift() ?? new Failure('internal')),
          );
        },
      },
    }),
  };
}
