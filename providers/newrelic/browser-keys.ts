/**
 * Browser keys, which an operator's user key deletes.
 *
 * Docs: https://docs.newrelic.com/docs/apis/nerdgraph/examples/use-nerdgraph-manage-license-keys-user-keys/
 *
 * - A search shows the values of ingest keys. A deleted browser key is as unknown as one of another account.
 * - The browser key that came with an account cannot be deleted, only rotated by New Relic's support.
 */
import { Failure } from '../../src/provider/failure.ts';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { NewrelicConfig } from './config.ts';
import { deleted, deletion, searchKey } from './nerd-graph.ts';

export const BROWSER_KEY: TokenKind = {
  id: 'browser-key',
  types: [
    'gitleaks_rule_id_new_relic_ingest_browser_api_token',
    'gitleaks_rule_id_new_relic_ingest_browser_api_token_v2',
  ],
  pattern: /(?<![\w-])NRJS-[0-9a-f]{19}(?![\w-])/,
  effect: 'token',
  possession: 'listed-whole',
  places: { open: 'Any organization may have this key, and each knows only its own.' },
  whole: 'exact',
  undo: 'no',
};

const OF_BROWSERS = { types: 'INGEST', scope: { ingestTypes: 'BROWSER' } } as const;

const ORIGINAL_KEY =
  'New Relic refused to delete the browser key: if it came with the account, ask the support of New Relic to rotate it.';

export function browserAccount(
  upstream: Upstream,
  { name, userKey }: NewrelicConfig['organizations'][number],
): Account<string> {
  const call = operatorCalls(upstream, { 'api-key': userKey });
  const findKey = async (token: Secret, signal: AbortSignal): Promise<string | undefined> => {
    const found = await searchKey(upstream, OF_BROWSERS, token, (request) => call({ ...request, signal }));
    if (found === 'refused') throw new Failure('credential-refused', { target: upstream.base });
    return found.id;
  };
  return {
    name,
    async look(token, { signal }) {
      const id = await findKey(token, signal);
      return id === undefined ? { state: 'absent' } : { state: 'alive', found: id, by: 'listed-whole' };
    },
    async revoke(id, _token, { signal }) {
      const evidence = { keyId: id };
      const answer = await call({ ...deletion({ ingestKeyIds: [id] }), signal });
      return deleted(answer, id) ? revoked(evidence) : refused('not-permitted', ORIGINAL_KEY, evidence);
    },
    async probe(signal) {
      await findKey(userKey, signal);
    },
  };
}
