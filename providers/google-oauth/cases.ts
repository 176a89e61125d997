import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { googleOauth } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const ACCESS = ['ya', `29.a0${'k3y9'.repeat(40)}`].join('');
const REFRESH = ['1', '', `0g${'k3y9'.repeat(20)}`].join('/');

export const revoke = (token: string, status: number, json: unknown): Exchange => ({
  expect: {
    method: 'POST',
    path: '/oauth2.googleapis.com/revoke',
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: undefined },
    form: { token },
  },
  answer: { status, json },
});
const INVALID = { error: 'invalid_token', error_description: 'Token expired or revoked' };

const spec = (token: string, kind: string, type: string): ProviderSpec<unknown> => ({
  definition: googleOauth,
  config: () => ({}),
  token,
  kind,
  type,
  scripts: {
    revoked: { exchanges: [revoke(token, 200, {}), revoke(token, 400, INVALID)] },
    alreadyDead: { exchanges: [revoke(token, 400, INVALID)] },
    unknownToken: { notApplicable: 'Google says the same of a token that it never gave.' },
    credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
    forbidden: { notApplicable: 'Whoever has a token may revoke it.' },
    secondCall: { exchanges: [revoke(token, 400, INVALID)] },
  },
});

export const cases: readonly ProviderSpec<unknown>[] = [
  spec(ACCESS, 'access-token', 'gitleaks_rule_id_google_oauth_access_token'),
  spec(REFRESH, 'refresh-token', 'gitleaks_rule_id_google_oauth_refresh_token'),
];
