/**
 * Fastly API tokens: those of users, and automation tokens.
 *
 * Docs: https://www.fastly.com/documentation/reference/api/auth-tokens/user/#revoke-token-current,
 * https://www.fastly.com/documentation/reference/api/auth-tokens/automation/; checked 2026-11-29.
 *
 * - A token tells its own id and revokes itself, where it may: one that may only read is declined with 403
 *   (fastly/cli#1185), and whether automation tokens may is not documented. Then a superuser's token revokes it by that id,
 *   as an automation token or as one of a user. Fastly's own client ends both by the call for users' tokens
 *   (fastly/go-fastly, fastly/fixtures/automation_tokens/delete.yaml; 2026-11-30).
 * - Of a token that has expired Fastly says so, with 401 (AdobeDocs/commerce-knowledge-base.en, "Error when validating the
 *   Fastly credentials").
 * - Tokens have no prefix, so only the type says that a text is one.
 */
import { z } from 'zod';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { alreadyInactive, refused, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import { unlisted } from '../../src/provider/kit/unlisted.ts';
import type {
  Liveness,
  ProviderDefinition,
  RevokeResult,
  Step,
  TokenKind,
} from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import { config, type FastlyConfig } from './config.ts';
import { check, DECLINED, headersOf, RECORD, revokeAsSuperuser, type TokenRecord } from './superuser.ts';

const HOST = 'https://api.fastly.com';

const KIND: TokenKind = {
  id: 'api-token',
  types: ['gitleaks_rule_id_fastly_api_token'],
  pattern: /(?<![\w-])[\w-]{32}(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { all: [HOST] },
  whole: 'exact',
  undo: 'no',
};

export const fastly: ProviderDefinition<FastlyConfig> = {
  id: 'fastly',
  title: 'Fastly',
  docs: 'https://www.fastly.com/documentation/reference/api/auth-tokens/user/#revoke-token-current',
  stability: 'beta',
  exactness: 'the token revokes itself, or tells its own id',
  proof: 'the API no longer lets the token in',
  effect: 'the token only',
  needs: 'nothing; a superuser token for those that may not revoke themselves',
  types: KIND.types,
  config,
  create({ superuserToken }, tools) {
    const upstream = tools.upstream(HOST);
    return {
      kinds: [KIND],
      revoke: (token, step) => revoke(upstream, token, superuserToken, tools.clock, step),
      verify: (token, { signal }) => verify(upstream, token, signal),
      ...(superuserToken && { check: async (signal) => [await check(upstream, superuserToken, signal)] }),
    };
  },
};

/** Of tokens that do not work; any 401 but these two may pass. */
const REFUSED = z.object({ msg: z.literal('Provided credentials are missing or invalid') });
/** It names the token and the time. */
const EXPIRED = z.object({ msg: z.string().regex(/^Token \S+ expired at \d/) });

const NEEDS_SUPERUSER = refused(
  'not-permitted',
  'Fastly does not let this token revoke itself: configure a superuser token, or revoke it in the control panel.',
);

async function revoke(
  upstream: Upstream,
  token: Secret,
  superuserToken: Secret | undefined,
  clock: Clock,
  step: Step,
): Promise<RevokeResult> {
  const { signal } = step;
  const headers = headersOf(token);
  const itself = await look(upstream, token, signal);
  if (itself === 'refused') return unknownAt([HOST]);
  if (itself === 'expired') return alreadyInactive();
  // Fastly accepted the token, and answered with its id.
  step.prove('signs-in');
  const { means } = await ask(upstream, { method: 'DELETE', path: '/tokens/self', headers, signal }, [
    row([204], 'revoked'),
    row([401], REFUSED, 'refused'),
    row([401], EXPIRED, 'expired'),
    row([400, 403], DECLINED, 'declined'),
    row([404], DECLINED, 'gone'),
  ]);
  if (means === 'revoked') return revoked(itself);
  if (means === 'refused') return unknownAt([HOST]);
  if (means === 'expired') return alreadyInactive(itself);
  const result = superuserToken
    ? await revokeAsSuperuser(upstream, itself, superuserToken, signal)
    : NEEDS_SUPERUSER;
  // One that was revoked a moment ago may be let in still.
  return means === 'gone' && result.outcome === 'refused' ? unlisted(step, clock, result) : result;
}

async function verify(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<Liveness> {
  return typeof (await look(upstream, token, signal)) === 'string' ? 'dead' : 'alive';
}

async function look(
  upstream: Upstream,
  token: Secret,
  signal: AbortSignal,
): Promise<TokenRecord | 'refused' | 'expired'> {
  const request = {
    method: 'GET',
    path: '/tokens/self',
    headers: headersOf(token),
    signal,
    tells: {
      owner: 'user_id',
      name: 'name',
      scopes: 'scope',
      reach: 'services',
      created: 'created_at',
      expires: 'expires_at',
      lastUsed: 'last_used_at',
    },
  } as const;
  const { means } = await ask<AnswerRow<TokenRecord | 'refused' | 'expired'>>(upstream, request, [
    row([200], RECORD, (record) => record),
    row([401], REFUSED, 'refused'),
    row([401], EXPIRED, 'expired'),
  ]);
  return means;
}
