/**
 * Auth0: client secrets of applications, of any number of tenants.
 *
 * Docs: https://auth0.com/docs/api/management/v2/clients/post-rotate-secret,
 * https://auth0.com/docs/api/management/v2/clients/get-clients; checked 2026-11-21.
 *
 * Quirks:
 * - An application has one secret and it can only be rotated; the answer holds the new one. It takes up to 30 s.
 * - The audience of the Management API has the tenant's own domain, not a custom one.
 */
import { z } from 'zod';
import { baseUrl, unknownTokensKey } from '../../src/provider/kit/config-keys.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { byTenant } from '../../src/provider/kit/tenants.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { CLIENT_SECRETS, connect, listClients } from './client-secrets.ts';

const config = z.strictObject({
  tenants: z
    .array(
      z.strictObject({
        url: baseUrl().describe(
          "The tenant's own domain, such as https://example.eu.auth0.com; no custom domain.",
        ),
        clientId: z.string().min(1).describe('Of a machine-to-machine application.'),
        clientSecret: secretText().describe(
          'Its secret; it needs the scopes `read:clients`, `read:client_keys` and `update:client_keys`.',
        ),
      }),
    )
    .default([])
    .describe('Tenants whose applications may have a leaked secret; asked in this order.'),
  unknownTokens: unknownTokensKey(),
});

export type Auth0Config = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'client-secret',
  types: ['gitleaks_rule_id_auth0clientsecret'],
  pattern: /(?<![\w-])[\w-]{43,64}(?![\w-])/,
  effect: 'wider',
  warning: "The application's only secret is replaced, so it cannot log in until it is given the new one.",
};

export const auth0: ProviderDefinition<Auth0Config> = {
  id: 'auth0',
  title: 'Auth0',
  docs: 'https://auth0.com/docs/api/management/v2/clients/post-rotate-secret',
  stability: 'beta',
  exactness: 'by value',
  proof: 'the application has another secret now',
  effect: 'the application needs its new secret; waits for approval',
  needs: 'a machine-to-machine application of each tenant with the right to read and rotate client secrets',
  types: KIND.types,
  config,
  create(settings, tools) {
    const tenants = settings.tenants.map((tenant) => connect(tenant, tools));
    return {
      kinds: tenants.length > 0 ? [KIND] : [],
      ...byTenant(CLIENT_SECRETS, tenants, settings.unknownTokens),
      check: (signal) =>
        Promise.all(
          tenants.map((tenant) =>
            checkOf(`${tenant.upstream.base} application`, () => listClients(tenant, null, signal), {
              refused: 'Auth0 refused the client id or the client secret.',
              forbidden:
                'The application must be authorized for the Management API with the scopes read:clients, read:client_keys and update:client_keys.',
            }),
          ),
        ),
    };
  },
};
