/**
 * Postman collection access keys (PMAT-), which read one collection.
 *
 * Docs: https://learning.postman.com/api-docs/api-reference/collection-access-keys/get-collection-access-keys and
 * https://learning.postman.com/api-docs/api-reference/collection-access-keys/delete-collection-access-key, checked
 * 2026-11-21.
 *
 * - The list has the personal and the team's keys that the operator's user sees, page by page. It shows the last four
 *   characters of each, and its collection: a key is the leaked one when the leaked one also opens that collection, and one
 *   that nobody has does not.
 * - For that the vendor takes the key in the URL only.
 * - A key that is gone looks like one of another team, and one that the operator's user may not see any more is not gone:
 *   it opens its collection.
 * - Not covered, for want of a call: API keys (PMAK-).
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { config, type PostmanConfig } from './config.ts';
import { accountOf, FOUND } from './team.ts';

const KIND: TokenKind = {
  id: 'collection-access-key',
  types: ['gitleaks_rule_id_postmancollectionaccesskey'],
  pattern: /(?<![\w-])PMAT-[0-9A-Z]{26}(?![\w-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Any team of Postman may have this key, and each knows only its own.' },
  whole: 'exact',
  undo: 'no',
};

export const postman: ProviderDefinition<PostmanConfig> = {
  id: 'postman',
  title: 'Postman',
  docs: 'https://learning.postman.com/api-docs/api-reference/collection-access-keys/delete-collection-access-key',
  stability: 'beta',
  exactness: 'by its last four characters, and because it opens the collection of that record',
  proof: 'the key is no longer in the list, and does not open its collection',
  effect: 'the token only',
  needs: 'an API key of each team',
  types: KIND.types,
  config,
  create: ({ teams }, tools) => ({
    kinds: teams.length > 0 ? [KIND] : [],
    ...byAccounts(
      teams.map((team) => accountOf(team, tools)),
      {
        found: FOUND,
        unknown:
          'No configured Postman team has this collection access key: add its team to providers.postman.teams and retry.',
        rights: 'The API key must be valid and of a user who sees the collection access keys of the team.',
        log: tools.log,
      },
    ),
  }),
};
