/** A leaked credential may be one that Quash itself works with. Quash does not revoke that one. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Secret, secretsIn } from '../words/secret.ts';
import { Failure } from './failure.ts';
import type { Provider, ProviderLog, Refused, TokenKind } from './provider.ts';
import { recognise } from './recognise.ts';

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

const MARK_LENGTH = 22;

/**
 * Tells one credential of ours from another one, without showing either: for `Account.seenWith`, where a credential has no
 * id. It is kept sealed with entries, and is keyed by the credential itself, so that it would say nothing of that either.
 */
export function credentialMark(credential: Secret): string {
  const mac = createHmac('sha256', credential.reveal()).update('what was seen with it');
  return mac.digest('base64url').slice(0, MARK_LENGTH);
}

/** Compares in constant time; the lengths may differ. */
export function isSame(a: Secret, b: Secret): boolean {
  return timingSafeEqual(digestOf(a), digestOf(b));
}

function digestOf(secret: Secret): Buffer {
  return createHash('sha256').update(secret.reveal()).digest();
}

/** As it is configured, and as it would be reported: a key may stand in a file, a token in an address or behind `Bearer`. */
function tokensOf(secret: Secret, kinds: readonly TokenKind[]): readonly Secret[] {
  const recognised = kinds.map((kind) => recognise([kind], secret.reveal()));
  return [secret, ...recognised.flatMap((each) => (each.ok ? [new Secret(each.token)] : []))];
}

const OWN = ownCredential('credential');

/**
 * Wraps a provider so that it refuses to act on the secrets in the settings, whatever kind they are reported as. An adapter
 * adds a check by id where its credentials have ids.
 * @param settings its own, and all others by which Quash works: a mail server's password may be some vendor's API key
 * @param log gets an event when such a secret is reported
 */
export function sparingOwn(provider: Provider, settings: unknown, log: ProviderLog): Provider {
  const own = [...secretsIn(settings)].flatMap((secret) => tokensOf(secret, provider.kinds)).map(digestOf);
  if (own.length === 0) return provider;
  const isOwn = (token: Secret) => {
    const digest = digestOf(token);
    const found = own.some((each) => timingSafeEqual(each, digest));
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
