/**
 * LaunchDarkly API access tokens.
 *
 * Docs: https://launchdarkly.com/docs/api/access-tokens/delete-token and
 * https://launchdarkly.com/docs/api/other/get-caller-identity, checked 2026-11-21.
 *
 * - The header holds the bare token, without a scheme.
 * - No call takes the token by its text, but the caller's identity has the id of the token that asks.
 * - Every working token may ask who it is; only one whose role may delete tokens can delete itself. What lacks the
 *   role may be answered with 401, too, so a 401 to the deletion says nothing about the token.
 */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { alreadyInactive, refused, revoked, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({
  baseUrl: baseUrl()
    .default('https://app.launchdarkly.com')
    .describe('Base URL of the API; the federal and the European instance have their own.'),
});
export type LaunchdarklyConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_launchdarkly-access-token'],
  pattern: /(?<![\w-])api-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/,
  effect: 'token',
};

const IDENTITY = z.object({ tokenId: z.string().min(1) });
const ERROR = z.object({ code: z.string(), message: z.string() });
const DEAD = { status: 401, body: z.object({ code: z.literal('unauthorized') }) };

const LACKS_ROLE =
  'The token works but its role does not let it delete itself: let an administrator delete it in LaunchDarkly.';

export const launchdarkly: ProviderDefinition<LaunchdarklyConfig> = {
  id: 'launchdarkly',
  title: 'LaunchDarkly',
  docs: 'https://launchdarkly.com/docs/api/access-tokens/delete-token',
  stability: 'beta',
  exactness: 'the id that the token is given as its own identity',
  proof: 'the API no longer knows who the token is',
  effect: 'the token only',
  needs: 'nothing; a token without the right to delete tokens goes to a person',
  types: KIND.types,
  config,
  create({ baseUrl }, tools) {
    const upstream = tools.upstream(baseUrl);
    return {
      kinds: [KIND],
      async revoke(token, { signal }) {
        const id = await ownId(upstream, token, signal);
        if (id === undefined) return alreadyInactive();
        const answer = await upstream.request({
          method: 'DELETE',
          path: `/api/v2/tokens/${encodeURIComponent(id)}`,
          headers: { authorization: token },
          statuses: [204, 401, 403],
          signal,
        });
        if (answer.status === 204) return revoked({ tokenId: id });
        if (answer.maybeJson(ERROR)) return refused('not-permitted', LACKS_ROLE, { tokenId: id });
        throw unexpected(upstream, answer);
      },
      verify: async (token, { signal }) =>
        (await ownId(upstream, token, signal)) === undefined ? 'dead' : 'alive',
    };
  },
};

/** The id of the token that asks; undefined when it does not work. */
async function ownId(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<string | undefined> {
  const answer = await upstream.request({
    method: 'GET',
    path: '/api/v2/caller-identity',
    headers: { authorization: token },
    statuses: [200, 401],
    signal,
  });
  if (shows(answer, [DEAD])) return undefined;
  if (answer.status !== 200) throw unexpected(upstream, answer);
  return answer.json(IDENTITY).tokenId;
}
