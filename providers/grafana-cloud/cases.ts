import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { GrafanaCloudConfig } from './config.ts';
import { grafanaCloud } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
const CONTENT = { o: '4711', n: 'metrics-writer', k: 'not-a-key-'.repeat(3), m: { r: 'prod-eu-west-0' } };
export const TOKEN = ['glc', Buffer.from(JSON.stringify(CONTENT)).toString('base64')].join('_');
export const OPERATOR = 'token-of-the-operator';
const API = '/www.grafana.com/api';
export const config = (id = '4711') => ({ organizations: [{ id, token: OPERATOR }] });

export const error = (code: string) => ({ code, message: 'No.', requestId: 'r-1' });
export const itself = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: `${API}/v1/tokens?region=prod-eu-west-0&pageSize=1`,
    headers: { authorization: `Bearer ${TOKEN}`, accept: 'application/json' },
  },
  answer: { status, json },
});
export const alive = itself(403, error('Forbidden'));
export const dead = itself(401, error('InvalidCredentials'));

const operator = (method: 'GET' | 'DELETE', path: string, status: number, json?: unknown): Exchange => ({
  expect: {
    method,
    path: `${API}/v1/${path}`,
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${OPERATOR}`,
      'x-request-id': method === 'DELETE' ? /^[0-9a-f]{64}$/ : undefined,
    },
  },
  answer: { status, ...(json !== undefined && { json }) },
});
export const record = (id: string, name: string) => ({
  id,
  name,
  displayName: name,
  accessPolicyId: `policy-${id}`,
});
export function list(
  items: readonly unknown[],
  { cursor = '', next = null as string | null } = {},
): Exchange {
  const query = `tokens?region=prod-eu-west-0&pageSize=100${cursor && `&pageCursor=${cursor}`}`;
  return operator('GET', query, 200, { items, metadata: { pagination: { pageSize: 100, nextPage: next } } });
}
const listAnswered = (status: number, code: string) =>
  operator('GET', 'tokens?region=prod-eu-west-0&pageSize=100', status, error(code));
export const policy = (id: string, name: string) =>
  operator('GET', `accesspolicies/policy-${id}?region=prod-eu-west-0`, 200, { id: `policy-${id}`, name });
export const deletion = (status: number, json?: unknown) =>
  operator('DELETE', 'tokens/t1?region=prod-eu-west-0', status, json);

export const FOUND = list([record('t0', 'other'), record('t1', 'metrics-writer')]);
const refusedAs = {
  exchanges: [dead],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

export const cases: readonly ProviderSpec<GrafanaCloudConfig>[] = [
  {
    definition: grafanaCloud,
    config: () => config(),
    token: TOKEN,
    credentials: [OPERATOR],
    kind: 'access-policy-token',
    type: 'gitleaks_rule_id_grafanacloudaccesspolicytoken',
    approved: true,
    scripts: {
      revoked: { exchanges: [alive, FOUND, alive, FOUND, deletion(204), dead] },
      // It says the same of tokens that it never issued.
      alreadyDead: refusedAs,
      unknownToken: refusedAs,
      credentialRefused: { exchanges: [alive, listAnswered(401, 'InvalidCredentials')] },
      forbidden: { exchanges: [alive, listAnswered(403, 'Forbidden')] },
      // It never happens so: that it worked is on record before it is deleted.
      secondCall: refusedAs,
    },
  },
];
