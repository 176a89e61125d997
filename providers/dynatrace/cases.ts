import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { DynatraceConfig } from './config.ts';
import { dynatrace } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const token = (prefix: string, id: string) => [`dt0${prefix}`, id, 'A1B2C3D4'.repeat(8)].join('.');
export const ACCESS_TOKEN = token('c01', 'ST2EY72KQINMH574WMNVI7YN');
const ACCESS_ID = 'dt0c01.ST2EY72KQINMH574WMNVI7YN';
export const PLATFORM_TOKEN = token('s16', 'TYUHJKNM');
export const PLATFORM_ID = 'dt0s16.TYUHJKNM';
export const OPERATOR = 'access-token-of-the-operator';
export const CLIENT_SECRET = 'client-secret-of-the-operator';
const GRANTED = 'granted-for-five-minutes';
export const ACCOUNT = '2b794097-8ad2-4b32-b923-0131da2eeddf';

const fault = (code: number) => ({ error: { code, message: 'constraints violated' } });

export function lookup(status: number, json?: unknown, token = ACCESS_TOKEN): Exchange {
  return {
    expect: {
      method: 'POST',
      path: '/api/v2/apiTokens/lookup',
      headers: { authorization: `Api-Token ${OPERATOR}`, accept: 'application/json' },
      json: { token },
    },
    answer: { status, ...(json !== undefined && { json }) },
  };
}
export const RECORD = { id: ACCESS_ID, name: 'ci', enabled: true, scopes: ['logs.read'] };
const record = (enabled: boolean) => lookup(200, { ...RECORD, enabled });
const disabled: Exchange = {
  expect: {
    method: 'PUT',
    path: `/api/v2/apiTokens/${ACCESS_ID}`,
    headers: { authorization: `Api-Token ${OPERATOR}`, accept: 'application/json' },
    json: { enabled: false },
  },
  answer: { status: 204 },
};

export const login = (
  status = 200,
  json: unknown = { access_token: GRANTED, token_type: 'Bearer' },
): Exchange => ({
  expect: {
    method: 'POST',
    path: '/sso.dynatrace.com/sso/oauth2/token',
    headers: { accept: 'application/json' },
    form: {
      grant_type: 'client_credentials',
      client_id: 'dt0s02.CLIENT',
      client_secret: CLIENT_SECRET,
      scope: 'account-idm-read account-idm-write',
      resource: `urn:dtaccount:${ACCOUNT}`,
    },
  },
  answer: { status, json },
});
const PLATFORM_TOKENS = `/api.dynatrace.com/iam/v1/accounts/${ACCOUNT}/platform-tokens`;
const asClient = { authorization: `Bearer ${GRANTED}`, accept: 'application/json' };
/** As in the vendor's schema of a listed token, which has no status. */
const listed = (tokenId: string) => ({ tokenId, name: 'ci', scope: ['storage:logs:read'], tags: [] });
export function search(status: 'ACTIVE' | 'INACTIVE', ids: readonly string[], total = ids.length): Exchange {
  const results = ids.map(listed);
  return {
    expect: {
      method: 'GET',
      path: `${PLATFORM_TOKENS}?searchTerm=${PLATFORM_ID}&status=${status}&page=1&size=100`,
      headers: asClient,
    },
    answer: { status: 200, json: { pageSize: 100, pageNumber: 1, total, results } },
  };
}
export const inactivated: Exchange = {
  expect: {
    method: 'PUT',
    path: `${PLATFORM_TOKENS}/${PLATFORM_ID}/status`,
    headers: asClient,
    json: { status: 'INACTIVE' },
  },
  answer: { status: 204 },
};
export const active = search('ACTIVE', [PLATFORM_ID]);
const notActive = search('ACTIVE', []);
export const forbidden = (exchange: Exchange, status: number): Exchange => ({
  ...exchange,
  answer: { status, json: fault(status) },
});

export const found = [login(), active, login(), active];
const inactive = [login(), notActive, login(), search('INACTIVE', [PLATFORM_ID])];

export const cases: readonly ProviderSpec<DynatraceConfig>[] = [
  {
    definition: dynatrace,
    config: (url) => ({ environments: [{ url, token: OPERATOR }] }),
    token: ACCESS_TOKEN,
    credentials: [OPERATOR],
    kind: 'access-token',
    type: 'gitleaks_rule_id_dynatrace-api-token',
    scripts: {
      revoked: { exchanges: [record(true), record(true), disabled, record(false)] },
      // Dynatrace is asked by value.
      alreadyDead: { exchanges: [record(false)], saysSo: true },
      unknownToken: {
        exchanges: [lookup(404, fault(404))],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: { exchanges: [lookup(401, fault(401))] },
      forbidden: { exchanges: [record(true), record(true), forbidden(disabled, 403)] },
      secondCall: { exchanges: [record(false)] },
    },
  },
  {
    definition: dynatrace,
    config: () => ({ accounts: [{ uuid: ACCOUNT, clientId: 'dt0s02.CLIENT', clientSecret: CLIENT_SECRET }] }),
    token: PLATFORM_TOKEN,
    credentials: [CLIENT_SECRET],
    kind: 'platform-token',
    approved: true,
    type: 'gitleaks_rule_id_dynatraceplatformtoken',
    scripts: {
      revoked: { exchanges: [...found, login(), inactivated, login(), notActive] },
      // A person has decided that it is the token of this id, whose record says so.
      alreadyDead: { exchanges: inactive, saysSo: true },
      unknownToken: {
        exchanges: [login(), notActive, login(), search('INACTIVE', [])],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: { exchanges: [login(400, { error: 'invalid_client' })] },
      forbidden: { exchanges: [...found, login(), forbidden(inactivated, 403)] },
      secondCall: { exchanges: inactive },
    },
  },
];
