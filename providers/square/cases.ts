/** What Square is asked and answers, for the provider contract. */
import type { FailureCode } from '../../src/provider/failure.ts';
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange, Fault } from '../../test/support/scripted-upstream.ts';
import type { SquareConfig } from './config.ts';
import { square } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const TOKEN = ['EA', 'AA', 'k3y9-_Qw'.repeat(7), 'k3y9'].join('');
export const SECRET = ['sq0', 'csp-'].join('') + 'Adm1'.repeat(10);
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
/** As recorded: https://github.com/microsoft/sarif-pattern-matcher, SquareCredentialsValidatorTests.cs. */
export const NOT_AUTHORIZED = { message: 'Not Authorized', type: 'service.not_authorized' };
/** "If the access token is expired or not a valid access token, the endpoint returns an UNAUTHORIZED error." */
export const dead = (host = PRODUCTION) => statusCall(host, { status: 401, json: AUTHENTICATION_ERROR });
/** Codes of the API's specification, https://github.com/square/square-python-sdk/blob/master/doc/models/error-code.md. */
export const refusedAs = (code: string) =>
  statusCall(PRODUCTION, { status: 401, json: { errors: [{ category: 'AUTHENTICATION_ERROR', code }] } });

export const revokeCall = (status = 200, json: unknown = { success: true }, host = PRODUCTION): Exchange => ({
  expect: {
    method: 'POST',
    path: `/${host}/oauth2/revoke`,
    headers: { authorization: `Client ${SECRET}` },
    json: { client_id: APPLICATION, access_token: TOKEN, revoke_only_access_token: true },
  },
  answer: { status, json },
});

/** Asks for a token with a code that nobody has. */
export const codeCall = (json: unknown, host = PRODUCTION, application = APPLICATION): Exchange => ({
  expect: {
    method: 'POST',
    path: `/${host}/oauth2/token`,
    json: {
      client_id: application,
      client_secret: SECRET,
      grant_type: 'authorization_code',
      code: 'quash-checks-its-credential',
    },
  },
  answer: { status: 401, json },
});
const MISSING_CODE = `Authorization code not found for app ${APPLICATION}`;
export const missesTheCode = {
  errors: [{ category: 'AUTHENTICATION_ERROR', code: 'UNAUTHORIZED', detail: MISSING_CODE }],
};
export const missesTheCodeAsBefore = { message: MISSING_CODE, type: 'service.not_authorized' };

const unknown = {
  exchanges: [dead(), dead(SANDBOX)],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

type FaultOverride = NonNullable<ProviderSpec<SquareConfig>['faultOverrides']>[number];

/** The other host is asked all the same, and does not know the token. */
const brokenSearch = (endsAs: { failure: FailureCode }, ...faults: Fault[]): FaultOverride => ({
  call: 0,
  faults,
  because: 'the sandbox is asked, too, before the failure counts',
  // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
  then: [dead(SANDBOX)],
  endsAs,
});

export const cases: readonly ProviderSpec<SquareConfig>[] = [
  {
    definition: square,
    config,
    token: TOKEN,
    credentials: [SECRET],
    kind: 'access-token',
    type: 'gitleaks_rule_id_square-access-token',
    scripts: {
      revoked: { exchanges: [alive(), alive(), revokeCall(), dead()] },
      // A dead token is as unknown as one whose text is cut.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [alive(), alive(), revokeCall(401, NOT_AUTHORIZED)] },
      forbidden: { exchanges: [alive(), alive(), revokeCall(403, AUTHENTICATION_ERROR)] },
      // It never happens so: the host is on file before anything is revoked.
      secondCall: unknown,
    },
    faultOverrides: [
      brokenSearch({ failure: 'timeout' }, 'timeout'),
      brokenSearch({ failure: 'unreachable' }, 'reset', 'reset-mid-body'),
      brokenSearch({ failure: 'unexpected-answer' }, 'redirect', 'oversized', 'html', 'bad-json'),
      brokenSearch({ failure: 'unexpected-answer' }, 'html-401', 'html-403', 'html-404'),
      brokenSearch({ failure: 'throttled' }, 'status-429'),
      brokenSearch({ failure: 'upstream-error' }, 'status-500'),
      brokenSearch({ failure: 'unavailable' }, 'status-502', 'status-503'),
    ],
    passing: [
      {
        name: 'a disabled application',
        source: 'https://github.com/square/square-python-sdk/blob/master/doc/models/error-code.md',
        answer: {
          status: 401,
          json: { errors: [{ category: 'AUTHENTICATION_ERROR', code: 'CLIENT_DISABLED' }] },
        },
      },
    ],
  },
];
