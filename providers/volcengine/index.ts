/**
 * Volcengine access keys, which are disabled by an operator's access key of the same account.
 *
 * Docs: https://www.volcengine.com/docs/6257/65003 (UpdateAccessKey), 65002 (ListAccessKeys), 65008 (ListUsers),
 * https://www.volcengine.com/docs/6396/1253687 (error codes); checked 2026-11-21.
 *
 * - What is reported is the key's id (`AKLT…`), which no call turns into its user: it is looked for in the lists of the
 *   credential's own keys and of those of all IAM users. Keys of the main account are seen by the main account only.
 * - What becomes of a call with a disabled key is not documented, so the list is the proof.
 * - Everything is a GET with the parameters in the query string, the key id among them.
 */
import { z } from 'zod';
import { byRecords } from '../../src/provider/kit/operator-records.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { keeperOf } from './account.ts';

const config = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        accessKeyId: z
          .string()
          .regex(/^AKLT[\w-]+$/, 'expected AKLT…')
          .describe('Of a user with iam:ListUsers, iam:ListAccessKeys and iam:UpdateAccessKey.'),
        secretAccessKey: secretText().describe('Its secret.'),
      }),
    )
    .default([])
    .describe('Accounts whose access keys may leak; asked in this order.'),
});

export type VolcengineConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'access-key-id',
  types: ['gitleaks_rule_id_volcengineaccesskeyid'],
  pattern: /(?<![\w-])AKLT[\w-]{40,60}={0,2}(?![\w=-])/,
  effect: 'token',
};

export const volcengine: ProviderDefinition<VolcengineConfig> = {
  id: 'volcengine',
  title: 'Volcengine',
  docs: 'https://www.volcengine.com/docs/6257/65003',
  stability: 'beta',
  exactness: 'by the key id, which is what leaked, in the list of its user',
  proof: 'the list of its user has the key as inactive, or no longer',
  effect: 'the key only, reversibly',
  needs: 'an access key of each account',
  types: KIND.types,
  config,
  create: ({ accounts }, tools) => ({
    kinds: accounts.length > 0 ? [KIND] : [],
    ...byRecords(
      accounts.map((account) => keeperOf(account, tools)),
      {
        unknown:
          'No configured Volcengine account knows this key: add its account to providers.volcengine.accounts and retry, or dismiss this if the key is gone.',
        rights:
          'The access key must be active and have iam:ListUsers, iam:ListAccessKeys and iam:UpdateAccessKey.',
      },
      tools.log,
    ),
  }),
};
