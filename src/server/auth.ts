import { createHash, timingSafeEqual } from 'node:crypto';
import type { Caller, CallerToken } from '../words/caller.ts';
import type { Secret } from '../words/secret.ts';

/** Decides whether an `Authorization` header is one of the configured tokens. */
export interface Authenticator<Role extends string> {
  authenticate(header: string | undefined): Caller<Role> | undefined;
  /** The caller with this id; undefined when it is unknown or was removed. */
  find(id: string): Caller<Role> | undefined;
}

const BEARER = /^bearer +/i;
const NAME_DIGITS = 12;

/**
 * GitLab sends the bare token without a scheme, other clients `Bearer TOKEN`; both are taken. Digests of equal length
 * are compared in constant time, and always all of them, so that the time tells nothing about any token.
 * @param fingerprint a keyed hash, in hexadecimal digits: a bare one could be tried against likely tokens by whoever
 * reads a log or the ledger
 */
export function createAuthenticator<Role extends string>(
  tokens: readonly CallerToken<Role>[],
  fingerprint: (token: Secret) => string,
): Authenticator<Role> {
  const known = tokens.map(({ token, role, name }) => {
    const id = fingerprint(token);
    const caller = { id, name: name ?? `token-${id.slice(0, NAME_DIGITS)}`, role };
    return { digest: digest(token.reveal()), caller };
  });
  return {
    authenticate(header) {
      if (header === undefined) return undefined;
      const bare = digest(header.trim());
      const withoutScheme = digest(header.trim().replace(BEARER, ''));
      let found: Caller<Role> | undefined;
      for (const { digest, caller } of known) {
        const sameBare = timingSafeEqual(digest, bare);
        const sameWithout = timingSafeEqual(digest, withoutScheme);
        if (sameBare || sameWithout) found = caller;
      }
      return found;
    },
    find: (id) => known.find(({ caller }) => caller.id === id)?.caller,
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
