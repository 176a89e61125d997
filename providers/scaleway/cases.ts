import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { scaleway } from './index.ts';

export const KEY = '5ca1e0a7-0000-4000-8000-00c0ffee1234';
export const ACCESS_KEY = 'SCWK3Y9QUASHK3Y9QUAS';
const OWN_ACCESS_KEY = 'SCW0URS0URS0URS0URS0';
export const OWN_CONTEXT = `SCW_ACCESS_KEY=${OWN_ACCESS_KEY}\nSCW_SECRET_KEY=${KEY}\n`;
export const CONTEXT = `SCW_ACCESS_KEY=${ACCESS_KEY}\nSCW_SECRET_KEY=${KEY}\n`;
const ADMIN = 'the secret key of quash';
const HOST = '/api.scaleway.com/iam/v1alpha1/api-keys';
const ours = { 'x-auth-token': ADMIN };

export const config = () => ({
  organizations: [{ name: 'acme', accessKey: OWN_ACCESS_KEY, secretKey: ADMIN }],
});

const itself = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `${HOST}?page_size=1`, headers: { 'x-auth-token': KEY } },
  answer: { status, json },
});
const record = (status: number, json: unknown, accessKey = ACCESS_KEY): Exchange => ({
  expect: { method: 'GET', path: `${HOST}?access_keys=${accessKey}&page_size=1`, headers: ours },
  answer: { status, json },
});
export const removed: Exchange = {
  expect: { method: 'DELETE', path: `${HOST}/${ACCESS_KEY}`, headers: ours },
  answer: { status: 204 },
};
export const alive = itself(403, { type: 'permissions_denied', details: [] });
const denied = (reason: string) => itself(401, { type: 'denied_authentication', method: 'api_key', reason });
export const gone = denied('not_found');
export const expired = denied('expired');
export const unclear = denied('unknown_reason');
const signed = (status: number, text: string, accessKey = ACCESS_KEY): Exchange => ({
  expect: {
    method: 'GET',
    path: '/s3.fr-par.scw.cloud/',
    headers: {
      authorization: new RegExp(
        `^AWS4-HMAC-SHA256 Credential=${accessKey}/20260101/fr-par/s3/aws4_request, `,
      ),
    },
  },
  answer: { status, text },
});
const s3Error = (message: string, accessKey = ACCESS_KEY) =>
  signed(
    403,
    `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>${message}</Message></Error>`,
    accessKey,
  );
export const late = signed(
  403,
  '<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message></Error>',
);
export const paired = s3Error('Access Denied.');
/** https://github.com/ysde/grafana-backup-tool/issues/244 shows it. */
export const notPaired = s3Error('Signature does not match.');
const ci = { access_key: ACCESS_KEY, secret_key: null, description: 'ci' };
export const listed = record(200, { api_keys: [ci], total_count: 1 });
export const foreign = record(200, { api_keys: [], total_count: 0 });
/** Where the filter is not heeded. */
export const unfiltered = record(200, { api_keys: [{ ...ci, access_key: OWN_ACCESS_KEY }], total_count: 2 });
const DECOY = 'SCWDEC0YDEC0YDEC0YDE';
export const DECOY_CONTEXT = CONTEXT.replace('SCW_SECRET_KEY', `${DECOY} SCW_SECRET_KEY`);
/** It is denied whatever the secret, as with a policy that lets in other addresses alone. */
export const decoyDenied = [
  record(200, { api_keys: [{ ...ci, access_key: DECOY }], total_count: 1 }, DECOY),
  s3Error('Access Denied.', DECOY),
  s3Error('Access Denied.', DECOY),
];
/** Nobody's secret does not sign with the access key. */
const seen = [alive, listed, paired, notPaired];
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: scaleway,
    config,
    token: KEY,
    context: CONTEXT,
    credentials: [ADMIN],
    kind: 'secret-key',
    type: 'gitleaks_rule_id_scaleway-secret-key',
    unknownAnswer: {
      status: 401,
      json: { type: 'denied_authentication', method: 'api_key', reason: 'not_found' },
    },
    scripts: {
      revoked: { exchanges: [...seen, ...seen, removed, gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [alive, record(401, { type: 'denied_authentication' })] },
      forbidden: { exchanges: [alive, record(403, { type: 'permissions_denied' })] },
      secondCall: unknown,
    },
  },
];
