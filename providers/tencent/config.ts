/** The operator's keys below `providers.tencent`. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';
import { SITES } from './api.ts';

export const config = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        secretId: z
          .string()
          .regex(/^AKID[A-Za-z0-9]{32}$/, 'expected AKID and 32 letters and digits')
          .describe('SecretId of a user with cam:ListUsers, cam:ListAccessKeys and cam:UpdateAccessKey.'),
        secretKey: secretText().describe('Its SecretKey.'),
        site: z.enum(SITES).default('china').describe('Where the account was registered.'),
      }),
    )
    .default([])
    .describe('Accounts whose keys may leak; without one a key needs its SecretKey near it.'),
});

export type TencentConfig = z.output<typeof config>;

export type TencentAccount = TencentConfig['accounts'][number];
