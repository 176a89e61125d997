import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../words/secret.ts';

/** Decides whether an `Authorization` header is one of the pre-shared tokens. */
export interface Authenticator {
  /** @returns a name for the caller from which its token cannot be derived; undefined when the header has no valid token */
  authenticate(header: string | undefined): string | undefined;
  /** An HMAC of `text` under the caller's token; undefined when the caller is unknown or was removed. */
  sign(caller: string, text: string): string | undefined;
}

const BEARER = /^bearer +/i;

/**
 * GitLab sends the bare token without a scheme, other clients `Bearer TOKEN`; both are taken. Digests of equal length
 * are compared in constant time, and always all of them, so that the time tells nothing about any token.
 */
export function createAuthenticator(tokens: readonly Secret[]): Authenticator {
  const digests = tokens.map((token) => digest(token.reveal()));
  const callers = digests.map(
    (known) => `token-${createHash('sha256').update(known).digest('hex').slice(0, 12)}`,
  );
  return {
    authenticate(header) {
      if (header === undefined) return undefined;
      const bare = digest(header.trim());
      const withoutScheme = digest(header.trim().replace(BEARER, ''));
      let caller: string | undefined;
      for (const [index, known] of digests.entries()) {
        const sameBare = timingSafeEqual(known, bare);
        const sameWithout = timingSafeEqual(known, withoutScheme);
        if (sameBare || sameWithout) caller = callers[index];
      }
      return caller;
    },
    sign(caller, text) {
      const key = digests[callers.indexOf(caller)];
      return key && createHmac('sha256', key).update(text).digest('base64url');
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
