import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type HerokuConfig, heroku } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const LONG = `${['HR', 'KU-AA'].join('')}${'a1B2_-'.repeat(9)}c3D4`;
const PREFIXED = ['HR', 'KU-89abcdef-0123-4567-89ab-cdef01234567'].join('');
const UUID = ['01234567', '89ab', 'cdef', '0123', '456789abcdef'].join('-');

export const OWN_ID = '5f6b1c9e-0a3d-4c47-9d7e-2b8f1a6c3e01';
export const OTHER_ID = '5f6b1c9e-0a3d-4c47-9d7e-2b8f1a6c3e02';

/** As Heroku's command line reads it: a beginning, ten asterisks, an ending that may be empty. */
export const redacted = (token: string) => `${token.slice(0, 11)}${'*'.repeat(10)}${token.slice(-4)}`;

export const UNAUTHORIZED = { id: 'unauthorized', message: 'Invalid credentials provided.' };
export const FORBIDDEN = { id: 'forbidden', message: 'You do not have access to this resource.' };
export const NOT_FOUND = { id: 'not_found', message: "Couldn't find that session." };

export const authorization = (id: string, token: string | undefined) => ({
  id,
  description: 'ci',
  scope: ['global'],
  access_token: token === undefined ? null : { id: OTHER_ID, expires_in: null, token },
});

export const callsWith = (token: string) => {
  const headers = {
    accept: 'application/vnd.heroku+json; version=3',
    authorization: `Bearer ${token}`,
  };
  const call =
    (method: 'GET' | 'DELETE', path: string) =>
    (status: number, json: unknown): Exchange => ({
      expect: { method, path: `/api.heroku.com${path}`, headers },
      answer: { status, json },
    });
  return {
    list: (
      status: number,
      json: unknown,
      range = 'id ..; max=200',
      answered: Record<string, string> = {},
    ): Exchange => ({
      expect: { method: 'GET', path: '/api.heroku.com/oauth/authorizations', headers: { ...headers, range } },
      answer: { status, json, headers: answered },
    }),
    remove: call('DELETE', `/oauth/authorizations/${OWN_ID}`),
    endSession: call('DELETE', '/oauth/sessions/~'),
    account: call('GET', '/account'),
  };
};

const NOT_APPLICABLE = { notApplicable: 'The leaked token is the only credential.' };

const ERRORS = 'https://devcenter.heroku.com/articles/platform-api-reference#errors';

function specOf(token: string, shown = token): ProviderSpec<HerokuConfig> {
  const { list, remove, account } = callsWith(token);
  const both = [authorization(OTHER_ID, undefined), authorization(OWN_ID, shown)];
  // It may be the end of a prefixed one.
  const endsAs = token === UUID ? ({ outcome: 'refused', reason: 'unknown-token' } as const) : undefined;
  const notLetIn = { exchanges: [list(401, UNAUTHORIZED)], ...(endsAs && { endsAs }) };
  return {
    definition: heroku,
    config: () => ({}),
    token,
    kind: 'api-key',
    type: 'gitleaks_rule_id_heroku_api_key',
    scripts: {
      revoked: {
        exchanges: [list(200, both), remove(200, authorization(OWN_ID, shown)), account(401, UNAUTHORIZED)],
      },
      alreadyDead: notLetIn,
      unknownToken: { notApplicable: 'Heroku issued all of them and says 401 of those that do not work.' },
      credentialRefused: NOT_APPLICABLE,
      forbidden: NOT_APPLICABLE,
      secondCall: notLetIn,
    },
    passing: [
      {
        name: 'a suspended account',
        source: ERRORS,
        answer: { status: 403, json: { id: 'suspended', message: 'Your account has been suspended.' } },
      },
      {
        name: 'an unpaid account',
        source: ERRORS,
        answer: { status: 402, json: { id: 'delinquent', message: 'Please pay your balance.' } },
      },
    ],
  };
}

export const cases: readonly ProviderSpec<HerokuConfig>[] = [
  specOf(LONG),
  specOf(LONG, redacted(LONG)),
  specOf(PREFIXED, redacted(PREFIXED)),
  specOf(UUID),
];
