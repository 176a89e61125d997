/**
 * Algolia API keys of the operator's own applications.
 *
 * Docs: https://www.algolia.com/doc/rest-api/search/#tag/Api-Keys, checked 2026-11-21.
 *
 * - Keys are read and deleted by their value, which the API takes in the path only.
 * - A key that the application does not have is a 404, be it deleted or another application's. Only where it was seen
 *   alive before does that mean dead, so the application is remembered.
 * - A new key is not there at once (https://www.algolia.com/doc/libraries/sdk/methods/search/wait-for-api-key, 2026-11-30).
 * - A key that cannot be used is a 403 "Invalid Application-ID or API key", a lack of rights is another 403.
 * - Keys that can only search are published on purpose by most web sites; deleting one breaks the search there.
 * - A deletion takes a moment to reach all servers, and can be undone in the dashboard. Secured keys that were made
 *   from a key die with it.
 */
import { z } from 'zod';
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { accountOf } from './application.ts';
import { type AlgoliaConfig, config } from './config.ts';

const UNKNOWN =
  'No configured Algolia application has this key: add its application to providers.algolia.applications and retry, or find out whose it is.';
const RIGHTS = 'It must be the admin API key of this application.';

/** Most changes take seconds; Algolia's own clients wait for minutes at most. */
const KNOWN_AFTER_MS = 60_000;

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_algolia-api-key'],
  pattern: /(?<![\w-])[a-z0-9]{32}(?![\w-])/,
  effect: 'token',
  possession: 'listed-whole',
  places: { open: 'Applications that are not configured are not asked.' },
  whole: 'exact',
  undo: 'yes',
};

export const algolia: ProviderDefinition<AlgoliaConfig> = {
  id: 'algolia',
  title: 'Algolia',
  docs: 'https://www.algolia.com/doc/rest-api/search/#tag/Api-Keys',
  stability: 'beta',
  exactness: 'by value',
  proof: 'the application no longer has the key',
  effect: 'the key, and the secured keys made from it',
  needs: 'the admin API key of each Algolia application',
  types: KIND.types,
  config,
  create: ({ applications, searchOnlyKeys }, tools) => ({
    kinds: applications.length > 0 ? [KIND] : [],
    ...byAccounts(
      applications.map((application) => accountOf(application, searchOnlyKeys, tools)),
      { found: z.string(), unknown: UNKNOWN, rights: RIGHTS, knownAfterMs: KNOWN_AFTER_MS, log: tools.log },
    ),
  }),
};
