/**
 * Dropbox access tokens.
 *
 * Docs: https://www.dropbox.com/developers/documentation/http/documentation#auth-token-revoke, checked 2026-11-29.
 *
 * - A token revokes itself, whatever its scopes. The call has no arguments, so no body and no content type.
 * - Revoking a short-lived token (`sl.`) also disables the refresh token that it came from and all other access tokens
 *   of that, so it waits for approval. It would die by itself four hours after it was made; the refresh token would not.
 * - A 401 has many reasons. Of an expired token Dropbox says that it is; an invalid one may be made up, or cut.
 * - A refresh token looks like a long-lived access token, as the documentation's example of `/oauth2/token` shows, and works
 *   only together with its app: so the refusal of one calls none dead.
 * - A token of a whole team works and may not revoke itself (watermint/toolbox, issue 18); where its app lacks a scope, or the
 *   token is malformed, which a cut one is, Dropbox says so in plain text, too (activepieces/activepieces, issue 3936;
 *   dropbox/dropbox-sdk-python, issue 100).
 * - App keys and secrets have no API: they are replaced in the App Console.
 */
import { z } from 'zod';
import { refused } from '../../src/provider/kit/results.ts';
import { selfService } from '../../src/provider/kit/self-service.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';

const config = z.strictObject({});

export type DropboxConfig = z.output<typeof config>;

const HOST = 'https://api.dropboxapi.com';

const TRUST = { possession: 'by-value', undo: 'no' } as const;

const KINDS: readonly TokenKind[] = [
  {
    id: 'short-lived-token',
    types: ['gitleaks_rule_id_dropbox_short_lived_api_token', 'gitleaks_rule_id_dropboxappaccesstoken'],
    pattern: /(?<![\w-])sl\.(?:u\.)?[\w-]{130,}/,
    effect: 'wider',
    warning: 'The refresh token that it came from and all other access tokens of that stop working, too.',
    ...TRUST,
    places: { all: [HOST] },
    whole: 'open',
  },
  {
    id: 'long-lived-token',
    types: ['gitleaks_rule_id_dropbox_long_lived_api_token'],
    pattern: /(?<![\w-])[A-Za-z0-9]{11}AAAAAAAAAA[\w=-]{43}(?![\w=-])/,
    effect: 'token',
    ...TRUST,
    places: { open: 'A refresh token looks alike, and works with its app alone.' },
    whole: 'exact',
  },
];

/** A tag of `AuthError`, as in Dropbox's specification (dropbox-api-spec, auth.stone). */
const failing = (tag: string) => z.object({ error: z.object({ '.tag': z.literal(tag) }) });

/** What a status of 400 says, in plain text. */
const CALL = 'Error in call to API function "[\\w/]+": ';
const OF_TEAM = {
  status: 400,
  text: new RegExp(`^${CALL}This API function operates on a single Dropbox account`),
};
const NO_SCOPE = { status: 400, text: new RegExp(`^${CALL}Your app .*does not have the required scope`) };
const MALFORMED = { status: 400, text: new RegExp(`^${CALL}The given OAuth 2 access token is malformed`) };

const NOT_PERMITTED = refused(
  'not-permitted',
  'The token is of a whole Dropbox team, and works: have an administrator of the team disconnect its app in the Admin Console.',
);

export const dropbox: ProviderDefinition<DropboxConfig> = {
  id: 'dropbox',
  title: 'Dropbox',
  docs: 'https://www.dropbox.com/developers/documentation/http/documentation#auth-token-revoke',
  stability: 'beta',
  exactness: 'the token revokes itself',
  proof: 'the API says that the access token is invalid',
  effect: 'a long-lived token only; with a short-lived one its refresh token, which waits for approval',
  needs: 'nothing',
  types: KINDS.flatMap(({ types }) => types),
  config,
  create: (_config, tools) => ({
    kinds: KINDS,
    ...selfService({
      upstream: tools.upstream(HOST),
      place: HOST,
      revoke: (token) => ({
        method: 'POST',
        path: '/2/auth/token/revoke',
        headers: { authorization: bearer(token) },
      }),
      probe: (token) => ({
        method: 'POST',
        path: '/2/users/get_current_account',
        headers: { authorization: bearer(token) },
      }),
      revoked: [{ status: 200, body: z.null() }],
      forbidden: { signs: [OF_TEAM], refusal: NOT_PERMITTED },
      dead: [{ status: 401, body: failing('expired_access_token') }],
      refused: [{ status: 401, body: failing('invalid_access_token') }, MALFORMED],
      passing: [{ status: 401, body: failing('user_suspended') }],
      alive: [
        { status: 200, body: z.object({ account_id: z.string() }) },
        { status: 401, body: failing('missing_scope') },
        NO_SCOPE,
        OF_TEAM,
      ],
    }),
  }),
};
