import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type EasypostConfig, easypost } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const keyOf = (prefix: string, body: string) => ['EZ', prefix, body.repeat(9)].join('');
export const TOKEN = keyOf('AK', 'k3y9k3');
export const TEST_KEY = keyOf('TK', '3y9k3y');
const ID = 'ak_6f4eae3909464f3f807b3af2a687c85b';

export const failing = (code: string) => ({ error: { code, message: 'words', errors: [] } });
const INACTIVE = failing('APIKEY.INACTIVE');

export const PARENT = keyOf('AK', 'p4r3nt');
const headersOf = (key: string) => ({ authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` });

export const list = (status: number, json: unknown, as = TOKEN): Exchange => ({
  expect: { method: 'GET', path: '/api.easypost.com/v2/api_keys', headers: headersOf(as) },
  answer: { status, json },
});

const keyRecord = (id: string, key: string, active = true) => ({
  object: 'ApiKey',
  id,
  key,
  active,
  mode: 'production',
});

/** The leaked key belongs to a child user's child. */
const account = (leaked: object) => ({
  id: 'user_1',
  keys: [keyRecord('ak_1', TEST_KEY)],
  children: [{ id: 'user_2', keys: [], children: [{ id: 'user_3', keys: [leaked], children: [] }] }],
});
export const listOf = (key: string) => list(200, account(keyRecord(ID, key)));

export const disabling = (status: number, json: unknown, as = TOKEN): Exchange => ({
  expect: { method: 'POST', path: `/api.easypost.com/v2/api_keys/${ID}/disable`, headers: headersOf(as) },
  answer: { status, json },
});

const INACTIVE_KEY = keyRecord(ID, TOKEN, false);
export const disabled = () => disabling(200, INACTIVE_KEY);

export const byParent = () => ({ accounts: [{ name: 'acme', key: PARENT }] });
export const listOfParent = (active: boolean) => list(200, account(keyRecord(ID, TOKEN, active)), PARENT);
const inactive = {
  exchanges: [list(403, INACTIVE)],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;
const foreign = {
  exchanges: [list(200, account(keyRecord('ak_2', TEST_KEY)), PARENT)],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

export const cases: readonly ProviderSpec<EasypostConfig>[] = [
  {
    definition: easypost,
    config: () => ({}),
    token: TOKEN,
    kind: 'api-key',
    type: 'gitleaks_rule_id_easypost_api_token',
    scripts: {
      revoked: { exchanges: [listOf(TOKEN), disabled(), list(403, INACTIVE)] },
      // A disabled key is told the same as a text that is none.
      alreadyDead: inactive,
      unknownToken: inactive,
      credentialRefused: { notApplicable: 'The leaked key is the only credential.' },
      forbidden: { exchanges: [listOf(TOKEN), disabling(403, failing('FORBIDDEN'))] },
      // Not so after a crash: that it was seen to work is on record before it is disabled.
      secondCall: inactive,
    },
  },
  {
    definition: easypost,
    config: byParent,
    token: TOKEN,
    credentials: [PARENT],
    kind: 'api-key',
    type: 'gitleaks_rule_id_easypost_api_token',
    scripts: {
      revoked: {
        exchanges: [
          listOfParent(true),
          listOfParent(true),
          disabling(200, INACTIVE_KEY, PARENT),
          listOfParent(false),
        ],
      },
      alreadyDead: { exchanges: [listOfParent(false), listOfParent(false)], saysSo: true },
      unknownToken: foreign,
      credentialRefused: { exchanges: [list(401, failing('UNAUTHORIZED'), PARENT)] },
      forbidden: {
        exchanges: [listOfParent(true), listOfParent(true), disabling(403, failing('FORBIDDEN'), PARENT)],
      },
      secondCall: { exchanges: [listOfParent(false)] },
    },
  },
];
