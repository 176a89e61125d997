/**
 * Fastly API tokens: those of users, and automation tokens.
 *
 * Docs: https://www.fastly.com/documentation/reference/api/auth-tokens/user/#revoke-token-current,
 * https://www.fastly.com/documentation/reference/api/auth-tokens/automation/; checked 2026-11-21.
 *
 * - A token revokes itself. Whether that goes for automation tokens is not documented: where Fastly declines, the
 *   token tells its own id and a superuser's token revokes it as an automation token.
 * - Tokens have no prefix, so only the type says that a text is one.
 */
import { z } from 'zod';
import { isSame, ownCredential } from '../../src/provider/kit/own-credential.ts';
import {
  alreadyInactive,
  livenessOf,
  refused,
  revoked,
  type Sign,
  shows,
  unexpected,
} from '../../src/provider/kit/results.ts';
import type { Liveness, ProviderDefinition, RevokeResult, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { check, headersOf, RECORD, revokeAutomation } from './automation-tokens.ts';

const config = z.strictObject({
  superuserToken: secretText()
    .optional()
    .describe('Of a superuser, with scope `global`, for automation tokens that cannot revoke themselves.'),
});

export type FastlyConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'api-token',
  types: ['gitleaks_rule_id_fastly_api_token'],
  pattern: /(?<![\w-])[\w-]{32}(?![\w-])/,
  effect: 'token',
};

export const fastly: ProviderDefinition<FastlyConfig> = {
  id: 'fastly',
  title: 'Fastly',
  docs: 'https://www.fastly.com/documentation/reference/api/auth-tokens/user/#revoke-token-current',
  stability: 'beta',
  exactness: 'the token revokes itself, or tells its own id',
  proof: 'the API no longer lets the token in',
  effect: 'the token only',
  needs: 'nothing; a superuser token for automation tokens that cannot revoke themselves',
  types: KIND.types,
  config,
  create({ superuserToken }, tools) {
    const upstream = tools.upstream('https://api.fastly.com');
    return {
      kinds: [KIND],
      revoke: (token, { signal }) => revoke(upstream, token, superuserToken, signal),
      verify: (token, { signal }) => verify(upstream, token, signal),
      ...(superuserToken && { check: async (signal) => [await check(upstream, superuserToken, signal)] }),
    };
  },
};

const ALIVE: Sign = { status: 200, body: RECORD };
const DEAD: Sign = {
  status: 401,
  body: z.object({ msg: z.literal('Provided credentials are missing or invalid') }),
};

const OWN_CREDENTIAL = ownCredential('superuser token');
const NEEDS_SUPERUSER = refused(
  'not-permitted',
  'Fastly does not let this token revoke itself: configure a superuser token, or revoke it in the control panel.',
);

async function revoke(
  upstream: Upstream,
  token: Secret,
  superuserToken: Secret | undefined,
  signal: AbortSignal,
): Promise<RevokeResult> {
  if (superuserToken && isSame(superuserToken, token)) return OWN_CREDENTIAL;
  const answer = await upstream.request({
    method: 'DELETE',
    path: '/tokens/self',
    headers: headersOf(token),
    statuses: [204, 400, 401, 403, 404],
    signal,
  });
  if (answer.status === 204) return revoked();
  if (shows(answer, [DEAD])) return alreadyInactive();
  if (answer.status === 401 || answer.maybeJson(z.object({ msg: z.string() })) === undefined) {
    throw unexpected(upstream, answer);
  }
  return superuserToken ? revokeAutomation(upstream, token, superuserToken, signal) : NEEDS_SUPERUSER;
}

async function verify(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<Liveness> {
  const answer = await upstream.request({
    method: 'GET',
    path: '/tokens/self',
    headers: headersOf(token),
    statuses: [200, 401],
    signal,
  });
  return livenessOf(upstream, answer, { dead: [DEAD], alive: [ALIVE] });
}
