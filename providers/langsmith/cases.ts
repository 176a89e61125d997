import { asksOnAfter, type ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { LangsmithConfig } from './config.ts';
import { langsmith } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const keyOf = (kind: string) => ['lsv2', kind, '0a1b2c3d'.repeat(4), '0123456789'].join('_');
export const PERSONAL = keyOf('pt');
export const SERVICE = keyOf('sk');
const OPERATOR = 'service-key-of-the-operator';
export const ID = '6a6a6a6a-0001-4001-8001-6a6a6a6a6a6a';
export const OTHER = '6a6a6a6a-0002-4001-8001-6a6a6a6a6a6a';
export const ORGANIZATION = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const API = '/api.smith.langchain.com/api/v1/orgs/current';
const regionApi = (region: string) => `/${region}.api.smith.langchain.com/api/v1/orgs/current`;
const PERSONAL_LIST = '/personal-access-tokens';
const SERVICE_LIST = '/service-keys';

export const config = () => ({ organizations: [{ id: ORGANIZATION, serviceKey: OPERATOR }] });

export const error = (detail: string) => ({ detail });
const call = (
  method: string,
  path: string,
  status: number,
  json: unknown,
  organization = ORGANIZATION,
): Exchange => ({
  expect: {
    method,
    path: `${API}${path}`,
    headers: { 'x-api-key': OPERATOR, 'x-organization-id': organization },
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
export const foreign = record(OTHER, { short_key: 'lsv2_pt_...ffff' });
export const bySelf = (
  method: string,
  path: string,
  status: number,
  json?: unknown,
  api = API,
): Exchange => ({
  expect: { method, path: `${api}${path}`, headers: { 'x-api-key': PERSONAL } },
  answer: { status, ...(json !== undefined && { json }) },
});
export const list = (keys: readonly object[], api?: string) => bySelf('GET', PERSONAL_LIST, 200, keys, api);
export const notLetIn = (api?: string) => bySelf('GET', PERSONAL_LIST, 401, error('Invalid token'), api);
export const notLetInElsewhere = ['eu', 'apac', 'aws'].map((region) => notLetIn(regionApi(region)));
export const revocation = (status: number, json?: unknown, api?: string) =>
  bySelf('POST', `${PERSONAL_LIST}/${ID}/revocation`, status, json, api);
export const itself = (status: number, json: unknown, token = SERVICE): Exchange => ({
  expect: { method: 'GET', path: `${API}/info`, headers: { 'x-api-key': token } },
  answer: { status, json },
});
export const info = { id: ORGANIZATION, display_name: 'acme' };
export const serviceKey = (id: string, short_key = 'lsv2_sk_...6789') => record(id, { short_key });
export const serviceList = (keys: readonly object[], organization?: string) =>
  call('GET', SERVICE_LIST, 200, keys, organization);
export const serviceDeletion = (organization?: string) =>
  call('DELETE', `${SERVICE_LIST}/${ID}`, 200, serviceKey(ID), organization);

const unknown = (exchange: Exchange) =>
  ({ exchanges: [exchange], endsAs: { outcome: 'refused', reason: 'unknown-token' } }) as const;

const common = { definition: langsmith, type: 'gitleaks_rule_id_langchainapikey' } as const;

const refusedByAll = {
  exchanges: [notLetIn(), ...notLetInElsewhere],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;
const own = list([foreign, record(ID)]);

export const cases: readonly ProviderSpec<LangsmithConfig>[] = [
  {
    ...common,
    config: () => ({}),
    token: PERSONAL,
    kind: 'personal-access-token',
    faultOverrides: asksOnAfter(0, notLetInElsewhere),
    scripts: {
      revoked: { exchanges: [own, own, revocation(200, {}), notLetIn()] },
      // It may be of an installation that was not asked.
      alreadyDead: refusedByAll,
      unknownToken: refusedByAll,
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { exchanges: [own, own, revocation(403, error('Forbidden'))] },
      secondCall: refusedByAll,
    },
  },
  {
    ...common,
    config,
    credentials: [OPERATOR],
    token: SERVICE,
    kind: 'service-key',
    scripts: {
      revoked: {
        exchanges: [
          serviceList([serviceKey(ID)]),
          itself(200, info),
          serviceList([serviceKey(ID)]),
          itself(200, info),
          serviceDeletion(),
          serviceList([]),
          itself(401, error('Invalid token')),
        ],
      },
      // A dead key is as unknown as one of another organization.
      alreadyDead: unknown(serviceList([])),
      unknownToken: {
        exchanges: [serviceList([serviceKey(ID)]), itself(401, error('Invalid token'))],
        endsAs: { outcome: 'refused', reason: 'ambiguous' },
      },
      credentialRefused: { exchanges: [call('GET', SERVICE_LIST, 401, error('Invalid token'))] },
      forbidden: { exchanges: [call('GET', SERVICE_LIST, 403, error('Forbidden'))] },
      // It never happens so: the key's id is on file before anything is deleted.
      secondCall: unknown(serviceList([])),
    },
  },
];
