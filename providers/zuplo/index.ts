/**
 * Zuplo: API keys that the operator's own gateway gave to its consumers.
 *
 * Docs: https://zuplo.com/docs/articles/api-key-api and
 * https://zuplo.com/docs/articles/api-key-self-serve-integration, checked 2026-11-29.
 *
 * - The developer API shows the keys of a bucket whole. A key is deleted by its id; a gateway may take it for a minute
 *   more, as long as its cache keeps it.
 * - A list has as many entries as the vendor gives at most, whatever is asked for, and says how many there are
 *   (https://zuplo.com/docs/api/api-keys-keys, checked 2026-11-30).
 * - Keys of the developer API itself look the same and are in no bucket: those go to a person.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import { lookInList } from '../../src/provider/kit/listed-secrets.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { type Page, readPages } from '../../src/provider/kit/pages.ts';
import { revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { type Answer, bearer } from '../../src/provider/upstream.ts';
import { isMaskedToken } from '../../src/words/mask.ts';
import { secretText } from '../../src/words/secret-text.ts';

const HOST = 'https://dev.zuplo.com';

const KIND: TokenKind = {
  id: 'consumer-key',
  types: ['gitleaks_rule_id_zuplo-consumer-api-key.1'],
  pattern: /(?<![\w-])zpka_[0-9a-z]{32}_[0-9a-f]{8}(?![\w-])/,
  effect: 'token',
  possession: 'listed-whole',
  places: { open: 'Any account may have this key, and only the configured buckets are asked.' },
  whole: 'exact',
  undo: 'no',
};

const name = () => z.string().regex(/^[\w-]{1,100}$/);

const config = z.strictObject({
  buckets: z
    .array(
      z.strictObject({
        account: name().describe('The name of the account.'),
        bucket: name().describe('The name of the bucket of keys.'),
        apiKey: secretText().describe('A key of the developer API.'),
      }),
    )
    .default([])
    .describe('Buckets whose keys may leak; asked in this order.'),
});

type Config = z.output<typeof config>;

const PAGE_SIZE = 100;
/** Of the keys of one consumer, which are all on one page: between two, one that is deleted moves another out of sight. */
const KEYS = 1000;
const MAX_PAGES = 5;

const FOUND = z.object({ consumer: z.string(), keyId: z.string() });
type Found = z.output<typeof FOUND>;
const KEY = z.object({ id: z.string().min(1), key: z.string() });
const CONSUMER = z.object({ name: z.string(), apiKeys: z.array(KEY).optional() });
type Range = Readonly<Record<'offset' | 'limit', number>>;
const COUNT = z.int().nonnegative().optional();
const pageOf = <T>(item: z.core.$ZodType<T>) => z.object({ data: z.array(item), limit: COUNT, total: COUNT });
const PROBLEM = z.object({ status: z.literal(404) });

function bucketOf({ account, bucket, apiKey }: Config['buckets'][number], tools: Tools): Account<Found> {
  const upstream = tools.upstream(HOST);
  const call = operatorCalls(upstream, { authorization: bearer(apiKey) });
  const consumers = `/v1/accounts/${account}/key-buckets/${bucket}/consumers`;
  const keysOf = (consumer: string) => `${consumers}/${encodeURIComponent(consumer)}/keys`;

  /** @throws {Failure} where a key is masked all the same, which is then not gone */
  const whole = (keys: readonly z.output<typeof KEY>[]) => {
    if (!keys.some(({ key }) => isMaskedToken(key))) return keys;
    throw new Failure('permission-missing', { target: upstream.base });
  };

  /** @param asked of which the vendor may give fewer: it says how many at most, and how many there are in all */
  const pageIn = <T>(answer: Answer, item: z.core.$ZodType<T>, asked: Range): Page<T, number> => {
    const { data, limit = asked.limit, total = 0 } = answer.json(pageOf(item));
    const end = asked.offset + data.length;
    if (data.length < limit && end >= total) return { items: data, next: undefined };
    if (data.length === 0) throw unexpected(upstream, answer);
    return { items: data, next: end };
  };
  const consumersFrom = async (offset: number, signal: AbortSignal) => {
    const range = { limit: PAGE_SIZE, offset };
    const query = { 'include-api-keys': 'true', 'key-format': 'visible', ...range };
    const answer = await call({ method: 'GET', path: consumers, query, statuses: [200], signal });
    return pageIn(answer, CONSUMER, range);
  };

  return {
    name: `${account}/${bucket}`,
    look: lookInList<Found, number>({
      ...{ clock: tools.clock, first: 0, evidence: ({ keyId }) => ({ keyId }) },
      isByNumber: (offset) => offset > 0,
      async list(offset, signal) {
        const { items, next } = await consumersFrom(offset, signal);
        const secrets = items.flatMap(({ name: consumer, apiKeys = [] }) =>
          whole(apiKeys).map(({ id, key }) => [key, { consumer, keyId: id }] as const),
        );
        return { secrets, next };
      },
      async secretsOf({ consumer, keyId }, signal) {
        const within = { path: consumers, shows: pageOf(CONSUMER) };
        const request = { method: 'GET', path: keysOf(consumer), statuses: [200], signal } as const;
        const keys = await readPages(0, MAX_PAGES, async (offset) => {
          const range = { limit: KEYS, offset };
          const query = { 'key-format': 'visible', ...range };
          const answer = await call({ ...request, query, notFound: PROBLEM, within });
          return answer.status === 404 ? 'gone' : pageIn(answer, KEY, range);
        });
        if (keys === 'gone') return [];
        if (!keys) throw new Failure('unexpected-answer', { target: upstream.base });
        return keys.flatMap(({ id, key }) => (id === keyId ? [key] : []));
      },
    }),
    async revoke({ consumer, keyId }, _token, { signal }) {
      const path = `${keysOf(consumer)}/${encodeURIComponent(keyId)}`;
      const request = { method: 'DELETE', path, statuses: [200, 204], notFound: PROBLEM, signal } as const;
      const answer = await call(request);
      if (!isEmptyOrJson(answer)) throw unexpected(upstream, answer);
      return revoked();
    },
    probe: async (signal) => void (await consumersFrom(0, signal)),
  };
}

export const zuplo: ProviderDefinition<Config> = {
  id: 'zuplo',
  title: 'Zuplo',
  docs: 'https://zuplo.com/docs/articles/api-key-api',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the bucket shows the key whole',
  proof: 'the key is not in its bucket any more',
  effect: 'the key only',
  needs: 'the name of each account and bucket, and a key of the developer API',
  types: KIND.types,
  config,
  create: ({ buckets }, tools) => ({
    kinds: buckets.length > 0 ? [KIND] : [],
    ...byAccounts(
      buckets.map((each) => bucketOf(each, tools)),
      {
        found: FOUND,
        unknown:
          'No configured bucket has this key: if it is of another one, add that to providers.zuplo.buckets and retry; a key of the developer API is deleted in the settings of its account.',
        rights:
          'The key of the developer API must be of the account, and be shown the keys of the bucket whole.',
        log: tools.log,
      },
    ),
  }),
};
