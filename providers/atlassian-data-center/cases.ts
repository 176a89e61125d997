import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type AtlassianDataCenterConfig, atlassianDataCenter } from './index.ts';

export const ID = '252973515069';
export const TOKEN = Buffer.from(`${ID}:${'k3y9'.repeat(5)}`).toString('base64');
// Put together here, so that no scanner takes it for a leak.
export const BITBUCKET_TOKEN = ['BB', 'DC-', TOKEN].join('');
const ADMIN = 'the token of the administrator';
const ours = { authorization: `Bearer ${ADMIN}` };

export const bitbucket = (url: string) => ({ bitbucket: [{ url, adminToken: ADMIN }] });
export const products = (url: string) => ({ products: [{ url }] });

const properties = (status: number, json: unknown, headers: Record<string, string> = {}): Exchange => ({
  expect: {
    method: 'GET',
    path: '/rest/api/1.0/application-properties',
    headers: { authorization: `Bearer ${BITBUCKET_TOKEN}` },
  },
  answer: { status, json, headers },
});
const errors = (message: string) => ({ errors: [{ context: null, message, exceptionName: null }] });
export const VERSION = { version: '9.4.0', displayName: 'Bitbucket' };
export const signedIn = properties(200, VERSION, { 'x-ausername': 'alice' });
export const anonymous = properties(200, VERSION);
export const gone = properties(401, errors('Authentication failed.'));
const record = (method: 'GET' | 'DELETE', status: number, json?: unknown): Exchange => ({
  expect: { method, path: `/rest/access-tokens/1.0/users/alice/${ID}`, headers: ours },
  answer: { status, ...(json !== undefined && { json }) },
});
export const listed = record('GET', 200, { id: ID, name: 'ci', permissions: ['REPO_READ'] });
export const noRecord = record('GET', 404, errors('There is no such token.'));

const list = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/rest/pat/latest/tokens', headers: { authorization: `Bearer ${TOKEN}` } },
  answer: { status, json },
});
export const tokens = (...ids: readonly (string | number)[]) =>
  list(
    200,
    ids.map((id) => ({ id, name: 'ci', createdAt: '2026-01-01T00:00:00Z' })),
  );
export const denied = list(403, { message: 'Forbidden' });
export const refusedToken = list(401, { message: 'Client must be authenticated.', 'status-code': 401 });
export const remove = (id: string | number): Exchange => ({
  expect: {
    method: 'DELETE',
    path: `/rest/pat/latest/tokens/${id}`,
    headers: { authorization: `Bearer ${TOKEN}` },
  },
  answer: { status: 204 },
});

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;
const notApplicable = { notApplicable: 'The leaked token is the only credential.' };
const seen = [signedIn, listed];

export const cases: readonly ProviderSpec<AtlassianDataCenterConfig>[] = [
  {
    definition: atlassianDataCenter,
    config: bitbucket,
    token: BITBUCKET_TOKEN,
    credentials: [ADMIN],
    kind: 'bitbucket-token',
    type: 'gitleaks_rule_id_bitbucket-data-center-token',
    scripts: {
      revoked: { exchanges: [...seen, ...seen, record('DELETE', 204), gone] },
      // A deleted token is as unknown as one of another instance.
      alreadyDead: { exchanges: [gone], endsAs: UNKNOWN },
      unknownToken: { exchanges: [gone], endsAs: UNKNOWN },
      credentialRefused: { exchanges: [signedIn, record('GET', 401, errors('no'))] },
      forbidden: { exchanges: [signedIn, record('GET', 403, errors('no'))] },
      secondCall: { exchanges: [gone], endsAs: UNKNOWN },
    },
  },
  {
    definition: atlassianDataCenter,
    config: products,
    token: TOKEN,
    kind: 'token',
    type: 'gitleaks_rule_id_atlassian_data_center_token',
    scripts: {
      revoked: { exchanges: [tokens(1, ID), tokens(1, ID), remove(ID), refusedToken] },
      alreadyDead: { exchanges: [refusedToken], endsAs: UNKNOWN },
      unknownToken: { exchanges: [refusedToken], endsAs: UNKNOWN },
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      secondCall: { exchanges: [refusedToken], endsAs: UNKNOWN },
    },
  },
];
