/**
 * Vercel access tokens.
 *
 * Docs: https://vercel.com/docs/rest-api/authentication/delete-an-authentication-token, checked 2026-11-21.
 *
 * - `current` instead of an id means the token that the call is made with.
 * - A dead token gets 403, not 401, and only `invalidToken` tells it from a token that lacks a right.
 * - OAuth tokens (`vca_`, `vcr_`) need their client's secret and are not taken.
 */
import { z } from 'zod';
import { selfService } from '../../src/provider/kit/self-service.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';

const config = z.strictObject({});
export type VercelConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'access-token',
  types: [
    'gitleaks_rule_id_vercel-api-token',
    'gitleaks_rule_id_vercel-integration-token',
    'gitleaks_rule_id_vercel-personal-access-token',
  ],
  pattern: /(?<![\w-])(?:vc[pi]_[A-Za-z0-9_-]{56}|[A-Za-z0-9]{24})(?![\w-])/,
  effect: 'token',
};

const INVALID = z.object({ error: z.object({ invalidToken: z.literal(true) }) });
const LACKS_A_RIGHT = z.object({ error: z.object({ code: z.literal('forbidden') }) });

export const vercel: ProviderDefinition<VercelConfig> = {
  id: 'vercel',
  title: 'Vercel',
  docs: 'https://vercel.com/docs/rest-api/authentication/delete-an-authentication-token',
  stability: 'stable',
  exactness: 'the token deletes itself',
  proof: 'the API calls the token invalid',
  effect: 'the token only',
  needs: 'nothing',
  types: KIND.types,
  config,
  create: (_config, tools) => ({
    kinds: [KIND],
    ...selfService({
      upstream: tools.upstream('https://api.vercel.com'),
      revoke: (token) => ({
        method: 'DELETE',
        path: '/v3/user/tokens/current',
        headers: { authorization: bearer(token) },
      }),
      probe: (token) => ({
        method: 'GET',
        path: '/v5/user/tokens/current',
        headers: { authorization: bearer(token) },
      }),
      revoked: [{ status: 200, body: z.object({ tokenId: z.string() }) }],
      dead: [
        { status: 401, body: INVALID },
        { status: 403, body: INVALID },
      ],
      alive: [
        { status: 200, body: z.object({ token: z.object({ id: z.string() }) }) },
        { status: 403, body: LACKS_A_RIGHT },
      ],
    }),
  }),
};
