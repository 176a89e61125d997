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
import { secretText } from '../../src/config/secret-text.ts';
import {
  alreadyInactive,
  credentialFailure,
  refused,
  revoked,
  type Sign,
  shows,
  unexpected,
} from '../../src/provider/kit.ts';
import type { Liveness, ProviderDefinition, RevokeResult, TokenKind } from '../../src/provider/provider.ts';
import { checkOf } from '../../src/provider/tenants.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/secret.ts';

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

const RECORD = z.object({ id: z.string().regex(/^\w+$/) });
const ALIVE: Sign = { status: 200, body: RECORD };
const DEAD: Sign = {
  status: 401,
  body: z.object({ msg: z.literal('Provided credentials are missing or invalid') }),
};

const OWN_CREDENTIAL = refused(
  'own-credential',
  'The superuser token of Quash itself has leaked: create a new one, configure it, and revoke the leaked one at once.',
);
const NEEDS_SUPERUSER = refused(
  'not-permitted',
  'Fastly does not let this token revoke itself: configure a superuser token, or revoke it in the control panel.',
);
const NOT_AUTOMATION =
  'Fastly does not let this token revoke itself, and the superuser token finds no automation token of its id: revoke it in the control panel of its account.';

async function revoke(
  upstream: Upstream,
  token: Secret,
  superuserToken: Secret | undefined,
  signal: AbortSignal,
): Promise<RevokeResult> {
  if (superuserToken && superuserToken.reveal() === token.reveal()) return OWN_CREDENTIAL;
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

async function revokeAutomation(
  upstream: Upstream,
  token: Secret,
  superuserToken: Secret,
  signal: AbortSignal,
): Promise<RevokeResult> {
  const self = await upstream.request({
    method: 'GET',
    path: '/tokens/self',
    headers: headersOf(token),
    statuses: [200],
    signal,
  });
  const { id } = self.json(RECORD);
  const answer = await upstream.request({
    method: 'DELETE',
    path: `/automation-tokens/${id}`,
    headers: headersOf(superuserToken),
    statuses: [204, 401, 403, 404],
    signal,
  });
  if (answer.status === 204) return revoked({ id });
  if (answer.status !== 404) throw credentialFailure(upstream, answer);
  if (answer.maybeJson(z.looseObject({})) === undefined) throw unexpected(upstream, answer);
  return refused('not-permitted', NOT_AUTOMATION, { id });
}

async function verify(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<Liveness> {
  const answer = await upstream.request({
    method: 'GET',
    path: '/tokens/self',
    headers: headersOf(token),
    statuses: [200, 401],
    signal,
  });
  if (shows(answer, [DEAD])) return 'dead';
  if (shows(answer, [ALIVE])) return 'alive';
  throw unexpected(upstream, answer);
}

function check(upstream: Upstream, superuserToken: Secret, signal: AbortSignal) {
  return checkOf(
    'Fastly superuser token',
    async () => {
      const answer = await upstream.request({
        method: 'GET',
        path: '/automation-tokens',
        headers: headersOf(superuserToken),
        statuses: [200, 401, 403],
        signal,
      });
      if (answer.status !== 200) throw credentialFailure(upstream, answer);
    },
    {
      refused: 'Fastly refused the token: create another one and configure it.',
      forbidden: 'The token must be of a superuser and have the scope global.',
    },
  );
}

function headersOf(token: Secret) {
  return { 'fastly-key': token, accept: 'application/json' };
}
