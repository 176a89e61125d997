/**
 * Browser keys, which an operator's user key deletes.
 *
 * Docs: https://docs.newrelic.com/docs/apis/nerdgraph/examples/use-nerdgraph-manage-license-keys-user-keys/
 *
 * - A search shows the values of ingest keys. A deleted browser key is as unknown as one of another account, and one of an
 *   account that the user key may not see any more is not gone.
 * - The browser key that came with an account cannot be deleted, only rotated by New Relic's support.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { lookInList } from '../../src/provider/kit/listed-secrets.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { NewrelicConfig } from './config.ts';
import { allKeys, deleted, deletion, keysAfter, type NerdGraphRequest, showsAccount } from './nerd-graph.ts';

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

/** Notes of earlier versions have the id alone. */
export const FOUND = z.union([
  z.object({ id: z.string(), accountId: z.int().nullable() }),
  z.string().transform((id) => ({ id, accountId: null })),
]);
type Found = z.output<typeof FOUND>;

export function browserAccount(
  upstream: Upstream,
  { name, userKey }: NewrelicConfig['organizations'][number],
  { clock }: Tools,
): Account<Found> {
  const call = operatorCalls(upstream, { 'api-key': userKey });
  const asOurs = (signal: AbortSignal) => (request: NerdGraphRequest) => call({ ...request, signal });

  const page = async (cursor: string | null, signal: AbortSignal) => {
    const keys = await keysAfter(cursor, OF_BROWSERS, asOurs(signal));
    if (!keys) throw new Failure('credential-refused', { target: upstream.base });
    return keys;
  };

  return {
    name,
    seenWith: credentialMark(userKey),
    look: lookInList<Found, string | null>({
      ...{ clock, first: null, evidence: ({ id }) => ({ keyId: id }) },
      async list(cursor, signal) {
        const { items, next } = await page(cursor, signal);
        const secrets = items.flatMap(({ id, key, accountId = null }) =>
          key ? [[key, { id, accountId }] as const] : [],
        );
        return { secrets, next };
      },
      async secretsOf({ id, accountId }, signal) {
        const keys = await allKeys(upstream, OF_BROWSERS, asOurs(signal));
        const key = keys === 'refused' ? undefined : keys.find((each) => each.id === id);
        if (key || accountId === null) return key ? [key.key ?? ''] : [];
        if (await showsAccount(accountId, asOurs(signal))) return [];
        throw new Failure('permission-missing', { scope: 'entry', target: upstream.base });
      },
    }),
    async revoke({ id }, _token, { signal }) {
      const evidence = { keyId: id };
      const answer = await call({ ...deletion({ ingestKeyIds: [id] }), signal });
      return deleted(answer, id) ? revoked(evidence) : refused('not-permitted', ORIGINAL_KEY, evidence);
    },
    async probe(signal) {
      await page(null, signal);
    },
  };
}
