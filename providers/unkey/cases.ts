/** What Unkey is asked and answers, for the provider contract. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type UnkeyConfig, unkey } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const KEY = ['acme', 'k3y9QuashEtc'.repeat(2)].join('_');
export const ROOT_KEY = ['unkey', 'RootQuashEtc'.repeat(2)].join('_');
const KEY_ID = 'key_2cGKbMxRyIzhCxo1Idjz8q';

export const config = () => ({ rootKey: ROOT_KEY });

const meta = { requestId: 'req_2c9a0jf23l4k567' };
const headers = { authorization: `Bearer ${ROOT_KEY}`, 'content-type': 'application/json' };

export const whoami = (answer: Exchange['answer'], key = KEY): Exchange => ({
  expect: { method: 'POST', path: '/api.unkey.com/v2/keys.whoami', headers, json: { key } },
  answer,
});

export const known = (enabled: boolean): Exchange =>
  whoami({
    status: 200,
    json: { meta, data: { keyId: KEY_ID, start: 'acme_k3y9', enabled, createdAt: 1_704_067_200_000 } },
  });

export const problem = (status: number, title: string) => ({
  status,
  json: {
    meta,
    error: {
      title,
      detail: 'The requested key does not exist.',
      status,
      type: 'https://unkey.com/docs/errors',
    },
  },
});

export const disable: Exchange = {
  expect: {
    method: 'POST',
    path: '/api.unkey.com/v2/keys.updateKey',
    headers,
    json: { keyId: KEY_ID, enabled: false },
  },
  answer: { status: 200, json: { meta, data: {} } },
};

export const cases: readonly ProviderSpec<UnkeyConfig>[] = [
  {
    definition: unkey,
    config,
    token: KEY,
    credentials: [ROOT_KEY],
    kind: 'api-key',
    type: 'gitleaks_rule_id_unkey_api_key',
    scripts: {
      revoked: { exchanges: [known(true), disable, known(false)] },
      alreadyDead: { exchanges: [known(false)], saysSo: true },
      unknownToken: {
        exchanges: [whoami(problem(404, 'Not Found'))],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: { exchanges: [whoami(problem(401, 'Unauthorized'))] },
      forbidden: { exchanges: [whoami(problem(403, 'Forbidden'))] },
      secondCall: { exchanges: [known(false)] },
    },
  },
];
