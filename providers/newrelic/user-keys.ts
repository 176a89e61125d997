/**
 * User keys, which delete themselves.
 *
 * Docs: https://docs.newrelic.com/docs/apis/nerdgraph/examples/use-nerdgraph-manage-license-keys-user-keys/
 *
 * - A search shows the values of the asker's own user keys; those of other users are hidden. So a user key can only be
 *   found by itself or another key of its user.
 * - A key that does not work is answered with 401 and the code `BAD_API_KEY`.
 */
import { z } from 'zod';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { alreadyInactive, refused, revoked, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { Liveness, RevokeResult, TokenKind } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { DELETE, deleted, FOUND, idOf, nerdGraph, SEARCH } from './nerd-graph.ts';

export const USER_KEY: TokenKind = {
  id: 'user-key',
  types: ['gitleaks_rule_id_new_relic_user_api_key'],
  pattern: /(?<![\w-])NRAK-[A-Z0-9]{27}(?![\w-])/,
  effect: 'token',
};

const BAD_KEY = z.object({
  errors: z.array(z.object({ extensions: z.object({ error_code: z.literal('BAD_API_KEY') }) })).min(1),
});

const OF_USER = { types: 'USER' } as const;

/** @param upstreams of all regions that may have issued a key */
export function userKeys(upstreams: readonly Upstream[]): Part {
  return {
    kinds: [USER_KEY],
    revoke: (token, { signal }) => revokeUserKey(upstreams, token, signal),
    verify: (token, { signal }) => lookAtUserKey(upstreams, token, signal),
  };
}

/** The key itself is the credential; undefined when this region refuses it. */
async function asUserKey(
  upstream: Upstream,
  key: Secret,
  request: ReturnType<typeof nerdGraph>,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const answer = await upstream.request({ ...request, headers: { 'api-key': key }, signal });
  if (answer.status === 200) return answer;
  if (shows(answer, [{ status: 401, body: BAD_KEY }])) return undefined;
  throw unexpected(upstream, answer);
}

async function revokeUserKey(
  upstreams: readonly Upstream[],
  token: Secret,
  signal: AbortSignal,
): Promise<RevokeResult> {
  for (const upstream of upstreams) {
    const found = await asUserKey(upstream, token, nerdGraph(SEARCH, { query: OF_USER }), signal);
    if (!found) continue;
    const id = idOf(token, found);
    if (id === undefined) return refused('not-permitted', NOT_LISTED);
    const deletion = await asUserKey(
      upstream,
      token,
      nerdGraph(DELETE, { keys: { userKeyIds: [id] } }),
      signal,
    );
    // It worked a moment ago, so somebody else was faster.
    if (!deletion) return alreadyInactive({ keyId: id });
    return deleted(deletion, id)
      ? revoked({ keyId: id })
      : refused('not-permitted', NOT_DELETED, { keyId: id });
  }
  return alreadyInactive();
}

const NOT_LISTED =
  'The user key works, but New Relic does not list it among the keys of its user: delete it on the API keys page.';

const NOT_DELETED =
  'New Relic refused to delete the key: an administrator can delete it on the API keys page.';

async function lookAtUserKey(
  upstreams: readonly Upstream[],
  token: Secret,
  signal: AbortSignal,
): Promise<Liveness> {
  for (const upstream of upstreams) {
    const answer = await asUserKey(upstream, token, nerdGraph(SEARCH, { query: OF_USER }), signal);
    if (!answer) continue;
    answer.json(FOUND);
    return 'alive';
  }
  return 'dead';
}
