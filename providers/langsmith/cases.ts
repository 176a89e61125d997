import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type LangsmithConfig, langsmith } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const keyOf = (kind: string) => ['lsv2', kind, '0a1b2c3d'.repeat(4), '0123456789'].join('_');
export const PERSONAL = keyOf('pt');
const SERVICE = keyOf('sk');
const OPERATOR = 'service-key-of-the-operator';
export const ID = '6a6a6a6a-0001-4001-8001-6a6a6a6a6a6a';
export const OTHER = '6a6a6a6a-0002-4001-8001-6a6a6a6a6a6a';
export const ORGANIZATION = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const API = '/api.smith.langchain.com/api/v1/orgs/current';
const PERSONAL_LIST = '/members/personal-access-tokens';
const SERVICE_LIST = '/service-keys';

export const config = () => ({ organizations: [{ id: ORGANIZATION, serviceKey: OPERATOR }] });

export const error = (detail: string) => ({ detail });
const call = (method: string, path: string, status: number, json?: unknown): Exchange => ({
  expect: {
    method,
    path: `${API}${path}`,
    headers: { 'x-api-key': OPERATOR, 'x-organization-id': ORGANIZATION },
  },
  answer: { status, ...(json !== undefined && { json }) },
});
export const record = (id: string, more: object = {}) => ({
  id,
  short_key: 'lsv2_pt_...6789',
  description: 'ci',
  revoked_at: null,
  ...more,
});
const foreign = record(OTHER, { short_key: 'lsv2_pt_...ffff' });
export const list = (keys: readonly object[]) => call('GET', PERSONAL_LIST, 200, keys);
export const revocation = (status: number, json?: unknown) =>
  call('POST', `/personal-access-tokens/${ID}/revocation`, status, json);
export const itself = (status: number, json: unknown, token = PERSONAL): Exchange => ({
  expect: { method: 'GET', path: `${API}/info`, headers: { 'x-api-key': token } },
  answer: { status, json },
});
export const info = { id: ORGANIZATION, display_name: 'acme' };
const serviceKey = record(ID, { short_key: 'lsv2_sk_...6789' });
const serviceList = (keys: readonly object[]) => call('GET', SERVICE_LIST, 200, keys);

const unknown = (exchange: Exchange) =>
  ({ exchanges: [exchange], endsAs: { outcome: 'refused', reason: 'unknown-token' } }) as const;

const common = {
  definition: langsmith,
  config,
  credentials: [OPERATOR],
  type: 'gitleaks_rule_id_langchainapikey',
} as const;

export const cases: readonly ProviderSpec<LangsmithConfig>[] = [
  {
    ...common,
    token: PERSONAL,
    kind: 'personal-access-token',
    scripts: {
      revoked: {
        exchanges: [
          list([foreign, record(ID)]),
          itself(200, info),
          revocation(200, {}),
          list([foreign, record(ID, { revoked_at: '2026-11-21T00:00:00Z' })]),
        ],
      },
      // A dead key is as unknown as one of another organisation.
      alreadyDead: unknown(list([record(ID, { revoked_at: '2026-11-21T00:00:00Z' })])),
      unknownToken: unknown(list([foreign])),
      credentialRefused: { exchanges: [call('GET', PERSONAL_LIST, 401, error('Invalid token'))] },
      forbidden: { exchanges: [list([record(ID)]), itself(200, info), revocation(403, error('Forbidden'))] },
      // It never happens so: the key's id is on file before anything is revoked.
      secondCall: unknown(list([foreign])),
    },
  },
  {
    ...common,
    token: SERVICE,
    kind: 'service-key',
    scripts: {
      revoked: {
        exchanges: [
          serviceList([serviceKey]),
          itself(200, info, SERVICE),
          call('DELETE', `${SERVICE_LIST}/${ID}`, 200, serviceKey),
          serviceList([]),
        ],
      },
      alreadyDead: unknown(serviceList([])),
      unknownToken: unknown(serviceList([])),
      credentialRefused: { exchanges: [call('GET', SERVICE_LIST, 401, error('Invalid token'))] },
      forbidden: { exchanges: [call('GET', SERVICE_LIST, 403, error('Forbidden'))] },
      secondCall: unknown(serviceList([])),
    },
  },
];
