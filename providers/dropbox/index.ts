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
 * - App keys and secrets have no API: they are replaced in the App Console.
 */
import { z } from 'zod';
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
      dead: [{ status: 401, body: failing('expired_access_token') }],
      refused: [{ status: 401, body: failing('invalid_access_token') }],
      passing: [{ status: 401, body: failing('user_suspended') }],
      alive: [
        { status: 200, body: z.object({ account_id: z.string() }) },
        { status: 401, body: failing('missing_scope') },
      ],
    }),
  }),
};
