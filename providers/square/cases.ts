/** What Square is asked and answers, for the provider contract. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type SquareConfig, square } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const TOKEN = ['EA', 'AA', 'k3y9-_Qw'.repeat(7), 'k3y9'].join('');
const SECRET = ['sq0', 'csp-'].join('') + 'Adm1'.repeat(10);
export const APPLICATION = 'sq0idp-QuashQuashQuashQuash';
export const PRODUCTION = 'connect.squareup.com';
export const SANDBOX = 'connect.squareupsandbox.com';

export const config = () => ({ applications: [{ id: APPLICATION, secret: SECRET }] });

const statusCall = (host: string, answer: Exchange['answer']): Exchange => ({
  expect: {
    method: 'POST',
    path: `/${host}/oauth2/token/status`,
    headers: { authorization: `Bearer ${TOKEN}` },
  },
  answer,
});

export const alive = (host = PRODUCTION, application = APPLICATION) =>
  statusCall(host, {
    status: 200,
    json: {
      scopes: ['PAYMENTS_READ', 'PAYMENTS_WRITE'],
      expires_at: '2026-12-20T22:03:46Z',
      client_id: application,
      merchant_id: 'MLQUASH',
    },
  });

const AUTHENTICATION_ERROR = {
  errors: [
    {
      category: 'AUTHENTICATION_ERROR',
      code: 'UNAUTHORIZED',
      detail: 'This request could not be authorized.',
    },
  ],
};
export const dead = (host = PRODUCTION) => statusCall(host, { status: 401, json: AUTHENTICATION_ERROR });

export const revokeCall = (status = 200, json: unknown = { success: true }, host = PRODUCTION): Exchange => ({
  expect: {
    method: 'POST',
    path: `/${host}/oauth2/revoke`,
    headers: { authorization: `Client ${SECRET}` },
    json: { client_id: APPLICATION, access_token: TOKEN, revoke_only_access_token: true },
  },
  answer: { status, json },
});

export const cases: readonly ProviderSpec<SquareConfig>[] = [
  {
    definition: square,
    config,
    token: TOKEN,
    kind: 'access-token',
    type: 'gitleaks_rule_id_square-access-token',
    scripts: {
      revoked: { exchanges: [alive(), revokeCall(), dead(), dead(SANDBOX)] },
      alreadyDead: { exchanges: [dead(), dead(SANDBOX)] },
      unknownToken: { notApplicable: 'Both hosts that issue such tokens are asked.' },
      credentialRefused: { exchanges: [alive(), revokeCall(401, AUTHENTICATION_ERROR)] },
      forbidden: { exchanges: [alive(), revokeCall(403, AUTHENTICATION_ERROR)] },
      secondCall: { exchanges: [dead(), dead(SANDBOX)] },
    },
  },
];
