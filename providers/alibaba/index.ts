/**
 * Alibaba Cloud access keys, which deactivate themselves where they may.
 *
 * Docs: https://www.alibabacloud.com/help/en/ram/developer-reference/api-ims-2019-08-15-updateaccesskey; checked
 * 2026-11-29.
 *
 * - A call needs both halves of a key. The other half is taken from the same report or from the lines around, and a
 *   signature that Alibaba Cloud takes proves the pair.
 * - Without a user's name the call is about the keys of whoever signs, so no credential of ours is needed. No call
 *   finds the user of a key id, and what lists all users and keys is not used. Where a user may not change its own
 *   keys, an operator's credential of the account does it, by the user's name that the signature has shown.
 * - `InvalidAccessKeyId.Inactive` and `.NotFound` are said of the key id, with 400 or 404 by service; after a
 *   revocation it may take some time. Object Storage documents the first also for a key that is limited to other
 *   addresses than ours (https://help.aliyun.com/en/oss/user-guide/0002-00000904, 2026-11-29), as one may be once it has
 *   leaked: so it proves only the death of a key that Quash has just disabled. Any other goes to a person.
 * - A key that Alibaba Cloud itself knows to be leaked may call neither RAM nor IMS (`Forbidden`), but works elsewhere:
 *   https://alibabacloud.com/help/en/ram/use-cases/accesskey-restrictive-protection-description.
 * - The parameters go into the query string, as documented, and the key id with them; the secret never leaves.
 * - It also works for a key of the account itself, which is named like any other.
 * - Temporary credentials (./sts.ts) end by themselves.
 */
import { byKind } from '../../src/provider/kit/by-kind.ts';
import type { ProviderDefinition, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { createCall } from './api.ts';
import { type AlibabaConfig, config } from './config.ts';
import { KEY_ID, KEY_SECRET } from './kinds.ts';
import { accountsOf, checkAccount } from './operator.ts';
import { revokePair, verifyPair } from './pair.ts';
import { STS_SECRET, STS_TOKEN, temporary } from './sts.ts';

export const alibaba: ProviderDefinition<AlibabaConfig> = {
  id: 'alibaba',
  title: 'Alibaba Cloud',
  docs: 'https://www.alibabacloud.com/help/en/ram/developer-reference/api-ims-2019-08-15-updateaccesskey',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'a signature that only the key and its own secret can make',
  proof:
    'Alibaba Cloud says of the key id, which worked before, that it is inactive, once Quash disabled it, or unknown',
  effect: 'the key only, reversibly',
  needs:
    'nothing, but the key id and its secret in one report or near each other; a role or an access key of the account where users may not change their own keys',
  types: [KEY_ID, KEY_SECRET, STS_SECRET, STS_TOKEN].flatMap(({ types }) => types),
  config,
  create: (own, tools) => {
    const call = createCall(tools);
    const accounts = accountsOf(own, tools);
    const lasting = {
      kinds: [KEY_ID, KEY_SECRET],
      revoke: (token: Secret, step: Step) => revokePair(token, step, { accounts, call }),
      verify: (token: Secret, step: Step) => verifyPair(token, step, call),
    };
    return {
      ...byKind([lasting, temporary]),
      check: (signal) => Promise.all(accounts.map((account) => checkAccount(account, call, signal))),
    };
  },
};
