import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type EasypostConfig, easypost } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const keyOf = (prefix: string, body: string) => ['EZ', prefix, body.repeat(9)].join('');
export const TOKEN = keyOf('AK', 'k3y9k3');
const OTHER = keyOf('TK', '3y9k3y');
const ID = 'ak_6f4eae3909464f3f807b3af2a687c85b';

export const failing = (code: string) => ({ error: { code, message: 'words', errors: [] } });
const INACTIVE = failing('APIKEY.INACTIVE');

const headers = { authorization: `Basic ${Buffer.from(`${TOKEN}:`).toString('base64')}` };

export const list = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/api.easypost.com/v2/api_keys', headers },
  answer: { status, json },
});

const keyRecord = (id: string, key: string) => ({
  object: 'ApiKey',
  id,
  key,
  active: true,
  mode: 'production',
});

/** The leaked key belongs to a child user's child. */
export const listOf = (key: string) =>
  list(200, {
    id: 'user_1',
    keys: [keyRecord('ak_1', OTHER)],
    children: [
      { id: 'user_2', keys: [], children: [{ id: 'user_3', keys: [keyRecord(ID, key)], children: [] }] },
    ],
  });

export const disabling = (status: number, json: unknown): Exchange => ({
  expect: { method: 'POST', path: `/api.easypost.com/v2/api_keys/${ID}/disable`, headers },
  answer: { status, json },
});

export const disabled = () => disabling(200, { ...keyRecord(ID, TOKEN), active: false });

export const cases: readonly ProviderSpec<EasypostConfig>[] = [
  {
    definition: easypost,
    config: () => ({}),
    token: TOKEN,
    kind: 'api-key',
    type: 'gitleaks_rule_id_easypost_api_token',
    scripts: {
      revoked: { exchanges: [listOf(TOKEN), disabled(), list(403, INACTIVE)] },
      alreadyDead: { exchanges: [list(403, INACTIVE)] },
      unknownToken: {
        exchanges: [list(401, failing('UNAUTHORIZED'))],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: { notApplicable: 'The leaked key is the only credential.' },
      forbidden: { exchanges: [listOf(TOKEN), disabling(403, failing('FORBIDDEN'))] },
      secondCall: { exchanges: [list(403, INACTIVE)] },
    },
  },
];
