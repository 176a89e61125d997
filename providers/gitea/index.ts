/**
 * Access tokens of Gitea, Forgejo and Gogs.
 *
 * Docs: https://docs.gitea.com/development/api-usage, https://forgejo.org/docs/latest/user/api-usage/ and, for Gogs,
 * https://gogs.io/api-reference/users/delete-the-access-token; the calls and their answers also from the sources of Gitea
 * and Forgejo (`routers/api/v1`); checked 2026-11-28.
 *
 * - Gogs lets a token delete itself. Gitea and Forgejo delete tokens for a user name and its password alone: an
 *   administrator may do it for everybody. Their lists show the last eight characters of each token.
 * - A token says whose it is, unless it lacks the scope `read:user`. Then a person has to find its owner.
 * - Gogs refuses without a word, as a proxy may: there its public search has to answer, too.
 * - Tokens are 40 hex digits, like a commit: the reported type decides.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { config, type GiteaConfig } from './config.ts';
import { FOUND, instanceAccount } from './instance.ts';

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_gitea-access-token'],
  pattern: /(?<![0-9A-Za-z])[0-9a-f]{40}(?![0-9A-Za-z])/,
  ownTypesOnly: true,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Every instance issues its own, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

export const gitea: ProviderDefinition<GiteaConfig> = {
  id: 'gitea',
  title: 'Gitea, Forgejo, Gogs',
  docs: 'https://docs.gitea.com/development/api-usage',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the token works, and one token alone of its user ends like it; on Gogs it deletes itself',
  proof: 'the instance that let the token in no longer does',
  effect: 'the token only',
  needs: 'the URL of each instance; of Gitea and Forgejo, an administrator’s user name and password',
  types: KIND.types,
  config,
  create: ({ instances }, tools) => ({
    kinds: instances.length > 0 ? [KIND] : [],
    ...byAccounts(
      instances.map((instance) => instanceAccount(instance, tools)),
      {
        found: FOUND,
        copies: true,
        unknown:
          'No configured instance lets this token in: if it is of another one, add that to providers.gitea.instances and retry.',
        rights: 'It must be an administrator who signs in with the password alone.',
        log: tools.log,
      },
    ),
  }),
};
