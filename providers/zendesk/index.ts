/**
 * Zendesk: OAuth access tokens.
 *
 * Docs: https://developer.zendesk.com/api-reference/ticketing/oauth/oauth_tokens/, checked 2026-11-28.
 *
 * - A token tells its own id and is deleted by that, as Zendesk's own sign-in library does. Deleting `current` instead was
 *   seen to answer 204 and to do nothing.
 * - A token whose scopes do not reach that far goes to a person, and so does one of an account that does not allow our
 *   address (https://support.zendesk.com/hc/en-us/articles/4408894156186), unless another account takes it.
 * - API tokens (40 characters) are left out: they work with an agent's address only, and no call ends one by its value.
 */
import { z } from 'zod';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const KIND: TokenKind = {
  id: 'oauth-token',
  types: ['gitleaks_rule_id_zendesk_oauth_token'],
  pattern: /(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Every account has its own, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  accounts: z
    .array(z.strictObject({ url: baseUrl().describe('Such as https://example.zendesk.com.') }))
    .default([])
    .describe('Accounts that may have issued a token; asked in this order.'),
});

const TOKENS = '/api/v2/oauth/tokens';
/** A larger number is another one once it was read. */
const ID = z.int().positive();
const CURRENT = z.object({ token: z.object({ id: ID }) });
const INVALID = z.object({ error: z.literal('invalid_token') });
const FORBIDDEN = z.looseObject({ error: z.unknown().refine((error) => error !== undefined) });

const NOT_PERMITTED = refused(
  'not-permitted',
  'The account does not let this token delete itself, because of its scopes or of our address: revoke it in the Admin Center under Apps and integrations > OAuth clients.',
);

const KEPT_OUT = refused(
  'manual',
  'The account took this token before and refuses it now, as it may while its user is suspended: see in the Admin Center under Apps and integrations > OAuth clients whether it is gone, and revoke it there.',
);

function account(upstream: Upstream): Account<number> {
  const seen = async (token: Secret, signal: AbortSignal): Promise<Sight<number>> => {
    const headers = { authorization: bearer(token) };
    const request = {
      method: 'GET',
      path: `${TOKENS}/current.json`,
      headers,
      signal,
      tells: {
        owner: 'token.user_id',
        scopes: 'token.scopes',
        created: 'token.created_at',
        expires: 'token.expires_at',
        lastUsed: 'token.used_at',
      },
    } as const;
    const { means } = await ask(upstream, request, [
      row([200], CURRENT, ({ token: { id } }) => ({
        state: 'alive' as const,
        found: id,
        by: 'signs-in' as const,
        evidence: { tokenId: id },
      })),
      row([401], INVALID, { state: 'absent' as const }),
      // An account also forbids all that comes from an address which it does not allow, whosever the token is.
      row([403], FORBIDDEN, {
        state: 'unable' as const,
        refusal: NOT_PERMITTED,
        maybeElsewhere: true as const,
      }),
    ]);
    return means;
  };

  return {
    name: upstream.base,
    // What the token of a suspended user is answered is documented nowhere.
    keptOut: KEPT_OUT,
    look: (token, { signal }) => seen(token, signal),
    async revoke(id, token, { signal }) {
      const headers = { authorization: bearer(token) };
      const request = { method: 'DELETE', path: `${TOKENS}/${id}.json`, headers, signal } as const;
      const { means } = await ask(upstream, request, [
        row([204], 'deleted'),
        row([403], FORBIDDEN, 'forbidden'),
      ]);
      return means === 'deleted' ? revoked() : NOT_PERMITTED;
    },
  };
}

export const zendesk: ProviderDefinition<z.output<typeof config>> = {
  id: 'zendesk',
  title: 'Zendesk',
  docs: 'https://developer.zendesk.com/api-reference/ticketing/oauth/oauth_tokens/',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the token tells its own id, and deletes that',
  proof: 'the account that let the token in no longer does',
  effect: 'the token only; its refresh token may live on',
  needs: 'the URL of each account',
  types: KIND.types,
  unpublished: KIND.types,
  config,
  create({ accounts }, tools) {
    const upstreams = accounts.map(({ url }) => tools.upstream(url));
    const { check: _, ...methods } = byAccounts(upstreams.map(account), {
      found: ID,
      log: tools.log,
    });
    return { kinds: upstreams.length > 0 ? [KIND] : [], ...methods };
  },
};
