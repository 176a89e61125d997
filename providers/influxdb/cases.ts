import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { influxdb } from './index.ts';

export const TOKEN = `${'k3y9Qu-_'.repeat(10)}k3y9Qu==`;
const OPERATOR = 'the token of the operator';
const ID = '0a1b2c3d4e5f6071';
const headers = { authorization: `Token ${OPERATOR}` };

export const config = (url: string) => ({ instances: [{ url, token: OPERATOR }] });

const call = (method: string, path: string, status: number, json?: unknown): Exchange => ({
  expect: { method, path: `/api/v2/authorizations${path}`, headers },
  answer: { status, ...(json !== undefined && { json }) },
});
export const list = (...tokens: readonly string[]) =>
  call('GET', '', 200, {
    authorizations: tokens.map((token, index) => ({
      ...{ id: index === 0 ? ID : `${index}`.padStart(16, '0'), token, status: 'active' },
    })),
  });
const recordOf = (token: string) => call('GET', `/${ID}`, 200, { id: ID, token, status: 'active' });
const record = recordOf(TOKEN);
/** After an upgrade to a version that keeps hashes. */
export const hashed = recordOf('');
const gone = call('GET', `/${ID}`, 404, { code: 'not found', message: 'authorization not found' });
const remove = call('DELETE', `/${ID}`, 204);
const refusal = (status: number, code: string) => call('GET', '', status, { code, message: 'no' });
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: influxdb,
    config,
    token: TOKEN,
    credentials: [OPERATOR],
    kind: 'api-token',
    type: 'gitleaks_rule_id_influxdb-api-token',
    scripts: {
      revoked: { exchanges: [list(TOKEN), record, remove, gone] },
      alreadyDead: { exchanges: [list()], endsAs: UNKNOWN },
      unknownToken: { exchanges: [list(`${'x'.repeat(86)}==`)], endsAs: UNKNOWN },
      credentialRefused: { exchanges: [refusal(401, 'unauthorized')] },
      forbidden: { exchanges: [refusal(403, 'forbidden')] },
      // Within the minute for which the reading is kept, that it was there is known.
      secondCall: { exchanges: [gone] },
    },
  },
];
