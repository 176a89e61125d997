import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { elasticsearch } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const ID = 'VuaCfGcBCdbkQm-e5aOx';
export const KEY = Buffer.from(`${ID}:${'k3y9Qu'.repeat(4).slice(0, 22)}`).toString('base64');
const OURS = Buffer.from(`${'q'.repeat(20)}:${'0wn'.repeat(8).slice(0, 22)}`).toString('base64');

export const withKey = (url: string) => ({ clusters: [{ url, apiKey: OURS }] });
export const without = (url: string) => ({ clusters: [{ url }] });

const itself = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/_security/_authenticate', headers: { authorization: `ApiKey ${KEY}` } },
  answer: { status, json },
});
const error = (status: number, more: object = {}) => ({
  error: { type: 'security_exception', reason: 'unable to authenticate with provided credentials', ...more },
  status,
});
export const alive = itself(200, {
  username: 'ci',
  authentication_type: 'api_key',
  api_key: { id: ID, name: 'ci' },
});
export const refusal = (why: string) =>
  itself(401, error(401, { additional_unsuccessful_credentials: `API key: ${why}` }));
export const ofOtherType = itself(401, {
  ...error(401, {
    reason: `authentication expected API key type of [rest], but API key [${ID}] has type [cross_cluster]`,
  }),
});
export const invalidated = refusal(`api key [${ID}] has been invalidated`);
export const unknown = refusal(`unable to find apikey with id ${ID}`);
export const invalidate = (by: string, status = 200, json?: unknown): Exchange => ({
  expect: {
    method: 'DELETE',
    path: '/_security/api_key',
    headers: { authorization: `ApiKey ${by}` },
    json: { ids: [ID] },
  },
  answer: {
    status,
    json: json ?? { invalidated_api_keys: [ID], previously_invalidated_api_keys: [], error_count: 0 },
  },
});
export const forbidden = invalidate(KEY, 403, error(403));
export const none = { invalidated_api_keys: [], previously_invalidated_api_keys: [], error_count: 0 };

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;
const shared = {
  definition: elasticsearch,
  token: KEY,
  kind: 'api-key',
  type: 'gitleaks_rule_id_elasticsearch_api_key',
} as const;
const scripts = {
  alreadyDead: { exchanges: [invalidated], saysSo: true },
  unknownToken: { exchanges: [unknown], endsAs: UNKNOWN },
  secondCall: { exchanges: [invalidated] },
} as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    ...shared,
    config: withKey,
    credentials: [OURS],
    scripts: {
      ...scripts,
      revoked: { exchanges: [alive, alive, invalidate(OURS), invalidated] },
      credentialRefused: { exchanges: [alive, alive, invalidate(OURS, 401, error(401))] },
      forbidden: { exchanges: [alive, alive, invalidate(OURS, 403, error(403))] },
    },
  },
  {
    ...shared,
    config: without,
    scripts: {
      ...scripts,
      revoked: { exchanges: [alive, alive, invalidate(KEY), invalidated] },
      credentialRefused: { notApplicable: 'The leaked key is the only credential.' },
      forbidden: { exchanges: [alive, alive, forbidden] },
    },
  },
];
