import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { zuplo } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const KEY = ['zpka', 'k3y9quas'.repeat(4), 'c0ffee12'].join('_');
const OURS = 'the key of the developer API';
export const ID = 'key_AM7eAiR0BiaXTam951XmC9kK';
const PATH = '/dev.zuplo.com/v1/accounts/acme/key-buckets/main/consumers';
const headers = { authorization: `Bearer ${OURS}` };

export const config = () => ({ buckets: [{ account: 'acme', bucket: 'main', apiKey: OURS }] });

const call = (method: string, path: string, status: number, json?: unknown): Exchange => ({
  expect: { method, path: `${PATH}${path}`, headers },
  answer: { status, ...(json !== undefined && { json }) },
});
export const consumer = (name: string, ...keys: readonly string[]) => ({
  ...{ id: 'csmr_sikZcE754kJu17X8yahPFO8J', name },
  apiKeys: keys.map((key) => ({ id: ID, key, expiresOn: null })),
});
export const page = (offset: number, ...data: readonly object[]) =>
  pageOf(offset, data.length + offset, data);
export const pageOf = (offset: number, total: number, data: readonly object[]) => {
  const query = `?include-api-keys=true&key-format=visible&limit=100&offset=${offset}`;
  return call('GET', query, 200, { data, limit: 100, offset, total });
};
export const keys = (...data: readonly object[]) => keysOf(0, data, { limit: 1000, total: data.length });
export const keysOf = (
  offset: number,
  data: readonly object[],
  says: { readonly limit?: number; readonly total?: number },
) =>
  call('GET', `/app%201/keys?key-format=visible&limit=1000&offset=${offset}`, 200, { data, offset, ...says });
export const record = keys({ id: ID, key: KEY, expiresOn: null });
export const remove = call('DELETE', `/app%201/keys/${ID}`, 204);
const problem = (status: number) =>
  call('GET', '?include-api-keys=true&key-format=visible&limit=100&offset=0', status, {
    type: 'about:blank',
    status,
  });
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: zuplo,
    config,
    token: KEY,
    credentials: [OURS],
    kind: 'consumer-key',
    type: 'gitleaks_rule_id_zuplo-consumer-api-key.1',
    scripts: {
      revoked: { exchanges: [page(0, consumer('app 1', KEY)), record, remove, keys()] },
      alreadyDead: { exchanges: [page(0, consumer('app 1'))], endsAs: UNKNOWN },
      unknownToken: { exchanges: [page(0)], endsAs: UNKNOWN },
      credentialRefused: { exchanges: [problem(401)] },
      forbidden: { exchanges: [problem(403)] },
      // Within the minute for which the reading is kept, that it was there is known.
      secondCall: { exchanges: [keys()] },
    },
  },
];
