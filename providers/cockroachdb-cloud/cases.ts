import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cockroachdbCloud } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
const ID = ['CCDB1', `${'k3y9'.repeat(5)}Qu`].join('_');
export const KEY = [ID, 'S3cr3tQu'.repeat(5)].join('_');
const ADMIN = 'the key of the administrator';
const API = '/cockroachlabs.cloud/api/v1';

export const config = () => ({ organizations: [{ name: 'acme', apiKey: ADMIN }] });

const error = (code: number) => ({ code, message: 'no', details: [] });
const itself = (status: number, json: unknown, key = KEY): Exchange => ({
  expect: {
    method: 'GET',
    path: `${API}/clusters?pagination.limit=1`,
    headers: { authorization: `Bearer ${key}` },
  },
  answer: { status, json },
});
const record = (method: string, status: number, json: unknown): Exchange => ({
  expect: { method, path: `${API}/api-keys/${ID}`, headers: { authorization: `Bearer ${ADMIN}` } },
  answer: { status, json },
});
const KEY_RECORD = { id: ID, name: 'ci', service_account_id: '0a1b2c3d-0000-4000-8000-000000000001' };
const otherId = itself(401, error(16), KEY.replace(ID, `CCDB1_${'0'.repeat(22)}`));
/** Works, and not with an id that nobody has. */
export const alive = [itself(200, { clusters: [], pagination: {} }), otherId];
export const limited = [itself(403, error(7)), otherId];
export const gone = itself(401, error(16));
export const listed = record('GET', 200, KEY_RECORD);
export const elsewhere = record('GET', 404, error(5));
export const hidden = record('GET', 403, error(7));
export const own = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: `${API}/api-keys?pagination.limit=1`,
    headers: { authorization: `Bearer ${ADMIN}` },
  },
  answer: { status, json },
});
export const removed = record('DELETE', 200, KEY_RECORD);
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: cockroachdbCloud,
    config,
    token: KEY,
    credentials: [ADMIN],
    kind: 'api-key',
    type: 'gitleaks_rule_id_cockroachlabs-cloud-api-key',
    scripts: {
      revoked: { exchanges: [...alive, listed, ...alive, listed, removed, gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [...alive, record('GET', 401, error(16))] },
      forbidden: { exchanges: [...alive, hidden, own(403, error(7))] },
      secondCall: unknown,
    },
  },
];
