/** Production or the sandbox. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { credentialFailure, refused, revoked, suspended } from '../../src/provider/kit/results.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { NOT_AUTHORIZED } from './application.ts';
import type { SquareConfig } from './config.ts';

export const FOUND = z.object({ application: z.string() });
type Found = z.output<typeof FOUND>;

const STATUS = z.object({ client_id: z.string().min(1) });
const REVOKED = z.object({ success: z.literal(true) });
const errorOf = (...codes: readonly [string, ...string[]]) =>
  z.object({
    errors: z.tuple([z.object({ category: z.literal('AUTHENTICATION_ERROR'), code: z.enum(codes) })]),
  });
const ERRORS = z.object({ errors: z.array(z.object({ category: z.string() })).min(1) });

const FOREIGN =
  'The token lives, but belongs to a Square application that is not configured: add that to providers.square.applications and retry, or revoke the token in the Square developer console.';

const STATES: readonly AnswerRow<Found | 'absent' | 'dead' | 'suspended'>[] = [
  row([200], STATUS, (body) => ({ application: body.client_id })),
  row([401], errorOf('UNAUTHORIZED'), 'absent'),
  row([401], errorOf('ACCESS_TOKEN_EXPIRED', 'ACCESS_TOKEN_REVOKED'), 'dead'),
  row([401, 403], errorOf('CLIENT_DISABLED', 'APPLICATION_DISABLED'), 'suspended'),
];

export function hostAccount(upstream: Upstream, applications: SquareConfig['applications']): Account<Found> {
  return {
    name: upstream.base,
    async look(token, { signal }): Promise<Sight<Found>> {
      const request = {
        method: 'POST',
        path: '/oauth2/token/status',
        headers: { authorization: bearer(token) },
        readOnly: true,
        signal,
        tells: { owner: 'merchant_id', account: 'client_id', scopes: 'scopes', expires: 'expires_at' },
      } as const;
      const { means, answer } = await ask(upstream, request, STATES);
      if (means === 'suspended') throw suspended(upstream, answer.status);
      if (typeof means === 'string') return { state: means };
      if (applications.every(({ id }) => id !== means.application)) {
        return { state: 'unable', refusal: refused('not-permitted', FOREIGN, means) };
      }
      return { state: 'alive', found: means, by: 'by-value', evidence: means };
    },
    async revoke({ application }, token, { signal }) {
      const own = applications.find(({ id }) => id === application);
      if (!own) return refused('not-permitted', FOREIGN, { application });
      const request = {
        method: 'POST',
        path: '/oauth2/revoke',
        headers: { authorization: new Secret(`Client ${own.secret.reveal()}`) },
        json: { client_id: application, access_token: token, revoke_only_access_token: true },
        signal,
      } as const;
      const { means, answer } = await ask(upstream, request, [
        row([200], REVOKED, 'revoked'),
        row([401, 403], ERRORS.or(NOT_AUTHORIZED), 'refused'),
      ]);
      if (means === 'refused') throw credentialFailure(upstream, answer);
      return revoked();
    },
  };
}
