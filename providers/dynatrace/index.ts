/**
 * Dynatrace access tokens (dt0c01, of an environment: ./access-tokens.ts) and platform tokens (dt0s16, of an account:
 * ./platform-tokens.ts).
 *
 * Docs: https://docs.dynatrace.com/docs/dynatrace-api/environment-api/tokens-v2/api-tokens and
 * https://docs.dynatrace.com/docs/dynatrace-api/account-management-api/platform-tokens-api, checked 2026-11-21.
 *
 * - Tokens are disabled, not deleted: as dead as deleted ones, and their record goes on saying so.
 * - A token of another environment or account is as unknown as a deleted one.
 */
import { z } from 'zod';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { byRecords } from '../../src/provider/kit/operator-records.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { ACCESS_TOKEN, environmentKeeper } from './access-tokens.ts';
import { accountKeeper, PLATFORM_TOKEN } from './platform-tokens.ts';

const configSchema = z.strictObject({
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

export const dynatrace: ProviderDefinition<DynatraceConfig> = {
  id: 'dynatrace',
  title: 'Dynatrace',
  docs: 'https://docs.dynatrace.com/docs/dynatrace-api/environment-api/tokens-v2/api-tokens',
  stability: 'stable',
  exactness: 'access tokens by value, platform tokens by the id inside them',
  proof: "the token's record says that it is disabled",
  effect: 'the token only',
  needs:
    'an access token of each environment for access tokens, an OAuth client of each account for platform tokens',
  types: [...ACCESS_TOKEN.types, ...PLATFORM_TOKEN.types],
  config: configSchema,
  create: ({ environments, accounts }, tools) =>
    byKind([
      {
        kinds: [ACCESS_TOKEN],
        isAble: environments.length > 0,
        ...byRecords(
          environments.map((environment) => environmentKeeper(environment, tools)),
          {
            unknown:
              'No configured Dynatrace environment knows this token: add its environment to providers.dynatrace.environments and retry, or dismiss it if the token is gone.',
            rights: 'The access token must have the scopes apiTokens.read and apiTokens.write.',
          },
          tools.log,
        ),
      },
      {
        kinds: [PLATFORM_TOKEN],
        isAble: accounts.length > 0,
        ...byRecords(
          accounts.map((account) => accountKeeper(account, tools)),
          {
            unknown:
              'No configured Dynatrace account knows this token: add its account to providers.dynatrace.accounts and retry, or dismiss it if the token is gone.',
            rights: 'The OAuth client must have the scopes account-idm-read and account-idm-write.',
          },
          tools.log,
        ),
      },
    ]),
};
