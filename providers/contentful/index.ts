/**
 * Contentful personal access tokens, which revoke themselves (./personal-tokens.ts), and delivery and preview keys of
 * spaces (./space-keys.ts).
 *
 * Docs: https://www.contentful.com/developers/docs/references/content-management-api/access-tokens and
 * https://www.contentful.com/developers/docs/references/content-management-api/#/reference/api-keys, checked
 * 2026-11-21.
 *
 * - Each data residency has its own host: a personal access token is dead when every host refuses it.
 */
import { z } from 'zod';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { byRecords } from '../../src/provider/kit/operator-records.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { PERSONAL_TOKEN, personalTokens } from './personal-tokens.ts';
import { CONTENT_KEY, spaceKeeper } from './space-keys.ts';

const HOSTS = { us: 'https://api.contentful.com', eu: 'https://api.eu.contentful.com' } as const;

const configSchema = z.strictObject({
  regions: z
    .array(z.enum(['us', 'eu']))
    .min(1)
    .default(['us', 'eu'])
    .describe('Data residencies that may have issued a personal access token; one that all refuse is dead.'),
  spaces: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[\w-]{1,64}$/, 'expected the id of a space')
          .describe('Id of the space.'),
        region: z.enum(['us', 'eu']).default('us').describe('Where the space is.'),
        managementToken: secretText().describe('A personal access token of an administrator of the space.'),
      }),
    )
    .default([])
    .describe('Spaces whose delivery and preview keys may leak; asked in this order.'),
});

export type ContentfulConfig = z.output<typeof configSchema>;

export const contentful: ProviderDefinition<ContentfulConfig> = {
  id: 'contentful',
  title: 'Contentful',
  docs: 'https://www.contentful.com/developers/docs/references/content-management-api/access-tokens',
  stability: 'stable',
  exactness: "its user's only active token with this ending; delivery and preview keys by value",
  proof: 'all hosts refuse the token; the record of the key is gone',
  effect: 'the token only; a delivery key takes its preview key along and waits for approval',
  needs: 'nothing for personal access tokens; a management token of each space for delivery and preview keys',
  types: [...PERSONAL_TOKEN.types, ...CONTENT_KEY.types],
  config: configSchema,
  create: ({ regions, spaces }, tools) =>
    byKind([
      personalTokens(regions.map((region) => tools.upstream(HOSTS[region]))),
      {
        kinds: [CONTENT_KEY],
        isAble: spaces.length > 0,
        ...byRecords(
          spaces.map((space) => spaceKeeper(tools.upstream(HOSTS[space.region]), space)),
          {
            unknown:
              'No configured Contentful space has this key: add its space to providers.contentful.spaces and retry, or dismiss it if the key is gone.',
            rights: 'The management token must belong to an administrator of the space.',
          },
          tools.log,
        ),
      },
    ]),
};
