/**
 * Tokens that a superuser's token revokes by their id: automation tokens, and those of the users of its own account.
 *
 * Docs: https://www.fastly.com/documentation/reference/api/auth-tokens/automation/,
 * https://www.fastly.com/documentation/reference/api/auth-tokens/user/#revoke-token
 */
import { z } from 'zod';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { type OperatorCall, operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { RevokeResult } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

export const RECORD = z.object({ id: z.string().regex(/^\w+$/) });
export type TokenRecord = z.output<typeof RECORD>;

const NOT_OURS =
  'Fastly does not let this token revoke itself, and the superuser token finds none of its id: revoke it in the control panel of its account.';

/** The body of an error. */
export const DECLINED = z.object({ msg: z.string() });

/** @param record what the token said of itself */
export async function revokeAsSuperuser(
  upstream: Upstream,
  { id }: TokenRecord,
  superuserToken: Secret,
  signal: AbortSignal,
): Promise<RevokeResult> {
  const call = operatorCalls(upstream, headersOf(superuserToken));
  const request = { method: 'DELETE', notFound: z.looseObject({}), closed: DECLINED, signal } as const;
  const automation = await call({ ...request, path: `/automation-tokens/${id}`, statuses: [204] });
  if (automation.status === 204) return revoked({ id });
  // Anybody may report a token of another account. What is declined is about that where ours may do so much.
  if (automation.status === 403) await listAutomationTokens(call, signal);
  const user = await call({ ...request, path: `/tokens/${id}`, statuses: [204, 400] });
  if (user.status === 204) return revoked({ id });
  user.json(DECLINED);
  return refused('not-permitted', NOT_OURS, { id });
}

export function check(upstream: Upstream, superuserToken: Secret, signal: AbortSignal) {
  return checkOf(
    'Fastly superuser token',
    () => listAutomationTokens(operatorCalls(upstream, headersOf(superuserToken)), signal),
    {
      refused: 'Fastly refused the token: create another one and configure it.',
      forbidden: 'The token must be of a superuser and have the scope global.',
    },
  );
}

/** Only a superuser with scope `global` may. @throws {Failure} */
async function listAutomationTokens(call: OperatorCall, signal: AbortSignal): Promise<void> {
  await call({ method: 'GET', path: '/automation-tokens', statuses: [200], signal });
}

export function headersOf(token: Secret) {
  return { 'fastly-key': token, accept: 'application/json' };
}
