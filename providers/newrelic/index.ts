/**
 * New Relic user keys (./user-keys.ts) and browser keys (./browser-keys.ts).
 *
 * Docs: https://docs.newrelic.com/docs/apis/nerdgraph/examples/use-nerdgraph-manage-license-keys-user-keys/, checked
 * 2026-11-21.
 *
 * - What failed comes as 200 with `errors`.
 * - Each of the four regions knows its own keys only: a user key is dead when every region refuses it.
 * - A search comes in pages; only one that was read to its end shows that a key is not there.
 * - Not covered, for want of a call: REST API keys (NRRA-) and user API ids.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { BROWSER_KEY, browserAccount, FOUND } from './browser-keys.ts';
import { config, HOSTS, type NewrelicConfig } from './config.ts';
import { USER_KEY, userKeys } from './user-keys.ts';

export const newrelic: ProviderDefinition<NewrelicConfig> = {
  id: 'newrelic',
  title: 'New Relic',
  docs: 'https://docs.newrelic.com/docs/apis/nerdgraph/examples/use-nerdgraph-manage-license-keys-user-keys/',
  stability: 'stable',
  exactness: 'by value',
  proof: 'all four regions refuse the user key; the browser key is no longer listed',
  effect: 'the token only',
  needs: 'nothing for user keys; a user key of each organization for browser keys',
  types: [...USER_KEY.types, ...BROWSER_KEY.types],
  config,
  create: ({ regions, organizations }, tools) =>
    byKind([
      userKeys(
        [...new Set(regions)].map((region) => ({
          host: HOSTS[region],
          upstream: tools.upstream(HOSTS[region]),
        })),
        tools.clock,
      ),
      {
        kinds: [BROWSER_KEY],
        isAble: organizations.length > 0,
        ...byAccounts(
          organizations.map((organization) =>
            browserAccount(tools.upstream(HOSTS[organization.region]), organization, tools),
          ),
          {
            found: FOUND,
            unknown:
              'No configured New Relic organization has this browser key: add its organization to providers.newrelic.organizations and retry.',
            rights: 'The user key must belong to a user who may manage ingest keys.',
            log: tools.log,
          },
        ),
      },
    ]),
};
