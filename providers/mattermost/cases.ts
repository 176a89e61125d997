import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type MattermostConfig, mattermost } from './index.ts';

export const TOKEN = 'k3y9abc'.repeat(4).slice(0, 26);
const ADMIN = 'the token of the administrator';
const USER = 'u7h8n9user';
const ITS_OWN = { authorization: `Bearer ${TOKEN}` };
const OURS = { authorization: `Bearer ${ADMIN}` };

export const config = (url: string) => ({ servers: [{ url, adminToken: ADMIN }] });

const me = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/api/v4/users/me', headers: ITS_OWN },
  answer: { status, json },
});
export const alive = me(200, { id: USER, username: 'alice' });
export const refusal = {
  id: 'api.context.session_expired.app_error',
  message: 'Invalid or expired session, please login again.',
  status_code: 401,
};
export const gone = me(401, refusal);
export const mfa = me(401, { id: 'api.context.mfa_required.app_error', status_code: 401 });
export const logout: Exchange = {
  expect: { method: 'POST', path: '/api/v4/users/logout', headers: ITS_OWN },
  answer: { status: 200, json: { status: 'OK' } },
};
export const account = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `/api/v4/users/${USER}`, headers: OURS },
  answer: { status, json },
});
export const tokens = (active: readonly boolean[], page = 0): Exchange => ({
  expect: {
    method: 'GET',
    path: `/api/v4/users/${USER}/tokens?page=${page}&per_page=200`,
    headers: OURS,
  },
  answer: { status: 200, json: active.map((is_active, index) => ({ id: `pat-${index}`, is_active })) },
});
/** Whether the server lets access tokens in. */
export const settings = (EnableUserAccessTokens: 'true' | 'false'): Exchange => ({
  expect: { method: 'GET', path: '/api/v4/config/client?format=old', headers: OURS },
  answer: { status: 200, json: { EnableUserAccessTokens } },
});
const sessionCall = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `/api/v4/users/${USER}/sessions`, headers: OURS },
  answer: { status, json },
});
/** @param given by the id of the session, the access token that it was given to */
export const sessions = (given: Readonly<Record<string, string | undefined>>) =>
  sessionCall(
    200,
    Object.entries(given).map(([id, tokenId]) => ({
      id,
      token: '',
      user_id: USER,
      props: { type: 'UserAccessToken', ...(tokenId !== undefined && { user_access_token_id: tokenId }) },
    })),
  );
export const revoke: Exchange = {
  expect: {
    method: 'POST',
    path: '/api/v4/users/tokens/revoke',
    headers: OURS,
    json: { token_id: 'pat-2' },
  },
  answer: { status: 200, json: { status: 'OK' } },
};

export const found = [alive, alive, logout, sessions({ web: undefined, bot: 'pat-1' })];
export const used = [alive, sessions({ web: undefined, bot: 'pat-1', again: 'pat-2' }), logout];
export const loggedOut = sessions({ web: undefined, bot: 'pat-1' });
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

export const cases: readonly ProviderSpec<MattermostConfig>[] = [
  {
    definition: mattermost,
    config,
    token: TOKEN,
    credentials: [ADMIN],
    kind: 'access-token',
    type: 'gitleaks_rule_id_mattermost-access-token',
    scripts: {
      revoked: { exchanges: [...found, ...used, loggedOut, revoke, gone] },
      // A revoked token is as unknown as one of another server.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [alive, alive, logout, sessionCall(401, refusal)] },
      forbidden: {
        exchanges: [alive, alive, logout, sessionCall(403, { id: 'api.context.permissions.app_error' })],
      },
      secondCall: unknown,
    },
  },
];
