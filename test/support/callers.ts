import { createHash } from 'node:crypto';
import { type Authenticator, createAuthenticator } from '../../src/server/auth.ts';
import type { CallerToken } from '../../src/words/caller.ts';
import { Secret } from '../../src/words/secret.ts';

/** Without a key, which only the ledger's files tell from a bare hash. */
function testFingerprint(token: Secret): string {
  return createHash('sha256').update(token.reveal()).digest('hex');
}

/** Takes these tokens, all in one role. */
export function authenticatorOf<Role extends string>(role: Role, ...tokens: string[]): Authenticator<Role> {
  return authenticatorFor(tokens.map((token) => ({ token: new Secret(token), role })));
}

export function authenticatorFor<Role extends string>(
  tokens: readonly CallerToken<Role>[],
): Authenticator<Role> {
  return createAuthenticator(tokens, testFingerprint);
}
