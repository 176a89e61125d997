/**
 * Perplexity.
 *
 * Docs: https://docs.perplexity.ai/api-reference/revoke-auth-token-post; checked 2026-11-21.
 *
 * Quirks:
 * - A key revokes itself: it stands in the header and, as the one to revoke, in the body.
 * - No answer but the 200 is documented, and that without a body. How a key is refused was seen on the wire, alike on
 *   all routes: 401 with the type `invalid_api_key`.
 * - `GET /v1/models` is documented as public, but refuses a key that does not work. Were it public one day, the
 *   revocation would be repeated and its own 401 would be the proof.
 */
import { z } from 'zod';
import { selfService } from '../../src/provider/kit/self-service.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';

const config = z.strictObject({});

export type PerplexityConfig = z.output<typeof config>;

const HOST = 'https://api.perplexity.ai';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_perplexity-api-key'],
  pattern: /(?<![\w-])pplx-[A-Za-z0-9]{48}(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { all: [HOST] },
  whole: 'exact',
  undo: 'no',
};

const INVALID = z.object({ error: z.object({ type: z.literal('invalid_api_key') }) });

export const perplexity: ProviderDefinition<PerplexityConfig> = {
  id: 'perplexity',
  title: 'Perplexity',
  docs: 'https://docs.perplexity.ai/api-reference/revoke-auth-token-post',
  stability: 'beta',
  exactness: 'by value',
  proof: 'the API refuses the key',
  effect: 'the token only',
  needs: 'nothing',
  types: KIND.types,
  config,
  create: (_config, tools) => ({
    kinds: [KIND],
    ...selfService({
      upstream: tools.upstream(HOST),
      place: HOST,
      revoke: (token) => ({
        method: 'POST',
        path: '/revoke_auth_token',
        headers: { authorization: bearer(token) },
        json: { auth_token: token },
      }),
      probe: (token) => ({ method: 'GET', path: '/v1/models', headers: { authorization: bearer(token) } }),
      revoked: [{ status: 200 }],
      refused: [{ status: 401, body: INVALID }],
      alive: [{ status: 200, body: z.object({ data: z.array(z.unknown()) }) }],
    }),
  }),
};
