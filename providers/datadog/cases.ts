import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type DatadogConfig, SITES } from './config.ts';
import { datadog } from './index.ts';

export const KEY = '0a1b2c3d'.repeat(4);
export const API_KEY = 'api-key-of-the-operator';
export const APPLICATION_KEY = 'application-key-of-the-operator';
const HOST = '/api.datadoghq.com';
const OPERATOR = { accept: 'application/json', 'dd-api-key': API_KEY, 'dd-application-key': APPLICATION_KEY };
export const FORBIDDEN = { errors: ['Forbidden'] };

export const config = () => ({
  organizations: [{ name: 'acme', apiKey: API_KEY, applicationKey: APPLICATION_KEY }],
});

/** @param ids of the keys that end like the leaked one */
export function listCall(ids: readonly string[], page = 0, others = 1): Exchange {
  const key = (id: string, last4: string) => ({
    type: 'api_keys',
    id,
    attributes: { name: 'agent', created_at: '2026-01-05T10:00:00+00:00', last4 },
  });
  const data = [
    ...ids.map((id) => key(id, KEY.slice(-4))),
    ...Array.from({ length: others }, (_, index) => key(`other-${index}`, 'ffff')),
  ];
  return {
    expect: {
      method: 'GET',
      path: `${HOST}/api/v2/api_keys?page%5Bsize%5D=100&page%5Bnumber%5D=${page}`,
      headers: OPERATOR,
    },
    answer: { status: 200, json: { data, meta: { page: { total_filtered_count: data.length } } } },
  };
}

export function keyCall(method: 'GET' | 'DELETE', id: string, status: number, json?: unknown): Exchange {
  return {
    expect: { method, path: `${HOST}/api/v2/api_keys/${id}`, headers: OPERATOR },
    answer: { status, ...(json !== undefined && { json }) },
  };
}

export function shown(id: string, key: string | undefined): Exchange {
  const attributes = { name: 'agent', last4: KEY.slice(-4), ...(key !== undefined && { key }) };
  return keyCall('GET', id, 200, { data: { type: 'api_keys', id, attributes } });
}

export function validateCall(status: number, json: unknown, host = HOST): Exchange {
  return {
    expect: {
      method: 'GET',
      path: `${host}/api/v1/validate`,
      headers: { accept: 'application/json', 'dd-api-key': KEY, 'dd-application-key': undefined },
    },
    answer: { status, json },
  };
}

const answered = (status: number): Exchange => ({
  expect: listCall([]).expect,
  answer: { status, json: FORBIDDEN },
});
const refusedEverywhere = SITES.map((site) => validateCall(403, FORBIDDEN, `/${new URL(site).host}`));
/** No organization has it, and no site lets it in. */
export const nowhere = { exchanges: [listCall([]), ...refusedEverywhere] };
/** Such a key is asked about once more: it may have been made a moment ago. */
const nowhereTwice = { exchanges: [...nowhere.exchanges, ...nowhere.exchanges] };

export const LEAKED_APPLICATION_KEY = '9f8e7d6c'.repeat(5);
export const withApplicationKeys = () => ({
  organizations: [{ ...config().organizations[0], applicationKeys: true }],
});
export const applicationKeyWorks = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: `${HOST}/api/v2/validate_keys`,
    headers: { ...OPERATOR, 'dd-application-key': LEAKED_APPLICATION_KEY },
  },
  answer: { status, json },
});
export const works = applicationKeyWorks(200, { status: 'ok' });
export const refusedKey = applicationKeyWorks(403, FORBIDDEN);
const applicationKeyList = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: `${HOST}/api/v2/application_keys?page%5Bsize%5D=100&page%5Bnumber%5D=0`,
    headers: OPERATOR,
  },
  answer: { status, json },
});
export const listedAs = (...endings: readonly string[]) =>
  applicationKeyList(200, {
    data: endings.map((last4, index) => ({
      type: 'application_keys',
      id: `app-${index}`,
      attributes: { name: 'ci', last4 },
    })),
  });
export const refusedList = applicationKeyList(403, FORBIDDEN);
export const removed: Exchange = {
  expect: { method: 'DELETE', path: `${HOST}/api/v2/application_keys/app-1`, headers: OPERATOR },
  answer: { status: 204 },
};
const seen = [works, listedAs('ffff', LEAKED_APPLICATION_KEY.slice(-4))];
const notTaken = {
  exchanges: [refusedKey, listedAs('ffff'), refusedKey, listedAs('ffff')],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

export const cases: readonly ProviderSpec<DatadogConfig>[] = [
  {
    definition: datadog,
    config,
    token: KEY,
    credentials: [API_KEY, APPLICATION_KEY],
    kind: 'api-key',
    type: 'gitleaks_rule_id_datadogapikey',
    scripts: {
      revoked: {
        exchanges: [
          listCall(['key-1']),
          shown('key-1', KEY),
          shown('key-1', KEY),
          keyCall('DELETE', 'key-1', 204),
          validateCall(403, FORBIDDEN),
        ],
      },
      alreadyDead: nowhereTwice,
      unknownToken: {
        notApplicable: 'The sites are the only issuers, and say the same of a key that never was.',
      },
      credentialRefused: { exchanges: [answered(401)] },
      forbidden: { exchanges: [answered(403)] },
      // Within the minute for which the reading is kept, its record is asked for.
      secondCall: {
        exchanges: [...[keyCall('GET', 'key-1', 404, FORBIDDEN), ...refusedEverywhere], ...nowhere.exchanges],
      },
    },
  },
  {
    definition: datadog,
    config: withApplicationKeys,
    token: LEAKED_APPLICATION_KEY,
    credentials: [API_KEY, APPLICATION_KEY],
    kind: 'application-key',
    type: 'gitleaks_rule_id_datadog-application-key',
    scripts: {
      revoked: { exchanges: [...seen, ...seen, removed, refusedKey, listedAs('ffff')] },
      alreadyDead: notTaken,
      unknownToken: notTaken,
      credentialRefused: { exchanges: [works, applicationKeyList(401, FORBIDDEN)] },
      forbidden: { exchanges: [works, refusedList] },
      secondCall: notTaken,
    },
  },
];
