/**
 * Perplexity.
 *
 * Docs: https://docs.perplexity.ai/api-reference/revoke-auth-token-post; checked 2026-11-21.
 *
 * Quirks:
 * - A key revokes itself: it stands in the header and, as the one to revoke, in the body.
 * - No answer but the 200 is documented, and that without a body. How a key is refused was seen on the wire, alike on
 *   all routes: 401 with the type `invalid_api_key`.
 * - A 401 is documented for a key that is invalid, was deleted, or is of an account without credits, and how these are told
 *   apart is not. A call that costs credits was refused with the type `insufficient_quota` then (Hubify-Projects/bigbounce,
 *   a review by `Perplexity_citations`); whether all calls are is not known. So a refusal alone is no death.
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
  places: { open: 'Perplexity also refuses keys of an account that has run out of credits.' },
  whole: 'exact',
  undo: 'no',
};

const UNKNOWN =
  'Perplexity does not let this key in: it is dead, or its account has no credits. Delete it in the API console if it is still there.';

const errorOf = (type: string) => z.object({ error: z.object({ type: z.literal(type) }) });
const INVALID = errorOf('invalid_api_key');
const NO_CREDITS = errorOf('insufficient_quota');

export const perplexity: ProviderDefinition<PerplexityConfig> = {
  id: 'perplexity',
  title: 'Perplexity',
  docs: 'https://docs.perplexity.ai/api-reference/revoke-auth-token-post',
  stability: 'beta',
  exactness: 'by value',
  proof: 'the API refuses the key that it has just revoked',
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
      passing: [{ status: 401, body: NO_CREDITS }],
      unknown: UNKNOWN,
      alive: [{ status: 200, body: z.object({ data: z.array(z.unknown()) }) }],
    }),
  }),
};
