/**
 * Yandex Cloud: IAM tokens, which revoke themselves (./own-tokens.ts); API keys and static access keys, which an
 * operator deletes (./keys.ts).
 *
 * Docs: https://yandex.cloud/en/docs/iam/api-ref/IamToken/revoke, .../iam/api-ref/ApiKey,
 * .../iam/awscompatibility/api-ref/AccessKey; checked 2026-11-21.
 *
 * - No call finds a key by its value, so the keys of all service accounts of the configured folders are listed.
 * - An API key is shown with its last six characters, to every viewer. It is let in first; then only the one key that
 *   ends so is deleted.
 * - A static key is shown with its key id (`YCA…`), which is not what leaks. It is taken from the lines around the leak,
 *   and Object Storage must take what the two sign: a lack of rights is said only of a signature that is right.
 * - Neither kind can be disabled. A deleted key is as unknown as one of another folder.
 */

import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import {
  ConfigFault,
  type Provider,
  type ProviderDefinition,
  type Tools,
} from '../../src/provider/provider.ts';
import { config, type YandexConfig } from './config.ts';
import { accountOf, FOUND } from './keys.ts';
import { API_KEY, STATIC_KEY } from './kinds.ts';
import { createOperator, parseKey, type SignJwt, signJwt } from './operator.ts';
import { OWN_TYPES, ownTokens } from './own-tokens.ts';
import { provenKeys } from './proof.ts';

const KEY_KINDS = [API_KEY, STATIC_KEY];

export const yandex: ProviderDefinition<YandexConfig> = {
  id: 'yandex',
  title: 'Yandex Cloud',
  docs: 'https://yandex.cloud/en/docs/iam/api-ref/IamToken/revoke',
  checked: '2026-11-28',
  stability: 'beta',
  exactness:
    'IAM tokens by value; the only API key with that ending, once it was let in; static keys by a signature of both halves',
  proof: 'Yandex Cloud does not let the IAM token in any more, or no longer has the key',
  effect: 'the token or key only',
  needs: 'nothing for IAM tokens; for keys an authorized key of a service account',
  types: [...OWN_TYPES, ...KEY_KINDS.flatMap(({ types }) => types)],
  config,
  create: (config, tools) => createYandex(config, tools, signJwt),
};

/** @param sign a parameter because its result is another one each time */
export function createYandex({ accounts }: YandexConfig, tools: Tools, sign: SignJwt): Provider {
  const folders = accounts.map(({ key, folderIds }, index) => {
    const parsed = parseKey(key);
    if (!parsed) throw new ConfigFault(['accounts', index, 'key'], 'expected the JSON of an authorized key');
    return accountOf(parsed.serviceAccountId, folderIds, createOperator(parsed, sign, tools), tools);
  });
  const keys = byAccounts(folders, {
    found: FOUND,
    rights:
      'The authorized key must be valid, and its service account be iam.serviceAccounts.admin in the folders.',
    log: tools.log,
  });
  return byKind([
    ownTokens(tools),
    { kinds: KEY_KINDS, isAble: folders.length > 0, ...provenKeys(keys, tools) },
  ]);
}
