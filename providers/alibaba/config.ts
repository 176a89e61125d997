/** The operator's keys. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  accounts: z
    .array(
      z
        .strictObject({
          accountId: z
            .string()
            .regex(/^\d{10,20}$/, 'expected the number of an account')
            .describe('The account to act in.'),
          accessKeyId: z
            .string()
            .regex(/^LTAI[A-Za-z0-9]{12,24}$/, 'expected an access key id')
            .optional()
            .describe(
              'Of a user with the right ram:UpdateAccessKey; default is the role that the cluster gives to Quash (RRSA).',
            ),
          accessKeySecret: secretText().optional().describe('Its secret.'),
        })
        .refine(
          ({ accessKeyId, accessKeySecret }) =>
            (accessKeyId === undefined) === (accessKeySecret === undefined),
          { message: 'expected accessKeyId and accessKeySecret together, or neither' },
        ),
    )
    .default([])
    .describe('Accounts in which keys are disabled whose own users may not do that.'),
});

export type AlibabaConfig = z.output<typeof config>;
