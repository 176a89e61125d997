/**
 * Elasticsearch: API keys of self-managed and hosted clusters.
 *
 * Docs: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-invalidate-api-key,
 * https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-authenticate and, for what a refusal says,
 * Elasticsearch's source (ApiKeyService); checked 2026-11-28.
 *
 * - A key names its record. It invalidates itself if it has `manage_own_api_key`; the others need a key of the operator.
 * - Of a key that was invalidated or has expired the cluster says so; of another cluster's key, that it finds none. A
 *   refusal that says something else is of the cluster's own trouble, such as an index that it cannot read.
 * - Keys are found in their encoded form, the base64 of id and secret; apart, the two look like anything.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_elasticsearch_api_key'],
  // 20 characters, a colon and 22 characters, in base64.
  pattern: /(?<![\w+/=-])[A-Za-z0-9+/]{26}[AEIMQUYcgkosw048]6[A-Za-z0-9+/]{29}[AQgw]==(?![\w+/=-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Every cluster issues its own, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  clusters: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Base URL of the cluster.'),
        apiKey: secretText()
          .optional()
          .describe(
            'An encoded key with `manage_api_key`, for leaked keys that may not invalidate themselves.',
          ),
      }),
    )
    .default([])
    .describe('Clusters whose keys may leak; asked in this order.'),
});

type Config = z.output<typeof config>;

const ITSELF = z.object({
  authentication_type: z.literal('api_key'),
  api_key: z.object({ id: z.string().min(1) }),
});
const errorOf = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object({ error: z.object({ type: z.literal('security_exception'), ...shape }) });
/** From its start on: the id comes back in it, and whoever invents a key chooses that. */
const refusedFor = (why: RegExp) => errorOf({ additional_unsuccessful_credentials: z.string().regex(why) });
const ENDED = refusedFor(/^API key: api key (?:\[.*\] has been invalidated|is expired)$/s);
const UNKNOWN = refusedFor(/^API key: (?:unable to find apikey with id|invalid credentials)/);
const SECURITY = errorOf({});
const INVALIDATED = z.object({
  invalidated_api_keys: z.array(z.string()),
  previously_invalidated_api_keys: z.array(z.string()),
});

const NOT_PERMITTED = refused(
  'not-permitted',
  'The key works, but may not invalidate itself: configure a key with manage_api_key for this cluster and retry, or invalidate it in Kibana under Stack Management > API keys.',
);

function cluster({ url, apiKey }: Config['clusters'][number], tools: Tools): Account<string> {
  const upstream = tools.upstream(url);
  const call = apiKey && operatorCalls(upstream, { authorization: withScheme(apiKey) });

  const seen = async (key: Secret, signal: AbortSignal): Promise<Sight<string>> => {
    const headers = { authorization: withScheme(key) };
    const request = { method: 'GET', path: '/_security/_authenticate', headers, signal } as const;
    const { means } = await ask(upstream, request, [
      row([200], ITSELF, ({ api_key: { id } }) => ({
        state: 'alive' as const,
        found: id,
        by: 'signs-in' as const,
        evidence: { keyId: id },
      })),
      row([401], ENDED, { state: 'dead' as const }),
      row([401], UNKNOWN, { state: 'absent' as const }),
      row([401], SECURITY, 'passing'),
    ]);
    if (means === 'passing') throw new Failure('suspended', { target: upstream.base, status: 401 });
    return means;
  };

  return {
    name: upstream.base,
    look: (key, { signal }) => seen(key, signal),
    async revoke(id, key, { signal }) {
      const request = { method: 'DELETE', path: '/_security/api_key', json: { ids: [id] }, signal } as const;
      const headers = { authorization: withScheme(key) };
      const answer = call
        ? await call({ ...request, statuses: [200] })
        : await upstream.request({ ...request, headers, statuses: [200, 403] });
      if (answer.status === 403 && answer.maybeJson(SECURITY)) return NOT_PERMITTED;
      if (answer.status !== 200) throw unexpected(upstream, answer);
      const { invalidated_api_keys: now, previously_invalidated_api_keys: before } = answer.json(INVALIDATED);
      if (![...now, ...before].includes(id)) throw unexpected(upstream, answer);
      return revoked();
    },
    verify: async (_id, key, { signal }) => ((await seen(key, signal)).state === 'alive' ? 'alive' : 'dead'),
    ...(call && {
      async probe(signal) {
        const path = '/_security/user/_has_privileges';
        const answer = await call({
          method: 'POST',
          path,
          json: { cluster: ['manage_api_key'] },
          readOnly: true,
          statuses: [200],
          signal,
        });
        answer.json(z.object({ has_all_requested: z.literal(true) }));
      },
    }),
  };
}

function withScheme(key: Secret): Secret {
  return new Secret(`ApiKey ${key.reveal()}`);
}

export const elasticsearch: ProviderDefinition<Config> = {
  id: 'elasticsearch',
  title: 'Elasticsearch',
  docs: 'https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-invalidate-api-key',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the key signs in, and the answer names its record',
  proof: 'the cluster says that the key is invalidated, or does not let it in any more',
  effect: 'the key only',
  needs: 'the URL of each cluster; for keys that may not invalidate themselves, a key with manage_api_key',
  types: KIND.types,
  unpublished: KIND.types,
  config,
  create: ({ clusters }, tools) => ({
    kinds: clusters.length > 0 ? [KIND] : [],
    ...byAccounts(
      clusters.map((each) => cluster(each, tools)),
      {
        found: z.string(),
        unknown:
          'No configured cluster knows this key: if it is of another one, add that to providers.elasticsearch.clusters and retry.',
        rights: 'It must have the cluster privilege manage_api_key.',
        log: tools.log,
      },
    ),
  }),
};
