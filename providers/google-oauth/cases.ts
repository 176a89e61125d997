import type { ExpectedEnd, ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { googleOauth } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const ACCESS = ['ya', `29.a0${'k3y9'.repeat(40)}`].join('');
export const REFRESH = ['1', '', `0g${'k3y9'.repeat(20)}`].join('/');

export const revoke = (token: string, status: number, json: unknown): Exchange => ({
  expect: {
    method: 'POST',
    path: '/oauth2.googleapis.com/revoke',
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: undefined },
    form: { token },
  },
  answer: { status, json },
});
export const INVALID = { error: 'invalid_token', error_description: 'Token expired or revoked' };

export const tokenInfo = (token: string, status: number, json: unknown): Exchange => ({
  expect: {
    method: 'POST',
    path: '/oauth2.googleapis.com/tokeninfo',
    headers: { authorization: `Bearer ${token}` },
  },
  answer: { status, json },
});

const EXPIRES = { outcome: 'expires' } as const;
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

const spec = (
  token: string,
  kind: string,
  endsAs: ExpectedEnd,
  reported: string = token,
): ProviderSpec<unknown> => {
  const invalid = { exchanges: [revoke(token, 400, INVALID)], endsAs };
  return {
    definition: googleOauth,
    config: () => ({}),
    token,
    reported,
    kind: `${kind}-token`,
    type: `gitleaks_rule_id_google_oauth_${kind}_token`,
    scripts: {
      revoked: { exchanges: [revoke(token, 200, {}), revoke(token, 400, INVALID)] },
      // Google says the same of a token that it never gave, and of one that was cut.
      alreadyDead: invalid,
      unknownToken:
        kind === 'refresh'
          ? { ...invalid, endsAs: UNKNOWN }
          : { notApplicable: 'If there is such a token, it ends within hours.' },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'Whoever has a token may revoke it.' },
      // It never happens so: that Google took the revocation is on file.
      secondCall: invalid,
    },
  };
};

export const cases: readonly ProviderSpec<unknown>[] = [
  spec(ACCESS, 'access', EXPIRES),
  spec(REFRESH, 'refresh', UNKNOWN),
  spec(REFRESH, 'refresh', UNKNOWN, REFRESH.replaceAll('/', '\\/')),
  spec(REFRESH, 'refresh', UNKNOWN, REFRESH.replaceAll('/', '%2F')),
];
