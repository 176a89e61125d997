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

const NOBODYS = Buffer.from(`${'0'.repeat(12)}:${'k3y9'.repeat(5)}`).toString('base64');

const properties = (
  status: number,
  json: unknown,
  headers: Record<string, string> = {},
  token = BITBUCKET_TOKEN,
): Exchange => ({
  expect: {
    method: 'GET',
    path: '/rest/api/1.0/application-properties',
    headers: { authorization: `Bearer ${token}` },
  },
  answer: { status, json, headers },
});
const errors = (message: string) => ({ errors: [{ context: null, message, exceptionName: null }] });
export const VERSION = { version: '9.4.0', displayName: 'Bitbucket' };
const ALICE = { 'x-ausername': 'alice' };
export const signedIn = properties(200, VERSION, ALICE);
/** With an id that nobody has. */
const forged = properties(401, errors('Authentication failed.'), {}, `BBDC-${NOBODYS}`);
export const letIn = [signedIn, forged];
export const anyText = properties(200, VERSION, ALICE, `BBDC-${NOBODYS}`);
export const anonymous = properties(200, VERSION);
export const gone = properties(401, errors('Authentication failed.'));
const record = (method: 'GET' | 'DELETE', status: number, json?: unknown): Exchange => ({
  expect: { method, path: `/rest/access-tokens/1.0/users/alice/${ID}`, headers: ours },
  answer: { status, ...(json !== undefined && { json }) },
});
export const listed = record('GET', 200, { id: ID, name: 'ci', permissions: ['REPO_READ'] });
export const noRecord = record('GET', 404, errors('There is no such token.'));

const list = (status: number, json: unknown, token = TOKEN): Exchange => ({
  expect: {
    method: 'GET',
    path: '/rest/pat/latest/tokens',
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
  },
  answer: { status, json },
});
const listOf = (ids: readonly (string | number)[], token = TOKEN) =>
  list(
    200,
    ids.map((id) => ({ id, name: 'ci', createdAt: '2025-01-01T00:00:00.000+0000' })),
    token,
  );
const NO_TOKEN = { message: 'Client must be authenticated to access this resource.', 'status-code': 401 };
export const tokens = (...ids: readonly (string | number)[]) => [listOf(ids), list(401, NO_TOKEN, NOBODYS)];
export const seenTwice = (...ids: readonly (string | number)[]) => [...tokens(...ids), ...tokens(...ids)];
export const tokensOfAnyText = (id: number) => [listOf([id]), listOf([id], NOBODYS)];
export const denied = list(403, { message: 'Forbidden' });
export const refusedToken = list(401, NO_TOKEN);
export const remove = (id: string | number): Exchange => ({
  expect: {
    method: 'DELETE',
    path: `/rest/pat/latest/tokens/${id}`,
    headers: { authorization: `Bearer ${TOKEN}`, accept: 'application/json' },
  },
  answer: { status: 204 },
});

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;
const notApplicable = { notApplicable: 'The leaked token is the only credential.' };
const seen = [...letIn, listed];

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
      credentialRefused: { exchanges: [...letIn, record('GET', 401, errors('no'))] },
      forbidden: { exchanges: [...letIn, record('GET', 403, errors('no'))] },
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
      revoked: { exchanges: [...seenTwice(1, ID), remove(ID), refusedToken] },
      alreadyDead: { exchanges: [refusedToken], endsAs: UNKNOWN },
      unknownToken: { exchanges: [refusedToken], endsAs: UNKNOWN },
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      secondCall: { exchanges: [refusedToken], endsAs: UNKNOWN },
    },
  },
];
