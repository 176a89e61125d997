/**
 * API tokens, which revoke themselves.
 *
 * Docs: https://support.okta.com/help/s/article/HTTP-401-Okta-E0000011-Invalid-Token-provided-error, checked 2026-11-29.
 *
 * - A token whose user is suspended or deactivated is told E0000011 like one that is gone, and works again with its user.
 */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { error, headersOf } from './organization.ts';

export const API_TOKEN: TokenKind = {
  id: 'api-token',
  types: ['gitleaks_rule_id_oktaapitoken', 'gitleaks_rule_id_okta-access-token'],
  pattern: /(?<![\w-])00[\w-]{40}(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { open: 'Every organization issues its own, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

const NOT_PERMITTED = refused(
  'not-permitted',
  'Okta does not let this token revoke itself: an administrator has to revoke it under Security, API, Tokens.',
);

const KEPT_OUT = refused(
  'manual',
  'Okta took this token before and refuses it now, as it does while its user is suspended or deactivated: see under Security, API, Tokens whether it is still there, and revoke it there.',
);

/** A token is its own id. */
export const TOKEN_FOUND = z.object({});
type Found = z.output<typeof TOKEN_FOUND>;

export function apiTokensOf(upstream: Upstream): Account<Found> {
  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const headers = headersOf(token);
    const request = {
      method: 'GET',
      path: '/api/v1/users/me',
      headers,
      signal,
      tells: { owner: ['profile.login', 'profile.email'] },
    } as const;
    const { means } = await ask(upstream, request, [
      row([200], z.object({ id: z.string() }), true),
      row([403], error('E0000006'), true),
      row([401], error('E0000011'), false),
    ]);
    return means;
  };

  return {
    name: upstream.base,
    keptOut: KEPT_OUT,
    async look(token, { signal }): Promise<Sight<Found>> {
      return (await works(token, signal))
        ? { state: 'alive', found: {}, by: 'by-value' }
        : { state: 'absent' };
    },
    async revoke(_found, token, { signal }) {
      const headers = headersOf(token);
      const request = {
        method: 'DELETE',
        path: '/api/v1/api-tokens/current',
        headers,
        signal,
      } as const;
      const { means } = await ask(upstream, request, [
        row([204], 'revoked'),
        row([403], error('E0000006'), 'forbidden'),
      ]);
      return means === 'revoked' ? revoked() : NOT_PERMITTED;
    },
  };
}
