/**
 * Okta: API tokens and the client secrets of OpenID Connect applications, of any number of organizations.
 *
 * Docs: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApiToken/,
 * https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApplicationSSOCredentialOAuth2ClientAuth/;
 * checked 2026-11-21.
 *
 * Quirks:
 * - 401 E0000011 means "dead", "of another organization" and "of a user who is suspended" alike; 403 E0000006 means that the token works.
 * - Okta's own client asks for JSON in each call (okta-sdk-golang, okta/api_api_token.go); some calls have XML, too.
 * - A client secret is found by value, in the secrets of one application after the other. See `secret-list.ts`.
 * - The only secret of an application cannot be deactivated: somebody has to add its successor first.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { API_TOKEN, apiTokensOf, TOKEN_FOUND } from './api-tokens.ts';
import { CLIENT_SECRET, clientSecrets } from './client-secrets.ts';
import { config, type OktaConfig } from './config.ts';

export const okta: ProviderDefinition<OktaConfig> = {
  id: 'okta',
  title: 'Okta',
  docs: 'https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApiToken/',
  stability: 'beta',
  exactness: "the token's own call; client secrets by value",
  proof: 'the organization that knew the token refuses it, or shows the secret as inactive',
  effect: 'the token only',
  needs: 'the URL of each organization; for client secrets an API token of it that may manage applications',
  types: [...API_TOKEN.types, ...CLIENT_SECRET.types],
  config,
  create(settings, tools) {
    const organizations = settings.organizations.map(({ url, apiToken }) => ({
      upstream: tools.upstream(url),
      apiToken,
    }));
    const managed = organizations.flatMap(({ upstream, apiToken }) =>
      apiToken ? [{ upstream, apiToken }] : [],
    );
    const { check: _, ...apiTokens } = byAccounts(
      organizations.map(({ upstream }) => apiTokensOf(upstream)),
      { found: TOKEN_FOUND, log: tools.log },
    );
    return byKind([
      { kinds: [API_TOKEN], isAble: organizations.length > 0, ...apiTokens },
      { kinds: [CLIENT_SECRET], isAble: managed.length > 0, ...clientSecrets(managed, tools) },
    ]);
  },
};
