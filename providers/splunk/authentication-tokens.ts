/**
 * Authentication tokens of users.
 *
 * Docs: https://help.splunk.com/splunk-enterprise/administer/manage-users-and-security/9.3/authenticate-into-the-splunk-platform-with-tokens/manage-or-delete-authentication-tokens
 *
 * - One is a JWT whose claims are the committer's text until an instance has let the token in. Its id is its `jti`,
 *   listed with its owner, never with its text: what the record of an id says is no news about a text that is not let in.
 * - 401 means anything, also that token authentication is turned off: a token is dead when its record, once it was let
 *   in, is gone. One that is disabled can be enabled again.
 * - Who may not `list_tokens_all` is shown the own tokens alone, as if there were no others.
 */
import { decodeJwt } from 'jose/jwt/decode';
import { z } from 'zod';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { refused, revoked, suspended } from '../../src/provider/kit/results.ts';
import type { ProviderLog, TokenKind } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { acceptsToken, deleteToken, type Instance, type TokenIds, tokenStatus, UNKNOWN } from './instance.ts';

export const AUTHENTICATION_TOKEN: TokenKind = {
  id: 'authentication-token',
  types: ['gitleaks_rule_id_splunkauthtoken'],
  pattern: /(?<![\w.-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Anybody may run an instance of Splunk.' },
  whole: 'open',
  undo: 'no',
};

const DISABLED = refused(
  'manual',
  'Somebody disabled this token in Splunk, and it can be enabled again: delete it under Settings > Tokens.',
);

const FOUND = z.object({ user: z.string().min(1), id: z.string().min(1) });

export function authenticationTokens(instances: readonly Instance[], log: ProviderLog): Part {
  const accounts = instances.map(accountOf);
  const { check: _, ...work } = byAccounts(accounts, { found: FOUND, unknown: UNKNOWN, copies: true, log });
  return { kinds: [AUTHENTICATION_TOKEN], isAble: instances.length > 0, ...work };
}

function accountOf(instance: Instance): Account<TokenIds> {
  return {
    name: instance.upstream.base,
    // If Splunk ever accepted a forged token with our token's id, its revocation would end ours.
    isOwn: (token) => isOfSameRecord(instance.token, token),
    async look(token, { signal }, known) {
      const ids = idsOf(token);
      if (!ids) return { state: 'absent' };
      if (await acceptsToken(instance, token, ids, signal)) {
        return { state: 'alive', found: ids, by: 'signs-in', evidence: { tokenId: ids.id } };
      }
      if (!known) return { state: 'absent' };
      const status = await tokenStatus(instance, known, signal);
      if (status === 'none') return { state: 'dead' };
      if (status === 'disabled') return { state: 'unable', refusal: DISABLED };
      // Splunk accepted the token before, and its record does not explain the refusal.
      throw suspended(instance.upstream, 401);
    },
    async revoke(ids, _token, { signal }) {
      await deleteToken(instance, ids, signal);
      return revoked();
    },
  };
}

function isOfSameRecord(a: Secret, b: Secret): boolean {
  const [one, other] = [idsOf(a), idsOf(b)];
  return one !== undefined && one.id === other?.id && one.user === other.user;
}

/** The user and id in the token's claims; undefined for a text that is no Splunk token. */
function idsOf(token: Secret): TokenIds | undefined {
  try {
    const { sub, jti } = decodeJwt(token.reveal());
    return sub && jti ? { user: sub, id: jti } : undefined;
  } catch {
    return undefined;
  }
}
