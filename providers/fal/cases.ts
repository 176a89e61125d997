import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { fal } from './index.ts';

const ID = '0a1b2c3d-0000-4000-8000-00c0ffee1234';
// Put together here, so that no scanner takes it for a leak.
export const KEY = [ID, 'c0ffee12'.repeat(4)].join(':');
const ADMIN = 'the admin key';
const HOST = '/api.fal.ai/v1';
const ours = { authorization: `Key ${ADMIN}` };

export const config = () => ({ accounts: [{ name: 'acme', adminKey: ADMIN }] });

const prices = (status: number, json: unknown, key = KEY): Exchange => ({
  expect: {
    method: 'GET',
    path: `${HOST}/models/pricing?endpoint_id=fal-ai%2Fflux%2Fdev`,
    headers: { authorization: `Key ${key}` },
  },
  answer: { status, json },
});
export const page = (cursor: string, status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `${HOST}/keys?limit=100${cursor}`, headers: ours },
  answer: { status, json },
});
export const keys = (next_cursor: string | null, ...ids: readonly string[]) => ({
  keys: ids.map((key_id) => ({ key_id, alias: 'ci', scope: 'API', created_at: '2026-01-15T12:00:00Z' })),
  next_cursor,
  has_more: next_cursor !== null,
});
const error = (message: string) => ({ error: { type: 'authorization_error', message, request_id: 'r-1' } });
const listed = { prices: [], next_cursor: null, has_more: false };
export const alive = prices(200, listed);
/** To keys that nobody has: either half is the leaked one's. */
const OTHER_SECRET = [ID, '0'.repeat(32)].join(':');
const OTHER_ID = ['00000000-0000-4000-8000-000000000000', 'c0ffee12'.repeat(4)].join(':');
export const toAll = prices(200, listed, OTHER_SECRET);
const notToAll = prices(401, error('Authentication required'), OTHER_SECRET);
export const toAnyId = [notToAll, prices(200, listed, OTHER_ID)];
export const gone = prices(401, error('Authentication required'));
export const others = page('', 200, keys(null, 'abc123def456'));
export const list = [
  page('', 200, keys('Mg==', 'abc123def456')),
  page('&cursor=Mg%3D%3D', 200, keys(null, ID)),
];
const removed: Exchange = {
  expect: { method: 'DELETE', path: `${HOST}/keys/${ID}`, headers: ours },
  answer: { status: 204 },
};
export const triedBoth = [alive, notToAll, prices(401, error('Authentication required'), OTHER_ID)];
const seen = [...triedBoth, ...list];
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: fal,
    config,
    token: KEY,
    credentials: [ADMIN],
    kind: 'api-key',
    type: 'gitleaks_rule_id_fal-api-key.1',
    scripts: {
      revoked: { exchanges: [...seen, ...seen, removed, gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [...triedBoth, page('', 401, error('no'))] },
      forbidden: { exchanges: [...triedBoth, page('', 403, error('no'))] },
      secondCall: unknown,
    },
  },
];
