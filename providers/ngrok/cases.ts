import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { ngrok } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
const FIRST = `${'k3y9Quas'.repeat(3)}Etc`;
export const KEY = [FIRST, 'S3cr3tQuas'.repeat(2).concat('h')].join('_');
const headers = { authorization: `Bearer ${KEY}`, 'ngrok-version': '2' };

const self = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/api.ngrok.com/self', headers },
  answer: { status, json },
});
const errorOf = (status: number, code: number) => ({
  error_code: `ERR_NGROK_${code}`,
  status_code: status,
  msg: 'no',
  details: {},
});
export const error = (status: number, code: number) => self(status, errorOf(status, code));
export const alive = self(200, {
  account: { id: 'ac_1' },
  api_key: { id: `ak_${FIRST}`, token: null },
  user: 'a',
});
const gone = error(401, 203);
const remove: Exchange = {
  expect: { method: 'DELETE', path: `/api.ngrok.com/api_keys/ak_${FIRST}`, headers },
  answer: { status: 204 },
};
export const refusedDeletion = (code: number): Exchange => ({
  ...remove,
  answer: { status: 403, json: errorOf(403, code) },
});
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
const notApplicable = { notApplicable: 'The leaked key is the only credential.' };

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: ngrok,
    config: () => ({}),
    token: KEY,
    kind: 'api-key',
    type: 'gitleaks_rule_id_ngrok-api-key.1',
    unknownAnswer: { status: 401, json: { error_code: 'ERR_NGROK_203', status_code: 401, msg: 'no' } },
    scripts: {
      revoked: { exchanges: [alive, alive, remove, gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      // Not so after a crash: where it was seen to work is on record before it is deleted.
      secondCall: unknown,
    },
    passing: [
      {
        name: 'a suspended account',
        source: 'https://ngrok.com/docs/errors/err_ngrok_205',
        answer: { status: 403, json: { error_code: 'ERR_NGROK_205', status_code: 403, msg: 'no' } },
      },
    ],
  },
];
