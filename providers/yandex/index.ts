/**
 * Yandex Cloud: IAM tokens, which revoke themselves (./own-tokens.ts); API keys and static access keys, which an
 * operator deletes (./keys.ts).
 *
 * Docs: https://yandex.cloud/en/docs/iam/api-ref/IamToken/revoke, .../iam/api-ref/ApiKey,
 * .../iam/awscompatibility/api-ref/AccessKey; checked 2026-11-21.
 *
 * - No call finds a key by its value, so the keys of all service accounts of the configured folders are listed.
 * - An API key is shown with its last six characters; only the one key that ends so is deleted.
 * - A static key is shown with its key id (`YCA…`), which is not what leaks. It is taken from the lines around the leak,
 *   and Object Storage must take what the two sign: a lack of rights is said only of a signature that is right.
 * - Neither kind can be disabled. A deleted key is as unknown as one of another folder.
 */
import { z } from 'zod';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { byRecords } from '../../src/provider/kit/operator-records.ts';
import {
  ConfigFault,
  type Provider,
  type ProviderDefinition,
  type Tools,
} from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { API_KEY, keeperOf, STATIC_KEY } from './keys.ts';
import { createOperator, parseKey, type SignJwt, signJwt } from './operator.ts';
import { OWN_TYPES, ownTokens } from './own-tokens.ts';

const config = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        key: secretText().describe(
          'The JSON file of an authorized key; its service account needs iam.serviceAccounts.admin in the folders.',
        ),
        folderIds: z
          .array(z.string().regex(/^[\w-]{1,50}$/, 'expected the id of a folder'))
          .min(1)
          .describe('Folders whose service accounts are searched.'),
      }),
    )
    .default([])
    .describe('For API keys and static access keys; without one only IAM tokens are revoked.'),
});

export type YandexConfig = z.output<typeof config>;

const KEY_KINDS = [API_KEY, STATIC_KEY];

export const yandex: ProviderDefinition<YandexConfig> = {
  id: 'yandex',
  title: 'Yandex Cloud',
  docs: 'https://yandex.cloud/en/docs/iam/api-ref/IamToken/revoke',
  stability: 'beta',
  exactness:
    'IAM tokens by value; the only API key with that ending; static keys by a signature of both halves',
  proof: 'Yandex Cloud does not let the IAM token in any more, or no longer has the key',
  effect: 'the token or key only',
  needs: 'nothing for IAM tokens; for keys an authorized key of a service account',
  types: [...OWN_TYPES, ...KEY_KINDS.flatMap(({ types }) => types)],
  config,
  create: (config, tools) => createYandex(config, tools, signJwt),
};

/** @param sign a parameter because its result is another one each time */
export function createYandex({ accounts }: YandexConfig, tools: Tools, sign: SignJwt): Provider {
  const keepers = accounts.map(({ key, folderIds }, index) => {
    const parsed = parseKey(key);
    if (!parsed) throw new ConfigFault(['accounts', index, 'key'], 'expected the JSON of an authorized key');
    return keeperOf(parsed.serviceAccountId, folderIds, createOperator(parsed, sign, tools), tools);
  });
  const advice = {
    unknown:
      'No configured folder has this key: add its folder to providers.yandex.accounts and retry, or dismiss this if the key is gone.',
    rights:
      'The authorized key must be valid, and its service account be iam.serviceAccounts.admin in the folders.',
  };
  const keys = byRecords(keepers, advice, tools.log);
  return byKind([ownTokens(tools), { kinds: KEY_KINDS, isAble: keepers.length > 0, ...keys }]);
}
