/**
 * Tencent Cloud API keys, which are disabled by an operator's key, or by themselves.
 *
 * Docs: https://www.tencentcloud.com/document/product/598/52592 (UpdateAccessKey), 37088 (ListAccessKeys), 32256
 * (ListUsers), https://www.tencentcloud.com/document/api/1150/49453 (GetCallerIdentity); checked 2026-11-21.
 *
 * - What is reported is the SecretId (`AKID…`), which is no secret. The SecretKey (32 letters and digits) is taken from
 *   the lines around; a signature that Tencent Cloud takes proves the pair. Without `TargetUin` the call is about the
 *   keys of whoever signs.
 * - The id is looked at before the signature: `AuthFailure.SignatureFailure` is said of an active one, and
 *   `AuthFailure.SecretIdNotFound` is documented for deleted and disabled ones alike. The Chinese and the international
 *   site have endpoints of their own; only the same answer of both shows that a key is dead.
 * - More than five minutes from Tencent Cloud's clock, any signature is told `AuthFailure.SignatureExpire`
 *   (tencentyun/intlcloud-documents; checked 2026-11-30).
 * - With an operator's key an active key is looked for in the lists of its own user and of all sub-users. Keys of the
 *   main account are in them only when the operator's key is one of it.
 */
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { createCall, SITES } from './api.ts';
import { config, type TencentConfig } from './config.ts';
import { lookAtKey, revokeKey, verifyKey } from './key.ts';
import { operatorOf } from './operator.ts';

const KIND: TokenKind = {
  id: 'secret-id',
  types: ['gitleaks_rule_id_tencentcloudsecretid'],
  pattern: /(?<![\w-])AKID[A-Za-z0-9]{32}(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { all: SITES },
  whole: 'exact',
  undo: 'yes',
};

const RIGHTS = 'The key must be active and have cam:ListUsers, cam:ListAccessKeys and cam:UpdateAccessKey.';

export const tencent: ProviderDefinition<TencentConfig> = {
  id: 'tencent',
  title: 'Tencent Cloud',
  docs: 'https://www.tencentcloud.com/document/product/598/52592',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the SecretId that its SecretKey signs with; a SecretId alone waits for approval',
  proof: 'neither site of Tencent Cloud knows the SecretId as active',
  effect: 'the key only, reversibly',
  needs: 'nothing for a SecretId with its SecretKey near it; for all others a key of each account',
  types: KIND.types,
  config,
  create: ({ accounts }, tools) => {
    const call = createCall(tools);
    const keys = { accounts, call };
    return {
      kinds: [KIND],
      revoke: (token, step) => revokeKey(token, step, keys),
      look: (token, step) => lookAtKey(token, step, keys),
      verify: (token, step) => verifyKey(token, step, keys),
      check: (signal) =>
        Promise.all(
          accounts.map((account) => {
            const { name, probe } = operatorOf(account, call);
            return checkOf(`credential of ${name}`, () => probe(signal), {
              refused: RIGHTS,
              forbidden: RIGHTS,
            });
          }),
        ),
    };
  },
};
