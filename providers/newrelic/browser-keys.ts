/**
 * Browser keys, which an operator's user key deletes.
 *
 * Docs: https://docs.newrelic.com/docs/apis/nerdgraph/examples/use-nerdgraph-manage-license-keys-user-keys/
 *
 * - A search shows the values of ingest keys. A deleted browser key is as unknown as one of another account.
 * - The browser key that came with an account cannot be deleted, only rotated by New Relic's support.
 */

import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Keeper } from '../../src/provider/kit/operator-records.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { NewrelicConfig } from './index.ts';
import { DELETE, deleted, idOf, nerdGraph, SEARCH } from './nerd-graph.ts';

export const BROWSER_KEY: TokenKind = {
  id: 'browser-key',
  types: [
    'gitleaks_rule_id_new_relic_ingest_browser_api_token',
    'gitleaks_rule_id_new_relic_ingest_browser_api_token_v2',
  ],
  pattern: /(?<![\w-])NRJS-[0-9a-f]{19}(?![\w-])/,
  effect: 'token',
};

const OF_BROWSERS = { types: 'INGEST', scope: { ingestTypes: 'BROWSER' } } as const;

const ORIGINAL_KEY =
  'New Relic refused to delete the browser key: if it came with the account, ask the support of New Relic to rotate it.';

export function browserKeeper(
  upstream: Upstream,
  { name, userKey }: NewrelicConfig['organizations'][number],
): Keeper {
  const call = operatorCalls(upstream, { 'api-key': userKey });
  const findKey = async (token: Secret, signal: AbortSignal): Promise<string | undefined> =>
    idOf(token, await call({ ...nerdGraph(SEARCH, { query: OF_BROWSERS }), signal }));
  return {
    name,
    own: userKey,
    find: (token, { signal }) => findKey(token, signal),
    async remove(id, token, signal) {
      const evidence = { organization: name, keyId: id };
      if ((await findKey(token, signal)) === undefined) return revoked(evidence);
      const answer = await call({ ...nerdGraph(DELETE, { keys: { ingestKeyIds: [id] } }), signal });
      return deleted(answer, id) ? revoked(evidence) : refused('not-permitted', ORIGINAL_KEY, evidence);
    },
    look: async (_id, token, signal) => ((await findKey(token, signal)) === undefined ? 'dead' : 'alive'),
    async probe(signal) {
      await findKey(userKey, signal);
    },
  };
}
