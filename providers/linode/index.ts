/**
 * Linode (Akamai) personal access tokens.
 *
 * Docs: https://techdocs.akamai.com/linode-api/reference/delete-personal-access-token and
 * https://techdocs.akamai.com/linode-api/reference/get-personal-access-tokens, checked 2026-11-29.
 *
 * - A token is 64 hex characters. Lists show the first 16 of them, so the leaked one is found by its own beginning.
 * - 401 is also what a working token gets that lacks the scope: only the reason `Invalid Token` means that it is dead.
 * - Tokens of OAuth apps look the same and are in no list. So do their refresh tokens (as the vendor's OpenAPI file shows
 *   them under "OAuth Workflow"), which the API never lets in: its refusal calls nothing dead that it did not know before.
 */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked, unexpected, unknownAt } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, RevokeResult, Step, TokenKind } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({});
export type LinodeConfig = z.output<typeof config>;

const HOST = 'https://api.linode.com';

const KIND: TokenKind = {
  id: 'personal-access-token',
  types: ['gitleaks_rule_id_linode_personal_access_token'],
  pattern: /(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'A refresh token of an OAuth app looks alike, and works with that app alone.' },
  whole: 'exact',
  undo: 'no',
};

const PAGE_SIZE = 500;
const MAX_PAGES = 20;

const PAGE = z.object({
  data: z.array(z.object({ id: z.int(), token: z.string().min(16) })),
  pages: z.int(),
});
const because = (reason: RegExp) =>
  z.object({ errors: z.tuple([z.object({ reason: z.string().regex(reason) })]) });
const INVALID = because(/^Invalid (?:OAuth )?Token$/i);
const LACKS_SCOPE = because(/not authorized/i);

const ADVICE = {
  lacksScope:
    'The token works but lacks the scope account:read_write, so it cannot revoke itself: let its owner revoke it in the Cloud Manager.',
  notListed:
    'The token works but is no personal access token of its user, so it belongs to an OAuth app: let its owner revoke the access of that app.',
  ambiguous:
    'It cannot be told which of the personal access tokens is the leaked one: let its owner revoke it in the Cloud Manager.',
} as const;

export const linode: ProviderDefinition<LinodeConfig> = {
  id: 'linode',
  title: 'Linode',
  docs: 'https://techdocs.akamai.com/linode-api/reference/delete-personal-access-token',
  stability: 'beta',
  exactness: 'the one token in its own list that begins with its 16 first characters',
  proof: 'the API calls the token invalid',
  effect: 'the token only',
  needs: 'nothing; a token without the scope `account:read_write` goes to a person',
  types: KIND.types,
  unpublished: KIND.types,
  config,
  create(_config, tools) {
    const upstream = tools.upstream(HOST);
    return {
      kinds: [KIND],
      revoke: (token, step) => revoke(upstream, token, step),
      async verify(token, { signal }) {
        const answer = await call(upstream, 'GET', '/v4/profile', token, signal);
        if (answer === 'refused') return 'dead';
        if (answer === 'lacks-scope' || answer.maybeJson(z.object({ username: z.string() }))) return 'alive';
        throw unexpected(upstream, answer);
      },
    };
  },
};

async function revoke(upstream: Upstream, token: Secret, step: Step): Promise<RevokeResult> {
  const { signal } = step;
  const ids: number[] = [];
  for (let page = 1, pages = 1; page <= pages; page++) {
    const query = { page, page_size: PAGE_SIZE };
    const answer = await call(upstream, 'GET', '/v4/profile/tokens', token, signal, query);
    if (answer === 'refused') return unknownAt([HOST]);
    if (answer === 'lacks-scope') return refused('not-permitted', ADVICE.lacksScope);
    step.sawAlive(HOST);
    const list = answer.json(PAGE);
    if (list.pages > MAX_PAGES) return refused('ambiguous', ADVICE.ambiguous);
    pages = list.pages;
    ids.push(...list.data.filter((each) => mayBe(token.reveal(), `${each.token}...`)).map(({ id }) => id));
  }
  const [id, ...others] = ids;
  if (id === undefined) return refused('unsupported-kind', ADVICE.notListed);
  if (others.length > 0) {
    return refused('ambiguous', ADVICE.ambiguous, { candidates: ids.map((tokenId) => ({ tokenId })) });
  }
  step.prove('one-fits');
  const answer = await call(upstream, 'DELETE', `/v4/profile/tokens/${id}`, token, signal);
  if (answer === 'refused') return unknownAt([HOST]);
  if (answer === 'lacks-scope') return refused('not-permitted', ADVICE.lacksScope, { tokenId: id });
  answer.json(z.object({}));
  return revoked({ tokenId: id });
}

/** An answer with status 200, or why there is none. */
async function call(
  upstream: Upstream,
  method: 'GET' | 'DELETE',
  path: string,
  token: Secret,
  signal: AbortSignal,
  query: Record<string, number> = {},
): Promise<Answer | 'refused' | 'lacks-scope'> {
  // As the vendor's own client does (linodego, client.go), which also knows pages of what stands before the API.
  const headers = { authorization: bearer(token), accept: 'application/json' };
  const request = { method, path, query, headers, signal };
  const { means, answer } = await ask(upstream, request, [
    row([200], 'done'),
    row([401, 403], LACKS_SCOPE, 'lacks-scope'),
    row([401], INVALID, 'refused'),
  ]);
  return means === 'done' ? answer : means;
}
