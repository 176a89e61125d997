import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { FastlyConfig } from './config.ts';
import { fastly } from './index.ts';

export const TOKEN = 'a1B2_-c3'.repeat(4);
export const SUPERUSER = 'Sup3r_-u'.repeat(4);

export const DENIED = { msg: 'Provided credentials are missing or invalid' };
export const NOT_FOUND = { msg: 'Record not found' };
export const DECLINED = { msg: 'You are not authorized to perform this action' };

export const call = (
  method: 'GET' | 'DELETE',
  path: string,
  status: number,
  json?: unknown,
  key = TOKEN,
): Exchange => ({
  expect: {
    method,
    path: `/api.fastly.com${path}`,
    headers: { 'fastly-key': key, accept: 'application/json' },
  },
  answer: { status, ...(json !== undefined && { json }) },
});

export const self = (method: 'GET' | 'DELETE', status: number, json?: unknown) =>
  call(method, '/tokens/self', status, json);

const RECORD = { id: '5Yo3XXnrQpjc20u0ybrf2g', name: 'ci', scope: 'global' };

export const alive = self('GET', 200, RECORD);
export const declined = [alive, self('DELETE', 403, DECLINED)];
const bySuperuser = (collection: string) => (status: number, json?: unknown) =>
  call('DELETE', `/${collection}/${RECORD.id}`, status, json, SUPERUSER);
export const asAutomation = bySuperuser('automation-tokens');
export const asUsers = bySuperuser('tokens');
const listed = (status: number, json: unknown) => call('GET', '/automation-tokens', status, json, SUPERUSER);
export const automationTokens = listed(200, { data: [], meta: {} });

const shared = {
  definition: fastly,
  token: TOKEN,
  kind: 'api-token',
  type: 'gitleaks_rule_id_fastly_api_token',
} as const;
const dead = { exchanges: [self('GET', 401, DENIED)] };

export const cases: readonly ProviderSpec<FastlyConfig>[] = [
  {
    ...shared,
    config: () => ({}),
    scripts: {
      revoked: { exchanges: [alive, self('DELETE', 204), self('GET', 401, DENIED)] },
      alreadyDead: dead,
      unknownToken: { notApplicable: 'Fastly issued all of them and says 401 of those that do not work.' },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: {
        exchanges: declined,
        endsAs: { outcome: 'refused', reason: 'not-permitted' },
      },
      secondCall: dead,
    },
  },
  {
    ...shared,
    config: () => ({ superuserToken: SUPERUSER }),
    credentials: [SUPERUSER],
    scripts: {
      revoked: { exchanges: [...declined, asAutomation(204), self('GET', 401, DENIED)] },
      alreadyDead: dead,
      unknownToken: { notApplicable: 'Fastly issued all of them and says 401 of those that do not work.' },
      credentialRefused: { exchanges: [...declined, asAutomation(401, DENIED)] },
      forbidden: { exchanges: [...declined, asAutomation(403, DECLINED), listed(403, DECLINED)] },
      secondCall: dead,
    },
  },
];
