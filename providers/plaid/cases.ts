import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { plaid } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['access', 'production', '0a1b2c3d-0000-4000-8000-000000000001'].join('-');
const SECRET = 'the secret of the client';
const HOST = '/production.plaid.com';

export const client = (environment: string) => ({ clientId: 'quash', secret: SECRET, environment });

const call = (path: string, status: number, json: unknown): Exchange => ({
  expect: {
    method: 'POST',
    path: `${HOST}${path}`,
    json: { client_id: 'quash', secret: SECRET, access_token: TOKEN },
  },
  answer: { status, json },
});
const error = (error_code: string) => ({ error_type: 'INVALID_INPUT', error_code, error_message: 'no' });
const alive = call('/item/get', 200, { item: { item_id: 'item-1' }, request_id: 'r-1' });
export const gone = call('/item/get', 400, error('ITEM_NOT_FOUND'));
const unknown = {
  exchanges: [call('/item/get', 400, error('INVALID_ACCESS_TOKEN'))],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: plaid,
    config: () => ({ clients: [client('production')] }),
    token: TOKEN,
    credentials: [SECRET],
    kind: 'access-token',
    type: 'gitleaks_rule_id_plaid-api-token',
    unknownAnswer: { status: 400, json: error('INVALID_ACCESS_TOKEN') },
    scripts: {
      revoked: { exchanges: [alive, alive, call('/item/remove', 200, { request_id: 'r-2' }), gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [call('/item/get', 400, error('INVALID_API_KEYS'))] },
      forbidden: { exchanges: [call('/item/get', 400, error('UNAUTHORIZED_ENVIRONMENT'))] },
      // Not so after a crash: where it was seen to work is on record before its Item is removed.
      secondCall: unknown,
    },
  },
];
