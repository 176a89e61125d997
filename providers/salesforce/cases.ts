/** What Salesforce is asked and answers, for the provider contract. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { SalesforceConfig } from './config.ts';
import { salesforce } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = [['00', 'D5e000001N20Q'].join(''), `AQ.${'k3y9Quash_Etc.01'.repeat(5)}`].join('!');

export const config = (baseUrl: string) => ({ instances: [{ url: `${baseUrl}/example` }] });

const JWT = [`eyJ0bmsi${'k3y9'.repeat(30)}`, ['eyJ', 'k3y9'.repeat(50)].join(''), 'k3y-9_'.repeat(57)].join(
  '.',
);
export const REFRESH = ['5Aep', '861', 'k3y9._'.repeat(12), '=='].join('');

const probe = (answer: Exchange['answer'], path = '/example', token = TOKEN): Exchange => ({
  expect: {
    method: 'GET',
    path: `${path}/services/data/v60.0`,
    headers: { authorization: `Bearer ${token}` },
  },
  answer,
});
const RESOURCES = {
  status: 200,
  json: { sobjects: '/services/data/v60.0/sobjects', query: '/services/data/v60.0/query' },
};
const INVALID = {
  status: 401,
  json: [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }],
};

export const alive = probe(RESOURCES);
export const dead = (path?: string) => probe(INVALID, path);
const jwtDead = probe(INVALID, '/example', JWT);
const jwtAlive = probe(RESOURCES, '/example', JWT);
const refused = (status: number, errorCode: string, message: string) =>
  probe({ status, json: [{ message, errorCode }] });
/** All of a token that is taken. */
export const limited = {
  'may not use the API': refused(
    403,
    'API_DISABLED_FOR_ORG',
    'The REST API is not enabled for this Organization.',
  ),
  'has made too many calls today': refused(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'),
  'has no right to the API, or may not come from here': refused(
    401,
    'INVALID_SESSION_ID',
    'This session is not valid for use with the REST API',
  ),
};

export const revokeCall = (
  answer: Exchange['answer'] = { status: 200 },
  token = TOKEN,
  path = '/example',
): Exchange => ({
  expect: {
    method: 'POST',
    path: `${path}/services/oauth2/revoke`,
    headers: { authorization: undefined },
    form: { token },
  },
  answer,
});

export const notRevoked = (error: string, token = TOKEN, path?: string) =>
  revokeCall({ status: 400, text: `error=${error}&error_description=this%20token%20is%20not` }, token, path);
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;
const jwtUnknown = { exchanges: [jwtDead], endsAs: UNKNOWN };
const refreshUnknown = { exchanges: [notRevoked('invalid_token', REFRESH)], endsAs: UNKNOWN };

export const cases: readonly ProviderSpec<SalesforceConfig>[] = [
  {
    definition: salesforce,
    config,
    token: TOKEN,
    kind: 'access-token',
    type: 'gitleaks_rule_id_salesforce_access_token',
    scripts: {
      revoked: { exchanges: [alive, alive, revokeCall(), dead()] },
      // It was revoked between the two calls.
      alreadyDead: { exchanges: [alive, dead()] },
      unknownToken: { exchanges: [dead()], endsAs: { outcome: 'refused', reason: 'unknown-token' } },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'A token needs no right to be revoked.' },
      // Without its note a dead token looks like another organization's; see the test with the note.
      secondCall: { exchanges: [dead()], endsAs: { outcome: 'refused', reason: 'unknown-token' } },
    },
  },
  {
    definition: salesforce,
    config,
    token: JWT,
    kind: 'jwt-access-token',
    type: 'gitleaks_rule_id_salesforce_access_token',
    scripts: {
      revoked: { exchanges: [jwtAlive, jwtAlive, revokeCall({ status: 200 }, JWT), jwtDead] },
      alreadyDead: jwtUnknown,
      unknownToken: jwtUnknown,
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'A token needs no right to be revoked.' },
      secondCall: jwtUnknown,
    },
  },
  {
    definition: salesforce,
    config,
    token: REFRESH,
    kind: 'refresh-token',
    type: 'gitleaks_rule_id_salesforce_refresh_token',
    scripts: {
      // What was revoked is invalid when it is revoked once more.
      revoked: { exchanges: [revokeCall({ status: 200 }, REFRESH), ...refreshUnknown.exchanges] },
      alreadyDead: refreshUnknown,
      unknownToken: refreshUnknown,
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'A token needs no right to be revoked.' },
      secondCall: refreshUnknown,
    },
  },
];
