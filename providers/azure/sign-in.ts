/**
 * The token endpoint of Entra, for our own application as well as for a secret that has leaked.
 *
 * Docs: https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow#error-codes-for-token-endpoint-errors
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

export type SignIn =
  | { readonly ok: true; readonly token: Secret; readonly expiresInSeconds: number }
  /** Numbers of Entra's errors, such as 7000215 for AADSTS7000215. */
  | { readonly ok: false; readonly errors: readonly number[]; readonly status: number };

/** What an application proves itself by. */
export type Proof =
  | { readonly client_secret: Secret }
  | { readonly client_assertion: Secret; readonly client_assertion_type: typeof ASSERTION_TYPE };

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export function asserted(client_assertion: Secret): Proof {
  return { client_assertion, client_assertion_type: ASSERTION_TYPE };
}

const ISSUED = z.object({ access_token: z.string(), expires_in: z.number() });
const DECLINED = z.object({ error: z.string(), error_codes: z.array(z.number()).default([]) });

/** Said while Entra is too busy, or fails (AADSTS90024, AADSTS90033), of any secret. */
const PASSING: ReadonlySet<string> = new Set(['temporarily_unavailable', 'server_error']);

export function tokenPath(tenantId: string): string {
  return `/${tenantId}/oauth2/v2.0/token`;
}

/** @throws {Failure} `unavailable` for a refusal that passes */
export async function signIn(
  login: Upstream,
  tenantId: string,
  form: { readonly client_id: string; readonly scope: string } & Proof,
  signal: AbortSignal,
): Promise<SignIn> {
  const answer = await login.request({
    method: 'POST',
    path: tokenPath(tenantId),
    form: { grant_type: 'client_credentials', ...form },
    readOnly: true,
    statuses: [200, 400, 401],
    signal,
  });
  if (answer.status !== 200) {
    const { error, error_codes: errors } = answer.json(DECLINED);
    const { status } = answer;
    if (PASSING.has(error)) throw new Failure('unavailable', { target: login.base, status });
    return { ok: false, errors, status };
  }
  const { access_token, expires_in } = answer.json(ISSUED);
  return { ok: true, token: new Secret(access_token), expiresInSeconds: expires_in };
}
