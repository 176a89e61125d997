/** API tokens, which revoke themselves. */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { error, ssws } from './organization.ts';

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

/** A token is its own id. */
export const TOKEN_FOUND = z.object({});
type Found = z.output<typeof TOKEN_FOUND>;

export function apiTokensOf(upstream: Upstream): Account<Found> {
  return {
    name: upstream.base,
    async look(token, { signal }) {
      const headers = { authorization: ssws(token) };
      const { means } = await ask<AnswerRow<Sight<Found>['state']>>(
        upstream,
        { method: 'GET', path: '/api/v1/users/me', headers, signal },
        [
          row([200], z.object({ id: z.string() }), 'alive'),
          row([403], error('E0000006'), 'alive'),
          row([401], error('E0000011'), 'absent'),
        ],
      );
      return means === 'alive' ? { state: means, found: {}, by: 'by-value' } : { state: 'absent' };
    },
    async revoke(_found, token, { signal }) {
      const headers = { authorization: ssws(token) };
      const request = {
        method: 'DELETE',
        path: '/api/v1/api-tokens/current',
        headers,
        signal,
        tells: { owner: 'userId', name: 'name', created: 'created', expires: 'expiresAt' },
      } as const;
      const { means } = await ask(upstream, request, [
        row([204], 'revoked'),
        row([403], error('E0000006'), 'forbidden'),
      ]);
      return means === 'revoked' ? revoked() : NOT_PERMITTED;
    },
  };
}
