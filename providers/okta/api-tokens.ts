/** API tokens, which revoke themselves. */
import { z } from 'zod';
import { isSame, ownCredential } from '../../src/provider/kit/own-credential.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { TenantMethod } from '../../src/provider/kit/tenants.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

interface Organization {
  readonly upstream: Upstream;
  readonly apiToken: Secret | undefined;
}

const OWN_CREDENTIAL = ownCredential('API token');
const NOT_PERMITTED = refused(
  'not-permitted',
  'Okta does not let this token revoke itself: an administrator has to revoke it under Security, API, Tokens.',
);

export const API_TOKENS: TenantMethod<Organization, Record<string, never>> = {
  found: z.strictObject({}),
  async look({ upstream, apiToken }, token, { signal }) {
    if (apiToken && isSame(apiToken, token)) return { state: 'unable', refusal: OWN_CREDENTIAL };
    const answer = await upstream.request({
      method: 'GET',
      path: '/api/v1/users/me',
      headers: { authorization: ssws(token) },
      statuses: [200, 401, 403],
      signal,
    });
    if (answer.status === 200) answer.json(z.object({ id: z.string() }));
    else if (answer.status === 401 && hasError(answer, 'E0000011')) return { state: 'absent' };
    else if (answer.status === 401 || !hasError(answer, 'E0000006')) throw unexpected(upstream, answer);
    return { state: 'alive', found: {} };
  },
  async revoke({ upstream }, token, _found, { signal }) {
    const answer = await upstream.request({
      method: 'DELETE',
      path: '/api/v1/api-tokens/current',
      headers: { authorization: ssws(token) },
      statuses: [204, 403],
      signal,
    });
    if (answer.status === 204) return revoked({ tenant: upstream.base });
    if (hasError(answer, 'E0000006')) return NOT_PERMITTED;
    throw unexpected(upstream, answer);
  },
};

/** Okta's own scheme of the header `Authorization`. */
export function ssws(token: Secret): Secret {
  return new Secret(`SSWS ${token.reveal()}`);
}

export function hasError(answer: Answer, errorCode: string): boolean {
  return answer.maybeJson(z.object({ errorCode: z.literal(errorCode) })) !== undefined;
}
