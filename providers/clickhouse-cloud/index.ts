/**
 * ClickHouse Cloud: secrets of API keys.
 *
 * Docs: https://clickhouse.com/docs/cloud/manage/openapi,
 * https://clickhouse.com/docs/products/cloud/api-reference/openapi/delete-key and its neighbours; checked 2026-11-30.
 *
 * - A secret works only together with its key id, which is looked for in the lines around the leak, and with no other.
 * - A key of the operator deletes it. The list shows the last four characters of key ids: one record alone must fit. It
 *   comes in pages of 250, with a cursor in the body
 *   (https://clickhouse.com/docs/products/cloud/api-reference/api-keys/get-list-of-keys, of 2026-09-18).
 * - A key may be limited to addresses, which says nothing of its life. One that is disabled stays in the list, and is
 *   refused in other words than one that is gone (ClickHouse/terraform-provider-clickhouse issues 4 and 66).
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { type ClickhouseCloudConfig, config } from './config.ts';
import { FOUND, organizationAccount } from './organization.ts';

const KIND: TokenKind = {
  id: 'key-secret',
  types: ['gitleaks_rule_id_clickhouse-cloud-api-secret-key'],
  pattern: /(?<![\w-])4b1d[A-Za-z0-9]{38}(?![\w-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Any organization may have this key, and it may be limited to addresses.' },
  whole: 'exact',
  undo: 'no',
};

export const clickhouseCloud: ProviderDefinition<ClickhouseCloudConfig> = {
  id: 'clickhouse-cloud',
  title: 'ClickHouse Cloud',
  docs: 'https://clickhouse.com/docs/products/cloud/api-reference/openapi/delete-key',
  checked: '2026-11-30',
  stability: 'beta',
  exactness: 'the secret works with the key id beside it, and one record alone ends like that',
  proof: 'ClickHouse Cloud does not let the pair in any more',
  effect: 'the key only',
  needs: 'a key of each organization with the role Admin, and the lines around the leak',
  types: KIND.types,
  config,
  create: ({ organizations }, tools) => ({
    kinds: organizations.length > 0 ? [KIND] : [],
    ...byAccounts(
      organizations.map((each) => organizationAccount(each, tools)),
      {
        found: FOUND,
        unknown:
          'The key works, but is of no configured organization: add that to providers.clickhouse-cloud.organizations and retry.',
        rights: 'It must have the role Admin.',
        log: tools.log,
      },
    ),
  }),
};
