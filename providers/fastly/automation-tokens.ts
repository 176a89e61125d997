/**
 * Automation tokens, which a superuser's token revokes by their id.
 *
 * Docs: https://www.fastly.com/documentation/reference/api/auth-tokens/automation/
 */
import { z } from 'zod';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { RevokeResult } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

export const RECORD = z.object({ id: z.string().regex(/^\w+$/) });
export type TokenRecord = z.output<typeof RECORD>;

const NOT_AUTOMATION =
  'Fastly does not let this token revoke itself, and the superuser token finds no automation token of its id: revoke it in the control panel of its account.';

/** @param record what the token said of itself */
export async function revokeAutomation(
  upstream: Upstream,
  { id }: TokenRecord,
  superuserToken: Secret,
  signal: AbortSignal,
): Promise<RevokeResult> {
  const answer = await operatorCalls(
    upstream,
    headersOf(superuserToken),
  )({
    method: 'DELETE',
    path: `/automation-tokens/${id}`,
    statuses: [204],
    notFound: z.looseObject({}),
    signal,
  });
  if (answer.status === 204) return revoked({ id });
  return refused('not-permitted', NOT_AUTOMATION, { id });
}

export function check(upstream: Upstream, superuserToken: Secret, signal: AbortSignal) {
  return checkOf(
    'Fastly superuser token',
    async () => {
      const call = operatorCalls(upstream, headersOf(superuserToken));
      await call({ method: 'GET', path: '/automation-tokens', statuses: [200], signal });
    },
    {
      refused: 'Fastly refused the token: create another one and configure it.',
      forbidden: 'The token must be of a superuser and have the scope global.',
    },
  );
}

export function headersOf(token: Secret) {
  return { 'fastly-key': token, accept: 'application/json' };
}
