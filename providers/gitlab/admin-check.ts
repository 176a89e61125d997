/** Whether an administrator's token works and may do what is needed. */
import { meaningOf } from '../../src/provider/kit/answers.ts';
import { judgedCheck } from '../../src/provider/kit/credential-check.ts';
import type { CredentialCheck } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { type AdminApi, DELETE_ROWS, LOOK_ROWS, send } from './admin-calls.ts';

/** Asks GitLab about our own token, and deletes a token that cannot exist, to see whether both are allowed. */
export function checkAdmin(api: AdminApi, signal: AbortSignal): Promise<CredentialCheck> {
  const { upstream, adminToken } = api;
  const judge = async () => {
    const info = await send(api, { method: 'POST', statuses: [200, 404, 422], signal, token: adminToken });
    if (meaningOf(upstream, info, LOOK_ROWS) === 'no-api') {
      const advice = 'This GitLab has no token information API: it needs version 17.5 or newer.';
      return { ok: false, advice };
    }
    const token = new Secret(`gldt-${'0'.repeat(20)}`);
    const deletion = await send(api, {
      ...{ method: 'DELETE', statuses: [404], signal, token, isNoToken: true },
    });
    if (meaningOf(upstream, deletion, DELETE_ROWS) === 'unknown') return { ok: true };
    const advice =
      'Access tokens can be revoked; for all other kinds this GitLab needs version 17.7 or newer and its feature flag api_admin_token_revoke.';
    return { ok: true, advice };
  };
  return judgedCheck(`${upstream.base} administrator token`, judge, {
    refused: 'GitLab refused the token: it is unknown, revoked or expired. Create a new one.',
    forbidden: 'The token must belong to an administrator and have the scopes api and admin_mode.',
  });
}
