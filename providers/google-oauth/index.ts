/**
 * Google's OAuth access and refresh tokens.
 *
 * Docs: https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke; checked 2026-11-21.
 *
 * - Revoking one token ends the whole grant of its user to its application: every access and refresh token of it.
 * - A token that is expired, revoked or made up gets the same `invalid_token`.
 * - It may take some time to have effect. Revoking once more asks whether it has, and hits nothing else.
 * - Access tokens of service accounts cannot be revoked; they end within hours.
 */
import { z } from 'zod';
import { alreadyInactive, livenessOf, revoked, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Answer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({});

const WIDER = {
  effect: 'wider',
  warning:
    'The application loses all access that this user has granted to it, until the user signs in again.',
} as const;

const KINDS: readonly TokenKind[] = [
  {
    id: 'access-token',
    types: ['gitleaks_rule_id_google_oauth_access_token'],
    pattern: /(?<![\w-])ya29\.[\w.-]{20,2000}(?![\w-])/,
    ...WIDER,
  },
  {
    id: 'refresh-token',
    types: ['gitleaks_rule_id_google_oauth_refresh_token'],
    pattern: /(?<![\w/-])1\/\/[\w-]{30,500}(?![\w-])/,
    ...WIDER,
  },
];

const REVOKED = [{ status: 200, body: z.strictObject({}) }];
const DEAD = [{ status: 400, body: z.object({ error: z.literal('invalid_token') }) }];
const NOT_REVOCABLE = [
  {
    status: 400,
    body: z.object({
      error: z.literal('invalid_request'),
      error_description: z.string().regex(/^Token is not revocable/),
    }),
  },
];

export const googleOauth: ProviderDefinition<z.output<typeof config>> = {
  id: 'google-oauth',
  title: 'Google OAuth',
  docs: 'https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke',
  stability: 'beta',
  exactness: 'by value',
  proof: 'Google says of the token that it is invalid',
  effect: 'all tokens that the user has granted to the application; waits for approval',
  needs: 'nothing',
  types: KINDS.flatMap(({ types }) => types),
  config,
  create: (_config, tools) => create(tools),
};

function create(tools: Tools): Provider {
  const upstream = tools.upstream('https://oauth2.googleapis.com');
  const post = (token: Secret, signal: AbortSignal): Promise<Answer> =>
    upstream.request({ method: 'POST', path: '/revoke', form: { token }, statuses: [200, 400], signal });
  return {
    kinds: KINDS,
    async revoke(token, { signal }) {
      const answer = await post(token, signal);
      if (shows(answer, REVOKED)) return revoked();
      if (shows(answer, DEAD)) return alreadyInactive();
      if (shows(answer, NOT_REVOCABLE)) return { outcome: 'expires' };
      throw unexpected(upstream, answer);
    },
    async verify(token, { signal }) {
      const answer = await post(token, signal);
      return livenessOf(upstream, answer, { dead: DEAD, alive: REVOKED });
    },
  };
}
