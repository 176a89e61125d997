/** The provider's own keys. */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const configSchema = z.strictObject({
  environments: z
    .array(
      z.strictObject({
        url: baseUrl().describe(
          'Of the environment, e.g. https://abc12345.live.dynatrace.com or https://dynatrace.example.com/e/ENVIRONMENT.',
        ),
        token: secretText().describe(
          'An access token with the scopes `apiTokens.read` and `apiTokens.write`.',
        ),
      }),
    )
    .default([])
    .describe('Environments whose access tokens may leak; asked in this order.'),
  accounts: z
    .array(
      z.strictObject({
        uuid: z.uuid().describe('UUID of the account.'),
        clientId: z.string().min(1).describe('Id of an OAuth client of the account.'),
        clientSecret: secretText().describe(
          'Its secret; the client needs `account-idm-read` and `account-idm-write`.',
        ),
      }),
    )
    .default([])
    .describe('Accounts whose platform tokens may leak; asked in this order.'),
});

export type DynatraceConfig = z.output<typeof configSchema>;
export type Environment = DynatraceConfig['environments'][number];
export type PlatformAccount = DynatraceConfig['accounts'][number];
