/**
 * New Relic user keys (./user-keys.ts) and browser keys (./browser-keys.ts).
 *
 * Docs: https://docs.newrelic.com/docs/apis/nerdgraph/examples/use-nerdgraph-manage-license-keys-user-keys/, checked
 * 2026-11-21.
 *
 * - What failed comes as 200 with `errors`.
 * - Each region knows its own keys only: a user key is dead when every region refuses it.
 * - Not covered, for want of a call: REST API keys (NRRA-) and user API ids.
 */
import { z } from 'zod';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { byRecords } from '../../src/provider/kit/operator-records.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { BROWSER_KEY, browserKeeper } from './browser-keys.ts';
import { USER_KEY, userKeys } from './user-keys.ts';

const HOSTS = { us: 'https://api.newrelic.com', eu: 'https://api.eu.newrelic.com' } as const;

const configSchema = z.strictObject({
  regions: z
    .array(z.enum(['us', 'eu']))
    .min(1)
    .default(['us', 'eu'])
    .describe('Regions that may have issued a user key; one that all of them refuse is dead.'),
  organizations: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the organisations.'),
        region: z.enum(['us', 'eu']).default('us').describe('Where the organisation is.'),
        userKey: secretText().describe('A user key (NRAK-) of a user who may manage ingest keys.'),
      }),
    )
    .default([])
    .describe('Organisations whose browser keys may leak; user keys need none.'),
});

export type NewrelicConfig = z.output<typeof configSchema>;

export const newrelic: ProviderDefinition<NewrelicConfig> = {
  id: 'newrelic',
  title: 'New Relic',
  docs: 'https://docs.newrelic.com/docs/apis/nerdgraph/examples/use-nerdgraph-manage-license-keys-user-keys/',
  stability: 'stable',
  exactness: 'by value',
  proof: 'all regions refuse the user key; the browser key is no longer listed',
  effect: 'the token only',
  needs: 'nothing for user keys; a user key of each organisation for browser keys',
  types: [...USER_KEY.types, ...BROWSER_KEY.types],
  config: configSchema,
  create: ({ regions, organizations }, tools) =>
    byKind([
      userKeys(regions.map((region) => tools.upstream(HOSTS[region]))),
      {
        kinds: [BROWSER_KEY],
        isAble: organizations.length > 0,
        ...byRecords(
          organizations.map((organization) =>
            browserKeeper(tools.upstream(HOSTS[organization.region]), organization),
          ),
          {
            unknown:
              'No configured New Relic organisation has this browser key: add its organisation to providers.newrelic.organizations and retry, or dismiss it if the key is gone.',
            rights: 'The user key must belong to a user who may manage ingest keys.',
          },
          tools.log,
        ),
      },
    ]),
};
