import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { MailgunConfig } from './config.ts';
import { mailgun } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const ID = ['5f6a7b8c', '1d2e3f40'].join('-');
export const KEY = ['0a1b2c3d'.repeat(4), ID].join('-');
export const OLD_KEY = ['key', '0a1b2c3d'.repeat(4)].join('-');
export const OPERATOR = 'admin-key-of-the-operator';
const HEADERS = { authorization: `Basic ${Buffer.from(`api:${OPERATOR}`).toString('base64')}` };

export const config = () => ({ accounts: [{ name: 'acme', apiKey: OPERATOR }] });

export function list(ids: readonly string[], total = ids.length): Exchange {
  const items = ids.map((id) => ({ id, description: 'ci', kind: 'user', role: 'admin', is_disabled: false }));
  return {
    expect: { method: 'GET', path: '/api.mailgun.net/v1/keys', headers: HEADERS },
    answer: { status: 200, json: { total_count: total, items } },
  };
}
/** The leaked key asks for itself, as TruffleHog and the vendor's own SDK do. */
export const itself = (
  status: number,
  json: unknown,
  key = KEY,
  headers: Readonly<Record<string, string>> = {},
): Exchange => ({
  expect: {
    method: 'GET',
    path: '/api.mailgun.net/v3/domains?limit=1',
    headers: { authorization: `Basic ${Buffer.from(`api:${key}`).toString('base64')}` },
  },
  answer: { status, json, headers },
});
export const shutOut = itself(401, { message: 'Invalid private key' });
/** Let in, and not with an id that nobody has. */
export const letIn = [
  itself(200, { total_count: 0, items: [] }, KEY, { 'x-mailgun-key-id': ID }),
  itself(401, { message: 'Invalid private key' }, KEY.replace(ID, '00000000-00000000')),
];
export function deletion(status: number, json: unknown): Exchange {
  return {
    expect: { method: 'DELETE', path: `/api.mailgun.net/v1/keys/${ID}`, headers: HEADERS },
    answer: { status, json },
  };
}
const answered = (status: number, message: string): Exchange => ({
  expect: list([]).expect,
  answer: { status, json: { message } },
});
export const OTHER_ID = ['ffffffff', 'eeeeeeee'].join('-');
const unknown = {
  exchanges: [list([OTHER_ID])],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

export const SIGNING_KEY = '9f8e7d6c'.repeat(4);
export const signingCall = (method: 'GET' | 'POST', status: number, json: unknown): Exchange => ({
  expect: { method, path: '/api.mailgun.net/v5/accounts/http_signing_key', headers: HEADERS },
  answer: { status, json },
});
export const shown = (key: string) => signingCall('GET', 200, { message: 'success', http_signing_key: key });
export const regenerated = signingCall('POST', 200, { message: 'success', http_signing_key: 'a-new-one' });
const other = {
  exchanges: [shown('another')],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

export const cases: readonly ProviderSpec<MailgunConfig>[] = [
  {
    definition: mailgun,
    config,
    token: KEY,
    credentials: [OPERATOR],
    kind: 'api-key',
    type: 'gitleaks_rule_id_mailgun_private_api_token',
    scripts: {
      revoked: {
        exchanges: [
          list([OTHER_ID, ID]),
          ...letIn,
          list([OTHER_ID, ID]),
          ...letIn,
          deletion(200, { message: 'key deleted' }),
          list([OTHER_ID]),
          shutOut,
        ],
      },
      // A deleted key is as unknown as one of another account.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [answered(401, 'Invalid private key')] },
      forbidden: { exchanges: [answered(403, 'Forbidden')] },
      // It never happens so: the key's id is on file before anything is deleted. The list is that of the same millisecond.
      secondCall: { ...unknown, exchanges: [shutOut, list([OTHER_ID]), shutOut] },
    },
  },
  {
    definition: mailgun,
    config,
    token: SIGNING_KEY,
    credentials: [OPERATOR],
    kind: 'webhook-signing-key',
    type: 'gitleaks_rule_id_mailgun_webhook_signing_key',
    scripts: {
      revoked: {
        exchanges: [shown(SIGNING_KEY), shown(SIGNING_KEY), regenerated, shown('a-new-one')],
      },
      alreadyDead: other,
      unknownToken: other,
      credentialRefused: { exchanges: [signingCall('GET', 401, { message: 'Invalid private key' })] },
      forbidden: { exchanges: [signingCall('GET', 403, { message: 'Forbidden' })] },
      // It never happens so: the account is on file before anything is regenerated.
      secondCall: other,
    },
  },
];
