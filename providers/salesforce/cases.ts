/** What Salesforce is asked and answers, for the provider contract. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { SalesforceConfig } from './config.ts';
import { salesforce } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = [['00', 'D5e000001N20Q'].join(''), `AQ.${'k3y9Quash_Etc.01'.repeat(5)}`].join('!');

export const config = (baseUrl: string) => ({ instances: [{ url: `${baseUrl}/example` }] });

const probe = (answer: Exchange['answer'], path = '/example'): Exchange => ({
  expect: {
    method: 'GET',
    path: `${path}/services/data/v60.0`,
    headers: { authorization: `Bearer ${TOKEN}` },
  },
  answer,
});

export const alive = probe({
  status: 200,
  json: { sobjects: '/services/data/v60.0/sobjects', query: '/services/data/v60.0/query' },
});
export const dead = (path?: string) =>
  probe(
    { status: 401, json: [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }] },
    path,
  );
export const limited = probe({
  status: 403,
  json: [
    { message: 'The REST API is not enabled for this Organization.', errorCode: 'API_DISABLED_FOR_ORG' },
  ],
});

export const revokeCall = (answer: Exchange['answer'] = { status: 200 }): Exchange => ({
  expect: {
    method: 'POST',
    path: '/example/services/oauth2/revoke',
    headers: { authorization: undefined },
    form: { token: TOKEN },
  },
  answer,
});

export const notRevoked = (error: string) =>
  revokeCall({ status: 400, json: { error, error_description: 'invalid token: token is invalid' } });

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
];
