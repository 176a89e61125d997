/**
 * Access tokens of Gitea, Forgejo and Gogs.
 *
 * Docs: https://docs.gitea.com/development/api-usage, https://forgejo.org/docs/latest/user/api-usage/ and, for Gogs,
 * https://gogs.io/api-reference/users/delete-the-access-token; the calls and their answers also from the sources of Gitea
 * and Forgejo (`routers/api/v1`), and Gitea 1.26.0 itself; checked 2026-11-30.
 *
 * - Gogs lets a token delete itself, after 0.14. Gitea and Forgejo delete tokens for who signs in by Basic authentication:
 *   an administrator may do it for everybody. Gitea 1.26.0 takes an access token for the password there, and asks for no
 *   second factor then (`services/auth/basic.go`). Their lists show the last eight characters of each token.
 * - So Gitea lists its user's tokens to a token, and lets one with the scope `write:user` delete itself. Forgejo does not
 *   any more: there it has to be the password (`ReqBasicOrRevProxyAuth`).
 * - A token says whose it is, unless it lacks the scope `read:user`. Then a person has to find its owner.
 * - Gogs refuses without a word, as a proxy may. Gitea 1.26.0 says while its database is locked that it does not know a
 *   living token. So the public search has to answer, too; where it is closed, the administrator's own user; and where no
 *   administrator is configured, the avatar of a user, which asks for no sign-in: 404 of one who cannot exist, 500 while
 *   the database is locked (Gitea 1.26.0; of Forgejo by `routers/web/user/avatar.go`). Then the token is asked about again.
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
  checked: '2026-11-30',
  stability: 'beta',
  exactness: 'the token works, and one token alone of its user ends like it; on Gogs it deletes itself',
  proof: 'the instance that let the token in no longer does',
  effect: 'the token only',
  needs:
    'the URL of each instance; of Forgejo, and of Gitea for tokens without the scope write:user, an administrator’s user name, and an access token or the password',
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
        rights:
          'It must be of an administrator: an access token with the scope write:user, or a password without a second factor.',
        log: tools.log,
      },
    ),
  }),
};
