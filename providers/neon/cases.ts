import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { neon } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const KEY = ['napi', 'k3y9quas'.repeat(8)].join('_');
const API = '/console.neon.tech/api/v2';
const headers = { authorization: `Bearer ${KEY}`, accept: 'application/json' };

const call = (method: string, path: string, status: number, json: unknown): Exchange => ({
  expect: { method, path: `${API}${path}`, headers },
  answer: { status, json },
});
export const auth = (auth_method: string) => call('GET', '/auth', 200, { account_id: 'a-1', auth_method });
export const keys = (...ids: readonly number[]) =>
  call(
    'GET',
    '/api_keys',
    200,
    ids.map((id) => ({ id, name: 'ci', created_at: '2026-01-01T00:00:00Z', last_used_at: null })),
  );
const gone = call('GET', '/auth', 401, { request_id: 'r-1', code: '', message: 'authentication failed' });
const remove = call('DELETE', '/api_keys/7', 200, { id: 7, name: 'ci', revoked: true });
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
const notApplicable = { notApplicable: 'The leaked key is the only credential.' };

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: neon,
    config: () => ({}),
    token: KEY,
    kind: 'api-key',
    type: 'gitleaks_rule_id_neon-api-key',
    scripts: {
      revoked: { exchanges: [auth('api_key_user'), keys(7), auth('api_key_user'), keys(7), remove, gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      // Not so after a crash: where it was seen to work is on record before it is revoked.
      secondCall: unknown,
    },
  },
];
