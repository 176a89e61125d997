/**
 * Confluent Cloud: secrets of API keys.
 *
 * Docs: https://docs.confluent.io/cloud/current/ccloud/delete-iam-v-2-api-key/,
 * https://docs.confluent.io/cloud/current/ccloud/api-keys-iam-v-2/; checked 2026-11-28.
 *
 * - A secret works only together with its key, 16 characters, which is looked for in the lines around the leak.
 * - A Cloud key signs in to the API that also deletes keys. A key of a cluster signs in to its cluster alone, whose address
 *   only the committer says: of such a one nothing shows that the secret is its own, so a person decides.
 * - A 403 may mean a wrong pair, a missing right, or a record of another organization, which Confluent hides so (see
 *   https://github.com/confluentinc/terraform-provider-confluent): it proves nothing, unless our own record is hidden, too.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { type ConfluentCloudConfig, config } from './config.ts';
import { FOUND, organizationAccount } from './organization.ts';

const HOST = 'https://api.confluent.cloud';

const KIND: TokenKind = {
  id: 'api-secret',
  types: ['gitleaks_rule_id_confluent-secret-key'],
  pattern: /(?<![\w+/-])(?:cflt[A-Za-z0-9+/]{60}|[A-Za-z0-9+/]{64})(?![\w+/=-])/,
  ownTypesOnly: true,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Any organization may have this key, and a key of a cluster signs in there alone.' },
  whole: 'exact',
  undo: 'no',
};

export const confluentCloud: ProviderDefinition<ConfluentCloudConfig> = {
  id: 'confluent-cloud',
  title: 'Confluent Cloud',
  docs: 'https://docs.confluent.io/cloud/current/ccloud/delete-iam-v-2-api-key/',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the secret signs in with the key beside it; a key of a cluster waits for a person',
  proof: 'Confluent Cloud does not let the pair in any more; of a key of a cluster, its record is gone',
  effect: 'the key only',
  needs: 'a Cloud API key of each organization, and the lines around the leak',
  types: KIND.types,
  config,
  create: ({ organizations }, tools) => ({
    kinds: organizations.length > 0 ? [KIND] : [],
    ...byAccounts(
      organizations.map((each) => organizationAccount(tools.upstream(HOST), each)),
      {
        found: FOUND,
        unknown:
          'No key beside the leak is of a configured organization: if it is of another one, add that to providers.confluent-cloud.organizations and retry.',
        rights: 'It must be a Cloud API key of an organization administrator.',
        log: tools.log,
      },
    ),
  }),
};
