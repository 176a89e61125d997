/**
 * X (Twitter): app-only Bearer tokens (./bearer-tokens.ts), OAuth 2.0 access tokens of users (./user-tokens.ts) and secrets
 * of their OAuth 1.0a access tokens (./token-secrets.ts), which are revoked by their app.
 *
 * Docs: https://docs.x.com/fundamentals/authentication/api-reference (POST oauth2/invalidate_token),
 * https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token (POST 2/oauth2/revoke); checked 2026-11-29.
 *
 * - What a revocation is answered with is documented, for tokens of users by X's own client library. Most of what fails
 *   is not: a probe with the token itself decides, so a call that does something else ends as a failure.
 * - Where nobody pays for the calls of an app, its tokens are let in and their calls are refused with 402
 *   (tryethernal/ethernal, issue 1324).
 * - Consumer keys are not taken: no call ends one.
 * - Which of several apps a token is of, nothing says: they are tried. None can invalidate a token of another.
 */
import { byKind } from '../../src/provider/kit/by-kind.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { BEARER, bearerTokens } from './bearer-tokens.ts';
import { config, type XConfig } from './config.ts';
import { TOKEN_SECRET, tokenSecrets } from './token-secrets.ts';
import { USER_TOKEN, userTokens } from './user-tokens.ts';

export const x: ProviderDefinition<XConfig> = {
  id: 'x',
  title: 'X (Twitter)',
  docs: 'https://docs.x.com/fundamentals/authentication/api-reference',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'by value; a secret by a signature that it makes with the access token beside it',
  proof: 'X no longer lets the token in',
  effect: 'the token only; the refresh token of a user may live on',
  needs: 'the keys of each app, and for Bearer tokens an access token of its owner',
  types: [...new Set([...BEARER.types, ...USER_TOKEN.types, ...TOKEN_SECRET.types])],
  config,
  create: ({ apps, clients }, tools) =>
    byKind([bearerTokens(apps, tools), userTokens(clients, tools), tokenSecrets(apps, tools)]),
};
