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
 * - Keys for other clusters look the same, and are told apart after their secret was found right.
 * - Keys are found in their encoded form, the base64 of id and secret; apart, the two look like anything.
 */
import { z } from 'zod';
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { clusterAccount } from './cluster.ts';
import { config, type ElasticsearchConfig } from './config.ts';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_elasticsearch_api_key'],
  // 20 characters, a colon and 22 characters, in base64.
  pattern: /(?<![\w+/-])[A-Za-z0-9+/]{26}[AEIMQUYcgkosw048]6[A-Za-z0-9+/]{29}[AQgw]==(?![\w+/=-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Every cluster issues its own, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

export const elasticsearch: ProviderDefinition<ElasticsearchConfig> = {
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
      clusters.map((each) => clusterAccount(each, tools)),
      {
        found: z.string(),
        copies: true,
        unknown:
          'No configured cluster knows this key: if it is of another one, add that to providers.elasticsearch.clusters and retry.',
        rights: 'It must have the cluster privilege manage_api_key.',
        log: tools.log,
      },
    ),
  }),
};
