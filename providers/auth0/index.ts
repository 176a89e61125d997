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
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { accountOf, FOUND } from './client-secrets.ts';
import { type Auth0Config, config } from './config.ts';

const KIND: TokenKind = {
  id: 'client-secret',
  types: ['gitleaks_rule_id_auth0clientsecret'],
  // A word in capitals at its beginning is a mask.
  pattern: /(?<![\w-])(?!REMOVED)[\w-]{43,64}(?![\w-])/,
  effect: 'wider',
  possession: 'listed-whole',
  places: { open: 'Tenants that are not configured are not asked.' },
  whole: 'open',
  undo: 'no',
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
  create: ({ tenants }, tools) => ({
    kinds: tenants.length > 0 ? [KIND] : [],
    ...byAccounts(
      tenants.map((tenant) => accountOf(tenant, tools)),
      {
        found: FOUND,
        chosen: true,
        unknown:
          'No configured tenant has an application with this secret: add its tenant to providers.auth0.tenants and retry, or rotate it by hand.',
        rights:
          'The application must be authorized for the Management API with the scopes read:clients, read:client_keys and update:client_keys.',
        log: tools.log,
      },
    ),
  }),
};
