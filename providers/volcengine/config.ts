/** The operator's keys below `providers.volcengine`. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
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

export type VolcengineAccount = VolcengineConfig['accounts'][number];
