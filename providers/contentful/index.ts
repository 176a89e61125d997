/**
 * Contentful personal access tokens, which revoke themselves (./personal-tokens.ts), and delivery and preview keys of
 * spaces (./space-keys.ts).
 *
 * Docs: https://www.contentful.com/developers/docs/references/content-management-api/access-tokens and
 * https://www.contentful.com/developers/docs/references/content-management-api/#/reference/api-keys, checked
 * 2026-11-21.
 *
 * - Each data residency has its own host: a personal access token is dead only when each of them refuses it.
 */
import { z } from 'zod';
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { type ContentfulConfig, configSchema, HOSTS } from './config.ts';
import { PERSONAL_TOKEN, personalTokens } from './personal-tokens.ts';
import { CONTENT_KEY, spaceAccount } from './space-keys.ts';

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
      personalTokens(
        regions.map((region) => ({ upstream: tools.upstream(HOSTS[region]), place: HOSTS[region] })),
      ),
      {
        kinds: [CONTENT_KEY],
        isAble: spaces.length > 0,
        ...byAccounts(
          spaces.map((space) => spaceAccount(tools.upstream(HOSTS[space.region]), tools.clock, space)),
          {
            found: z.string(),
            unknown:
              'No configured Contentful space has this key: find out which space it is of, add that to providers.contentful.spaces and retry.',
            rights: 'The management token must belong to an administrator of the space.',
            log: tools.log,
          },
        ),
      },
    ]),
};
