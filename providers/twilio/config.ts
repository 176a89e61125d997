import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        sid: z
          .string()
          .regex(/^(?:AC|SK)[0-9a-f]{32}$/, 'expected AC… or SK… with 32 hex digits')
          .describe('SID of the account, or of a Main API key of it.'),
        secret: secretText().describe('The Auth Token of the account, or the secret of the Main API key.'),
        baseUrl: baseUrl()
          .default('https://iam.twilio.com')
          .describe('The IAM API; regions other than US1 have their own host.'),
      }),
    )
    .default([])
    .describe('Accounts and subaccounts whose API keys may leak; asked in this order.'),
});

export type TwilioConfig = z.output<typeof config>;
