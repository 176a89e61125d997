/**
 * PlanetScale service tokens (./service-tokens.ts), passwords of branches (./passwords.ts) and OAuth tokens
 * (./oauth-tokens.ts).
 *
 * Docs: https://planetscale.com/docs/api/reference/service-tokens,
 * https://planetscale.com/changelog/service-token-api-endpoints,
 * https://planetscale.com/docs/api/reference/delete_password and
 * https://planetscale.com/docs/api/reference/oauth/revoke-token, checked 2026-11-21.
 *
 * - Its own client asks for JSON in each call (planetscale-go, client.go; planetscale/cli, internal/auth/authenticator.go).
 * - A deleted token is as unknown as one of another organization.
 * - Not covered: secrets of OAuth applications, for want of a call; roles of Postgres databases, whose passwords look
 *   like those of branches.
 */
import { byKind } from '../../src/provider/kit/by-kind.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { config, type PlanetscaleConfig } from './config.ts';
import { ACCESS_TOKEN, oauthTokens } from './oauth-tokens.ts';
import { PASSWORD, passwords } from './passwords.ts';
import { SERVICE_TOKEN, serviceTokens } from './service-tokens.ts';

export const planetscale: ProviderDefinition<PlanetscaleConfig> = {
  id: 'planetscale',
  title: 'PlanetScale',
  docs: 'https://planetscale.com/docs/api/reference/service-tokens',
  stability: 'beta',
  exactness: 'by the id or user name beside the leak, once it worked together with the token or password',
  proof: 'the organization no longer knows the id; the API no longer lets the OAuth token in',
  effect: 'the token or password only',
  needs:
    'a service token of each organization that may delete service tokens (and passwords), and read access to the repository; for OAuth tokens the client id and secret of their application',
  types: [...SERVICE_TOKEN.types, ...PASSWORD.types, ...ACCESS_TOKEN.types],
  config,
  create: (settings, tools) =>
    byKind([serviceTokens(settings, tools), passwords(settings, tools), oauthTokens(settings, tools)]),
};
