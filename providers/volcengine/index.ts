/**
 * Volcengine access keys, which are disabled by an operator's access key of the same account.
 *
 * Docs: https://www.volcengine.com/docs/6257/65003 (UpdateAccessKey), 65002 (ListAccessKeys), 65008 (ListUsers),
 * https://www.volcengine.com/docs/6396/1253687 (error codes); checked 2026-11-21.
 *
 * - What is reported is the key's id (`AKLT…`), which is no secret. A secret from the lines around has to sign with it, or
 *   a person approves.
 * - `InvalidAccessKey` is said of an id that does not exist, `SignatureDoesNotMatch` of one that does. No call turns it
 *   into its user: it is looked for in the lists of the credential's own keys and of those of all IAM users. Keys of the
 *   main account are seen by the main account only.
 * - What becomes of a call with a disabled key is not documented, so the list is the proof.
 * - A limit is told by its code, whatever the status, as is a clock that is wrong (the vendor's own clients have the codes:
 *   their numbers are 100018, 100027 and 100006; checked 2026-11-30).
 * - Everything is a GET with the parameters in the query string, the key id among them.
 */
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { accountOf } from './account.ts';
import { createCall } from './api.ts';
import { config, type VolcengineConfig } from './config.ts';
import { lookAtKey, revokeKey, verifyKey } from './key.ts';

const KIND: TokenKind = {
  id: 'access-key-id',
  types: ['gitleaks_rule_id_volcengineaccesskeyid'],
  pattern: /(?<![\w-])AKLT[\w-]{40,60}={0,2}(?![\w=-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'BytePlus, the international service, has accounts of its own, which are not asked.' },
  whole: 'open',
  undo: 'yes',
};

const RIGHTS =
  'The access key must be active and have iam:ListUsers, iam:ListAccessKeys and iam:UpdateAccessKey.';

export const volcengine: ProviderDefinition<VolcengineConfig> = {
  id: 'volcengine',
  title: 'Volcengine',
  docs: 'https://www.volcengine.com/docs/6257/65003',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the key id that its secret signs with, in the list of its user; an id alone waits for approval',
  proof: 'the list of its user has the key as inactive, or no longer',
  effect: 'the key only, reversibly',
  needs: 'an access key of each account',
  types: KIND.types,
  config,
  create: ({ accounts: configured }, tools) => {
    const call = createCall(tools);
    const accounts = configured.map((account) => accountOf(account, call));
    const keys = { accounts, call };
    return {
      kinds: accounts.length > 0 ? [KIND] : [],
      revoke: (token, step) => revokeKey(token, step, keys),
      look: (token, step) => lookAtKey(token, step, keys),
      verify: (token, step) => verifyKey(token, step, keys),
      check: (signal) =>
        Promise.all(
          accounts.map(({ name, probe }) =>
            checkOf(`credential of ${name}`, () => probe(signal), { refused: RIGHTS, forbidden: RIGHTS }),
          ),
        ),
    };
  },
};
