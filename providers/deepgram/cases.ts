import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { deepgram } from './index.ts';

export const KEY = 'c0ffee12'.repeat(5);
const ADMIN = 'the key of the administrator';
const PROJECT = '0a1b2c3d-0000-4000-8000-000000000000';
const HOST = '/api.deepgram.com/v1';
const headersOf = (key: string) => ({ authorization: `Token ${key}`, accept: 'application/json' });
const ours = headersOf(ADMIN);

export const config = () => ({ projects: [{ id: PROJECT, adminKey: ADMIN }] });

const itself = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `${HOST}/auth/token`, headers: headersOf(KEY) },
  answer: { status, json },
});
const record = (method: 'GET' | 'DELETE', status: number, json: unknown): Exchange => ({
  expect: { method, path: `${HOST}/projects/${PROJECT}/keys/key-1`, headers: ours },
  answer: { status, json },
});
export const keysOfProject = (status: number): Exchange => ({
  expect: { method: 'GET', path: `${HOST}/projects/${PROJECT}/keys`, headers: ours },
  answer: { status, json: status === 200 ? { api_keys: [] } : { err_code: 'NOT_FOUND' } },
});
export const alive = itself(200, { api_key_id: 'key-1', scopes: ['usage:write'] });
export const gone = itself(401, {
  err_code: 'INVALID_AUTH',
  err_msg: 'Invalid credentials.',
  request_id: 'r-1',
});
export const listed = record('GET', 200, {
  item: { member: { member_id: 'm-1', api_key: { api_key_id: 'key-1' } } },
});
/** As the older clients read it. */
export const listedFlat = record('GET', 200, {
  member: { member_id: 'm-1', email: 'ann@example.com' },
  api_key: {
    api_key_id: 'key-1',
    comment: 'a key',
    scopes: ['usage:write'],
    created: '2026-01-01T00:00:00Z',
  },
});
export const elsewhere = record('GET', 404, { err_code: 'NOT_FOUND', err_msg: 'No key found.' });
export const removed = record('DELETE', 200, { message: 'Successfully deleted the API key!' });
const error = { category: 'AUTH', message: 'no', details: '', request_id: 'r-1' };
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: deepgram,
    config,
    token: KEY,
    credentials: [ADMIN],
    kind: 'api-key',
    type: 'gitleaks_rule_id_deepgram-api-key',
    scripts: {
      revoked: { exchanges: [alive, listed, alive, listed, removed, gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [alive, record('GET', 401, error)] },
      forbidden: { exchanges: [alive, record('GET', 403, error)] },
      secondCall: unknown,
    },
  },
];
