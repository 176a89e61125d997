/**
 * Mattermost: access tokens of users and bots, and sessions.
 *
 * Docs: https://docs.mattermost.com/api/reference/revoke-user-access-token; the calls and their answers also from the
 * source (`server/channels/api4/user.go`, `app/session.go`); checked 2026-11-28.
 *
 * - Access tokens and sessions look alike, and both let themselves in. Logging out ends a session by value; of an access
 *   token it ends the session alone that it was given, and the next call gives it another one.
 * - The lists of access tokens show nothing of their text. But a session names the access token that it was given to: the
 *   one that is there only after the leaked token was used again, and gone once that logged out again, is its own.
 * - Tokens of a deactivated user are refused like unknown ones, and work again when the user does. So are disabled tokens;
 *   which of a user's tokens those are cannot be told, so that a token is not dead while its user has any.
 * - Where access tokens are turned off for the whole server, all but those of bots are refused like unknown ones.
 * - Tokens have 26 letters and digits without a prefix: the reported type decides.
 */
import { z } from 'zod';
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { FOUND, serverAccount } from './server.ts';

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_mattermost-access-token'],
  pattern: /(?<![\w-])[abcdefghijkmnopqrstuwxyz13456789]{26}(?![\w-])/,
  ownTypesOnly: true,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Every server issues its own, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  servers: z
    .array(
      z.strictObject({
        url: baseUrl('/api/v4').describe('Base URL of the server, without `/api`.'),
        adminToken: secretText().describe('An access token of a system administrator.'),
      }),
    )
    .default([])
    .describe('Servers that may have issued a token; asked in this order.'),
});

export type MattermostConfig = z.output<typeof config>;

export const mattermost: ProviderDefinition<MattermostConfig> = {
  id: 'mattermost',
  title: 'Mattermost',
  docs: 'https://docs.mattermost.com/api/reference/revoke-user-access-token',
  checked: '2026-11-28',
  stability: 'beta',
  exactness:
    'the token is used, and the session that it is given then names its record; a session ends by value',
  proof: 'the server that let the token in no longer does',
  effect: 'the token only',
  needs: 'the URL of each server and an access token of a system administrator',
  types: KIND.types,
  config,
  create: ({ servers }, tools) => ({
    kinds: servers.length > 0 ? [KIND] : [],
    ...byAccounts(
      servers.map(({ url, adminToken }) => serverAccount(tools.upstream(url), adminToken)),
      {
        found: FOUND,
        copies: true,
        unknown:
          'No configured server lets this token in: if it is of another one, add that to providers.mattermost.servers and retry.',
        rights:
          'It must be of a system administrator, with the permissions edit_other_users and revoke_user_access_token.',
        log: tools.log,
      },
    ),
  }),
};
