/**
 * Dynatrace access tokens (dt0c01, of an environment: ./access-tokens.ts) and platform tokens (dt0s16, of an account:
 * ./platform-tokens.ts).
 *
 * Docs: https://docs.dynatrace.com/docs/dynatrace-api/environment-api/tokens-v2/api-tokens and
 * https://docs.dynatrace.com/docs/dynatrace-api/account-management-api/platform-tokens-api, checked 2026-11-28.
 *
 * - The vendor's own scripts ask for JSON (dynatrace-oss/dynatrace-gcp-monitor, scripts/lib.sh).
 * - Tokens are disabled, not deleted: as dead as deleted ones, and their record goes on saying so.
 * - A token of another environment or account is as unknown as a deleted one.
 */
import { z } from 'zod';
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { ACCESS_TOKEN, environmentAccount } from './access-tokens.ts';
import { configSchema, type DynatraceConfig } from './config.ts';
import { PLATFORM_TOKEN, platformAccount } from './platform-tokens.ts';

export const dynatrace: ProviderDefinition<DynatraceConfig> = {
  id: 'dynatrace',
  title: 'Dynatrace',
  docs: 'https://docs.dynatrace.com/docs/dynatrace-api/environment-api/tokens-v2/api-tokens',
  checked: '2026-11-28',
  stability: 'stable',
  exactness: 'access tokens by value; platform tokens by the id inside them, which a person approves',
  proof: "the token's record says that it is disabled; of a platform token, that it is not active any more",
  effect: 'the token only, and it can be enabled again',
  needs:
    'an access token of each environment for access tokens, an OAuth client of each account for platform tokens',
  types: [...ACCESS_TOKEN.types, ...PLATFORM_TOKEN.types],
  config: configSchema,
  create: ({ environments, accounts }, tools) =>
    byKind([
      {
        kinds: [ACCESS_TOKEN],
        isAble: environments.length > 0,
        ...byAccounts(
          environments.map((environment) => environmentAccount(environment, tools)),
          {
            found: z.string(),
            unknown:
              'No configured Dynatrace environment knows this token: find out which environment it is of, add that to providers.dynatrace.environments and retry.',
            rights: 'The access token must have the scopes apiTokens.read and apiTokens.write.',
            log: tools.log,
          },
        ),
      },
      {
        kinds: [PLATFORM_TOKEN],
        isAble: accounts.length > 0,
        ...byAccounts(
          accounts.map((account) => platformAccount(account, tools)),
          {
            found: z.string(),
            unknown:
              'No configured Dynatrace account has an active token with this id: find out which account it is of, add that to providers.dynatrace.accounts and retry.',
            rights: 'The OAuth client must have the scopes account-idm-read and account-idm-write.',
            log: tools.log,
          },
        ),
      },
    ]),
};
