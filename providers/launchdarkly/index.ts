/**
 * LaunchDarkly API access tokens.
 *
 * Docs: https://launchdarkly.com/docs/api/access-tokens/delete-token,
 * https://launchdarkly.com/docs/api/other/get-caller-identity, https://launchdarkly.com/docs/api/access-tokens/reset-token and
 * https://launchdarkly.com/docs/home/infrastructure/eu, checked 2026-11-29.
 *
 * - The header holds the bare token, without a scheme.
 * - There are three instances, which know nothing of each other's tokens; a token does not say of which it is.
 * - No call takes the token by its text, but the caller's identity has the id of the token that asks. The vendor's schema
 *   calls the id optional (launchdarkly/api-client-go, docs/CallerIdentityRep.md), and answers without it are quoted.
 * - A reset gives a token another secret and may let the former one live for a time, both under one id. So only the secret
 *   that the record ends in is deleted with it.
 * - An account may let its API tokens in from some addresses alone (https://launchdarkly.com/docs/home/account/ip-allowlist),
 *   and how the others are refused is not documented. So of a token that was not deleted here only two refusals count: that it
 *   is no access token, and that no account was named, as is said of a text that is none (homebrew-core, ldcli.rb; 2026-11-29).
 * - Every working token may ask who it is; only one whose role may delete tokens can delete itself. What lacks the
 *   role may be answered with 401, too, so a 401 to the deletion says nothing about the token.
 */
import { z } from 'zod';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const INSTANCES = [
  'https://app.launchdarkly.com',
  'https://app.eu.launchdarkly.com',
  'https://app.launchdarkly.us',
];

const config = z.strictObject({
  baseUrl: baseUrl()
    .optional()
    .describe(
      'Base URL of the API, when one instance alone is to be asked; by default all three are: the commercial, the European and the federal one.',
    ),
});
export type LaunchdarklyConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_launchdarkly-access-token'],
  pattern: /(?<![\w-])api-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { all: INSTANCES },
  whole: 'exact',
  undo: 'no',
};

export const launchdarkly: ProviderDefinition<LaunchdarklyConfig> = {
  id: 'launchdarkly',
  title: 'LaunchDarkly',
  docs: 'https://launchdarkly.com/docs/api/access-tokens/delete-token',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the id that the token is given as its own identity, whose record ends like it',
  proof: 'no instance knows who the token is',
  effect: 'the token only',
  needs: 'nothing; a token without the right to delete tokens goes to a person',
  types: KIND.types,
  config,
  create({ baseUrl }, tools) {
    const instances = baseUrl === undefined ? INSTANCES : [baseUrl];
    const { check: _, ...work } = byAccounts(
      instances.map((url) => instanceOf(url, tools.upstream(url))),
      { found: TOKEN_ID, log: tools.log },
    );
    return { kinds: [KIND], ...work };
  },
};

const TOKEN_ID = z.string().min(1);
const ERROR = z.object({ code: z.string(), message: z.string() });
const INVALID = ERROR.extend({ message: z.string().regex(/^Invalid (?:access token|account ID header)\b/i) });
/** Of the secret, the last four characters. */
const RECORD = z.object({ _id: TOKEN_ID, token: z.string().min(4) });

const UNNAMED = refused(
  'not-permitted',
  'The token works, and LaunchDarkly does not say which one it is: let an administrator of its account delete it in LaunchDarkly.',
);
const LACKS_ROLE =
  'The token works but its role does not let it delete itself: let an administrator delete it in LaunchDarkly.';
const FORMER =
  'The token was reset: this is its former secret, which works until a time that was set then, and to delete the token would end the new one, too. Wait for that time, or let an administrator delete it in LaunchDarkly.';

const KEPT_OUT = refused(
  'manual',
  'LaunchDarkly refuses this token in words that Quash does not know, as it may do for an address that is not allowed: see on the Authorization page of the account whether the token is there, and delete it.',
);

/** As the vendor's own client does (api-client-go, api_access_tokens.go). */
const headersOf = (token: Secret) => ({ authorization: token, accept: 'application/json' });

function instanceOf(url: string, upstream: Upstream): Account<string> {
  const identityOf = async (token: Secret, signal: AbortSignal) => {
    const request = {
      method: 'GET',
      path: '/api/v2/caller-identity',
      headers: headersOf(token),
      signal,
      tells: { owner: 'memberId', account: 'accountId', name: 'tokenName', scopes: 'scopes' },
    } as const;
    const { means } = await ask(upstream, request, [
      row([200], z.object({ tokenId: TOKEN_ID }), (who) => who),
      row([200], z.object({ accountId: z.string().min(1) }), 'unnamed'),
      row([401], INVALID, 'invalid'),
      row([401], ERROR, 'kept-out'),
    ]);
    return means;
  };

  return {
    name: url,
    async look(token, { signal }) {
      const who = await identityOf(token, signal);
      if (who === 'invalid') return { state: 'absent' };
      if (who === 'kept-out') return { state: 'unable', refusal: KEPT_OUT, maybeElsewhere: true };
      if (who === 'unnamed') return { state: 'unable', refusal: UNNAMED };
      return { state: 'alive', found: who.tokenId, by: 'signs-in', evidence: { tokenId: who.tokenId } };
    },
    // It was deleted a moment ago, so any refusal is its end.
    async verify(_id, token, { signal }) {
      const who = await identityOf(token, signal);
      return who === 'invalid' || who === 'kept-out' ? 'dead' : 'alive';
    },
    async revoke(id, token, { signal }) {
      const path = `/api/v2/tokens/${encodeURIComponent(id)}`;
      const request = { path, headers: headersOf(token), signal } as const;
      const record = await ask(upstream, { ...request, method: 'GET' }, [
        row(
          [200],
          RECORD,
          ({ _id, token: shown }) => _id === id && mayBe(token.reveal(), `...${shown.slice(-4)}`),
        ),
        row([401, 403, 404], ERROR, undefined),
      ]);
      if (record.means === undefined) return refused('not-permitted', LACKS_ROLE);
      if (!record.means) return refused('wrong-record', FORMER);
      const { means } = await ask(upstream, { ...request, method: 'DELETE' }, [
        row([204], 'revoked'),
        row([401, 403], ERROR, 'lacks-role'),
      ]);
      return means === 'revoked' ? revoked() : refused('not-permitted', LACKS_ROLE);
    },
  };
}
