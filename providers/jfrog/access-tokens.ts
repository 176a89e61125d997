/**
 * Access tokens.
 *
 * Docs: https://jfrog.com/help/r/jfrog-rest-apis/revoke-token-by-id, https://jfrog.com/help/r/jfrog-rest-apis/get-token-by-id
 *
 * - A token looks itself up as `me` (since 7.53.1) and may revoke itself, whatever its scope. Before that version `me`
 *   is an id that nobody has: a deletion of it answers 204 and does nothing. So the id is looked up first.
 * - The host in a JWT is not to be trusted; reference tokens name none.
 */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { revoked } from '../../src/provider/kit/results.ts';
import type { TokenKind } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import { CONCLUDED, DECLINED, KEPT_OUT, NOT_PERMITTED, PLACES, unlessBlocked } from './answers.ts';

const REFERENCE = 'cmVmdGtu';

export const TOKEN: TokenKind = {
  id: 'access-token',
  types: [
    'gitleaks_rule_id_artifactoryidentitytoken',
    'gitleaks_rule_id_jfrogplatformaccesstoken',
    'gitleaks_rule_id_artifactory-reference-token',
  ],
  pattern: /(?<![\w-])(?:cmVmdGtu[A-Za-z0-9]{56}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,})(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: PLACES,
  // A reference token has one length, a JWT has any.
  whole: (token) => token.startsWith(REFERENCE),
  undo: 'no',
};

export const TOKEN_FOUND = z.object({ tokenId: z.string().regex(/^[\w-]+$/) });
type Found = z.output<typeof TOKEN_FOUND>;

const ITSELF = z.object({ token_id: TOKEN_FOUND.shape.tokenId });

export function tokensOf(upstream: Upstream): Account<Found> {
  return {
    name: upstream.base,
    keptOut: KEPT_OUT,
    async look(token, { signal }) {
      const headers = { authorization: bearer(token) };
      const request = { method: 'GET', path: '/access/api/v1/tokens/me', headers, signal } as const;
      const { means } = await ask<AnswerRow<Sight<Found> | 'blocked'>>(upstream, request, [
        row(
          [200],
          ITSELF,
          ({ token_id: tokenId }): Sight<Found> => ({ state: 'alive', found: { tokenId }, by: 'signs-in' }),
        ),
        ...DECLINED,
      ]);
      return unlessBlocked(upstream, means);
    },
    async revoke({ tokenId }, token, { signal }) {
      const path = `/access/api/v1/tokens/${tokenId}`;
      const headers = { authorization: bearer(token) };
      const { means } = await ask(upstream, { method: 'DELETE', path, headers, signal }, CONCLUDED);
      return unlessBlocked(upstream, means) === 'revoked' ? revoked({ tokenId }) : NOT_PERMITTED;
    },
  };
}
