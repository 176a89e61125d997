/** The operator's keys below `providers.yandex`. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        key: secretText({ severalLines: true }).describe(
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
