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
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import {
  alreadyInactive,
  livenessOf,
  revoked,
  type Sign,
  shows,
  unexpected,
} from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';

const config = z.strictObject({});

export type PerplexityConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_perplexity-api-key'],
  pattern: /(?<![\w-])pplx-[A-Za-z0-9]{48}(?![\w-])/,
  effect: 'token',
};

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
  create: (_config, tools) => create(tools),
};

const ALIVE: Sign = { status: 200, body: z.object({ data: z.array(z.unknown()) }) };
const DEAD: Sign = {
  status: 401,
  body: z.object({ error: z.object({ type: z.literal('invalid_api_key') }) }),
};

function create({ upstream }: Tools): Provider {
  const api = upstream('https://api.perplexity.ai');
  return {
    kinds: [KIND],
    async revoke(token, { signal }) {
      const answer = await api.request({
        method: 'POST',
        path: '/revoke_auth_token',
        headers: { authorization: bearer(token) },
        json: { auth_token: token },
        statuses: [200, DEAD.status],
        signal,
      });
      if (shows(answer, [DEAD])) return alreadyInactive();
      // The documentation shows no body; a page of HTML would be a proxy's.
      if (answer.status !== 200 || !isEmptyOrJson(answer)) throw unexpected(api, answer);
      return revoked();
    },
    async verify(token, { signal }) {
      const headers = { authorization: bearer(token) };
      const statuses = [ALIVE.status, DEAD.status];
      const answer = await api.request({ method: 'GET', path: '/v1/models', headers, statuses, signal });
      return livenessOf(api, answer, { dead: [DEAD], alive: [ALIVE] });
    },
  };
}
