import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { ibmCloud } from './index.ts';

export const KEY = 'k3y9-Qu_'.repeat(6).slice(0, 44);
const ACCESS = ['ey', 'J.access.token'].join('');
const HOST = '/iam.cloud.ibm.com';
const ID = 'ApiKey-0a1b2c3d-0000-4000-8000-000000000000';

const signIn = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'POST',
    path: `${HOST}/identity/token`,
    headers: { accept: 'application/json' },
    form: { grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: KEY },
  },
  answer: { status, json },
});
export const signedIn = signIn(200, { access_token: ACCESS, token_type: 'Bearer', expires_in: 3600 });
export const gone = signIn(400, {
  errorCode: 'BXNIM0415E',
  errorMessage: 'Provided API key could not be found.',
});
export const disabled = signIn(400, {
  errorCode: 'BXNIM0462E',
  errorMessage: 'Provided API key is disabled.',
});
export const otherwise = signIn(400, { errorCode: 'BXNIM0000E', errorMessage: 'Something else.' });
export const details: Exchange = {
  expect: {
    method: 'GET',
    path: `${HOST}/v1/apikeys/details`,
    headers: { accept: 'application/json', authorization: `Bearer ${ACCESS}`, 'iam-apikey': KEY },
  },
  answer: { status: 200, json: { id: ID, name: 'ci', locked: false, iam_id: 'IBMid-1', account_id: 'a1' } },
};
export const remove = (status: number, json?: unknown): Exchange => ({
  expect: {
    method: 'DELETE',
    path: `${HOST}/v1/apikeys/${ID}`,
    headers: { accept: 'application/json', authorization: `Bearer ${ACCESS}`, 'iam-apikey': undefined },
  },
  answer: { status, ...(json !== undefined && { json }) },
});
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
const notApplicable = { notApplicable: 'The leaked key is the only credential.' };

export const cases: readonly ProviderSpec<Record<string, never>>[] = [
  {
    definition: ibmCloud,
    config: () => ({}),
    token: KEY,
    kind: 'api-key',
    type: 'gitleaks_rule_id_ibm-cloud-user-api-key',
    scripts: {
      revoked: { exchanges: [signedIn, details, remove(204), gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      // Not so after a crash: where it was seen to work is on record before it is deleted.
      secondCall: unknown,
    },
  },
];
