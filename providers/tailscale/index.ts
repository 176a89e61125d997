/**
 * Tailscale API access tokens, auth keys and OAuth clients.
 *
 * Docs: https://tailscale.com/api#tag/keys, https://tailscale.com/docs/features/oauth-clients; checked 2026-11-21.
 *
 * - All three are "keys" with an id that is the third part of the secret: `tskey-auth-<id>-<secret>`.
 * - An API token acts on itself; the other two need an OAuth client of the same tailnet. `-` is the tailnet of the
 *   credential that makes the call.
 * - A revoked or expired key goes on answering for a while as `invalid`; a 404 alone may mean another tailnet, so it
 *   proves the death only right after a deletion.
 * - Devices that an auth key let in stay in the tailnet.
 * - Deleting an OAuth client ends the access tokens that it was given, so it waits for approval.
 */
import { z } from 'zod';
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { ownCredential } from '../../src/provider/kit/own-credential.ts';
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { type Caller, createOperator, keyItself } from './callers.ts';
import { call, idOf, look } from './keys.ts';

const config = z.strictObject({
  oauthClient: z
    .strictObject({
      id: z.string().min(1).describe('Id of the OAuth client.'),
      secret: secretText().describe('Its secret.'),
    })
    .optional()
    .describe(
      'With the scopes `auth_keys` and `oauth_keys`; without it only API access tokens can be revoked.',
    ),
});

export type TailscaleConfig = z.output<typeof config>;

const API_TOKEN: TokenKind = {
  id: 'api-token',
  types: ['gitleaks_rule_id_tailscaleapiaccesstoken'],
  pattern: /(?<![\w-])tskey-api-[A-Za-z0-9]+-[A-Za-z0-9]+(?![\w-])/,
  effect: 'token',
};
const AUTH_KEY: TokenKind = {
  id: 'auth-key',
  types: ['gitleaks_rule_id_tailscalepersonalauthkey'],
  pattern: /(?<![\w-])tskey-auth-[A-Za-z0-9]+-[A-Za-z0-9]+(?![\w-])/,
  effect: 'token',
};
const OAUTH_CLIENT: TokenKind = {
  id: 'oauth-client',
  types: ['gitleaks_rule_id_tailscaleoauthclientsecret'],
  pattern: /(?<![\w-])tskey-client-[A-Za-z0-9]+-[A-Za-z0-9]+(?![\w-])/,
  effect: 'wider',
  warning: 'The OAuth client is deleted, and the access tokens that it was given stop working, too.',
};

export const tailscale: ProviderDefinition<TailscaleConfig> = {
  id: 'tailscale',
  title: 'Tailscale',
  docs: 'https://tailscale.com/api#tag/keys',
  stability: 'beta',
  exactness: 'by the id in the secret',
  proof: 'the API calls the key invalid, or no longer lets the token in',
  effect: 'the token only; OAuth clients are deleted, which waits for approval',
  needs: 'nothing for API access tokens; an OAuth client for auth keys and OAuth clients',
  types: [...API_TOKEN.types, ...AUTH_KEY.types, ...OAUTH_CLIENT.types],
  config,
  create,
};

const NOT_PERMITTED = refused(
  'not-permitted',
  'This API token may not delete keys: delete it in the admin console, or wait, as those of OAuth clients last an hour.',
);
const UNKNOWN = refused(
  'unknown-token',
  'The tailnet that was asked has no such key: it is of another tailnet, or was deleted long ago.',
);
const OWN_CREDENTIAL = ownCredential('OAuth client', 'delete');

function create({ oauthClient }: TailscaleConfig, tools: Tools): Provider {
  const upstream = tools.upstream('https://api.tailscale.com');
  const operator = oauthClient && createOperator(upstream, oauthClient, tools);
  const callerFor = (token: Secret, { kind }: Step): Caller =>
    operator && kind !== API_TOKEN.id ? operator : keyItself(upstream, token);

  return {
    kinds: operator ? [API_TOKEN, AUTH_KEY, OAUTH_CLIENT] : [API_TOKEN],
    async revoke(token, step) {
      const { signal } = step;
      const id = idOf(token);
      if (id === oauthClient?.id) return OWN_CREDENTIAL;
      const caller = callerFor(token, step);
      const seen = await look(upstream, id, caller, signal);
      if (seen === 'dead') return alreadyInactive({ id });
      if (seen === 'not-permitted') return NOT_PERMITTED;
      if (seen === 'absent') return UNKNOWN;
      const answer = await call(upstream, 'DELETE', id, caller, signal);
      if (answer.status === 401 || answer.status === 403) {
        return caller.declined(answer) === 'dead' ? alreadyInactive({ id }) : NOT_PERMITTED;
      }
      if (!isEmptyOrJson(answer) || answer.status === 404) throw unexpected(upstream, answer);
      return revoked({ id });
    },
    async verify(token, step) {
      const seen = await look(upstream, idOf(token), callerFor(token, step), step.signal);
      if (seen === 'not-permitted') return 'unknown';
      return seen === 'alive' ? 'alive' : 'dead';
    },
    ...(operator && { check: async (signal) => [await check(upstream, operator, signal)] }),
  };
}

function check(upstream: Upstream, operator: Caller, signal: AbortSignal) {
  return checkOf(
    'Tailscale OAuth client',
    async () => {
      const answer = await upstream.request({
        method: 'GET',
        path: '/api/v2/tailnet/-/keys',
        headers: { authorization: await operator.authorization(signal) },
        statuses: [200, 401, 403],
        signal,
      });
      if (answer.status !== 200) operator.declined(answer);
    },
    {
      refused: 'Tailscale refused the OAuth client: create another one and configure it.',
      forbidden: 'The OAuth client needs the scopes auth_keys and oauth_keys.',
    },
  );
}
