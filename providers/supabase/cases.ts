import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { supabase } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const KEY = ['sb', 'secret', `${'k3y9Quas'.repeat(3)}k3y9Qua`].join('_');
const OURS = 'the access token of the operator';
const REF = 'abcdefghijklmnopqrst';
const ID = '0a1b2c3d-0000-4000-8000-000000000001';
const PATH = `/api.supabase.com/v1/projects/${REF}/api-keys`;
const headers = { authorization: `Bearer ${OURS}` };

export const config = () => ({ projects: [{ ref: REF, accessToken: OURS }] });

const call = (method: string, path: string, status: number, json: unknown): Exchange => ({
  expect: { method, path: `${PATH}${path}`, headers },
  answer: { status, json },
});
const LEGACY = { name: 'anon', id: 'anon', type: 'legacy', api_key: 'ey.legacy' };
const key = (id: string, api_key: string) => ({ name: 'default', id, type: 'secret', api_key });
export const list = (...keys: readonly object[]) => call('GET', '?reveal=true', 200, [LEGACY, ...keys]);
export const leaked = key(ID, KEY);
export const masked = key(ID, `${KEY.slice(0, 15)}${'\u00b7'.repeat(10)}`);
const other = key(
  '0a1b2c3d-0000-4000-8000-000000000002',
  [...KEY]
    .reverse()
    .join('')
    .replace(/^.{10}/, KEY.slice(0, 10)),
);
const remove = call('DELETE', `/${ID}`, 200, leaked);
const refusal = (status: number) => call('GET', '?reveal=true', status, { message: 'no' });
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: supabase,
    config,
    token: KEY,
    credentials: [OURS],
    kind: 'secret-key',
    type: 'gitleaks_rule_id_supabase-project-api-key',
    scripts: {
      revoked: { exchanges: [list(leaked), list(leaked), remove, list()] },
      alreadyDead: { exchanges: [list()], endsAs: UNKNOWN },
      unknownToken: { exchanges: [list(other)], endsAs: UNKNOWN },
      credentialRefused: { exchanges: [refusal(401)] },
      forbidden: { exchanges: [refusal(403)] },
      // Within the minute for which the reading is kept, that it was there is known.
      secondCall: { exchanges: [list()] },
    },
  },
];
