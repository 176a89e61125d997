import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the accounts.'),
        region: z.enum(['us', 'eu']).default('us').describe('Where the account is.'),
        apiKey: secretText().describe('An API key with the role `admin`.'),
      }),
    )
    .default([])
    .describe('Accounts whose API keys may leak; asked in this order.'),
});

export type MailgunConfig = z.output<typeof config>;
