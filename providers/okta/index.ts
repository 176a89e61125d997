/**
 * Okta: API tokens and the client secrets of OpenID Connect applications, of any number of organizations.
 *
 * Docs: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApiToken/,
 * https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApplicationSSOCredentialOAuth2ClientAuth/;
 * checked 2026-11-21.
 *
 * Quirks:
 * - 401 E0000011 means "dead" and "of another organization" alike; 403 E0000006 means that the token works.
 * - A client secret is found by value, in the secrets of one application after the other.
 * - The only secret of an application cannot be deactivated: somebody has to add its successor first.
 */
import { z } from 'zod';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { baseUrl, unknownTokensKey } from '../../src/provider/kit/config-keys.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { byTenant } from '../../src/provider/kit/tenants.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { API_TOKENS } from './api-tokens.ts';
import { CLIENT_SECRETS, listApplications, type Organization } from './client-secrets.ts';

const config = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Base URL, such as https://example.okta.com.'),
        apiToken: secretText()
          .optional()
          .describe('API token that may manage applications; without it only API tokens can be revoked.'),
      }),
    )
    .default([])
    .describe('Organizations that may have issued a token; asked in this order.'),
  unknownTokens: unknownTokensKey(),
});

export type OktaConfig = z.output<typeof config>;

const API_TOKEN: TokenKind = {
  id: 'api-token',
  types: ['gitleaks_rule_id_oktaapitoken', 'gitleaks_rule_id_okta-access-token'],
  pattern: /(?<![\w-])00[\w-]{40}(?![\w-])/,
  effect: 'token',
};
const CLIENT_SECRET: TokenKind = {
  id: 'client-secret',
  types: ['gitleaks_rule_id_oktaclientsecret'],
  pattern: /(?<![\w-])(?:[\w-]{64}|[\w-]{40})(?![\w-])/,
  effect: 'token',
};

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
    const tenants = settings.organizations.map(({ url, apiToken }) => ({
      upstream: tools.upstream(url),
      apiToken,
    }));
    const managed = tenants.filter((tenant): tenant is Organization => tenant.apiToken !== undefined);
    const parts = byKind([
      {
        kinds: [API_TOKEN],
        isAble: tenants.length > 0,
        ...byTenant(API_TOKENS, tenants, settings.unknownTokens),
      },
      {
        kinds: [CLIENT_SECRET],
        isAble: managed.length > 0,
        ...byTenant(CLIENT_SECRETS, managed, settings.unknownTokens),
      },
    ]);
    return {
      ...parts,
      check: (signal) =>
        Promise.all(
          managed.map((tenant) =>
            checkOf(
              `${tenant.upstream.base} API token`,
              () => listApplications(tenant, { limit: 1 }, signal),
              {
                refused: 'Okta refused the API token: create a new one.',
                forbidden: 'The administrator of the API token must be allowed to manage applications.',
              },
            ),
          ),
        ),
    };
  },
};
