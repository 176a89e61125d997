/**
 * Grafana service account tokens, and API keys of before Grafana 9.1, which live on as such, on the operator's own
 * instances (Grafana Cloud stacks too).
 *
 * Docs: https://grafana.com/docs/grafana/latest/developers/http_api/serviceaccount/, and Grafana's source for what a
 * token is told of itself; checked 2026-11-28.
 *
 * - No list shows anything of a token's text. A token that works can say which service account it is of; if that has
 *   one active token only, it is that one. Else a person has to choose.
 * - Each call looks the token up in the database (pkg/services/authn/clients/api_key.go): none that was deleted is let in, so
 *   that no successor is taken for it.
 * - Tokens cannot be disabled, only deleted; disabling the service account would hit its other tokens.
 * - In older versions (before 11) a token cannot ask for its service account (404).
 * - Other refusals of a token, such as that its service account is disabled, pass and say nothing of it.
 * - An instance with anonymous access calls no token invalid: it takes whoever sent it for nobody (authn/authnimpl/service.go).
 *   Then the list of its service account tells whether the token is gone.
 * - A proxy before an instance may sign everybody in as a service account of its own, whatever token was sent. So a token
 *   that nobody has must be refused.
 * - An API key is the base64 of JSON: a secret `k`, a name `n` and an organization `id`, of which only the secret counts.
 * - A deleted token is as unknown as one of another instance; an expired or revoked one is called so.
 */
import { z } from 'zod';
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { config, type GrafanaConfig } from './config.ts';
import { accountOf, FOUND } from './instance.ts';

const COMMON = {
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Every instance issues its own, and only the configured ones are asked.' },
  undo: 'no',
} as const satisfies Partial<TokenKind>;

const KINDS: readonly TokenKind[] = [
  {
    id: 'service-account-token',
    types: ['gitleaks_rule_id_grafanaserviceaccounttoken'],
    pattern: /(?<![\w-])glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}(?![\w-])/,
    whole: 'exact',
    ...COMMON,
  },
  {
    id: 'api-key',
    types: ['gitleaks_rule_id_grafana-api-key'],
    pattern: /(?<![\w+/-])eyJrIjoi[A-Za-z0-9+/]{40,380}={0,2}(?![\w+/=-])/,
    whole: isWholeApiKey,
    ...COMMON,
  },
];

const API_KEY = z.object({ k: z.string().length(32), n: z.string(), id: z.int() });

function isWholeApiKey(token: string): boolean {
  // Without its padding it would be refused.
  if (token.length % 4 !== 0) return false;
  try {
    return API_KEY.safeParse(JSON.parse(Buffer.from(token, 'base64').toString())).success;
  } catch {
    return false;
  }
}

export const grafana: ProviderDefinition<GrafanaConfig> = {
  id: 'grafana',
  title: 'Grafana',
  docs: 'https://grafana.com/docs/grafana/latest/developers/http_api/serviceaccount/',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the only active token of the service account that the token says it is of',
  proof: 'the instance that knew the token refuses it',
  effect: 'the token only',
  needs: 'the URL of each instance and a service account token that may manage service accounts',
  types: KINDS.flatMap(({ types }) => types),
  config,
  create: ({ instances }, tools) => ({
    kinds: instances.length > 0 ? KINDS : [],
    ...byAccounts(
      instances.map((instance) => accountOf(instance, tools)),
      {
        found: FOUND,
        copies: true,
        unknown:
          'No configured Grafana organization knows this token: find out of which instance it is, add that to providers.grafana.instances and retry, or delete it there.',
        rights: 'The token must have the permissions serviceaccounts:read and serviceaccounts:write.',
        log: tools.log,
      },
    ),
  }),
};
