import { asksOnAfter, type ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { elevenlabs } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const KEY = ['sk', 'c0ffee12'.repeat(6)].join('_');
const headers = { 'xi-api-key': KEY };
const detail = (code: string) => ({
  detail: { type: 'authentication_error', code, message: 'no', status: code, request_id: 'r-1' },
});
/** As it was before the errors had codes. */
const before = (status: string) => ({ detail: { status, message: 'no' } });

const HOST = 'api.elevenlabs.io';
export const EU = 'api.eu.residency.elevenlabs.io';
const OTHERS = [EU, 'api.in.residency.elevenlabs.io', 'api.sg.residency.elevenlabs.io'];

const user = (status: number, json: unknown, host = HOST): Exchange => ({
  expect: { method: 'GET', path: `/${host}/v1/user`, headers },
  answer: { status, json },
});
export const disable = (status: number, json?: unknown, host = HOST): Exchange => ({
  expect: {
    method: 'POST',
    path: `/${host}/v1/workspaces/api-keys/disable?api_key_name=self`,
    headers,
  },
  answer: { status, ...(json !== undefined && { json }) },
});
export const aliveAt = (host: string) => user(200, { user_id: 'u1' }, host);
const alive = aliveAt(HOST);
export const limited = user(401, detail('missing_permissions'));
export const goneAt = (host: string) => user(401, detail('invalid_api_key'), host);
export const gone = goneAt(HOST);
export const goneAsBefore = user(401, before('invalid_api_key'));
const nowhere = [gone, ...OTHERS.map(goneAt)];
export const forbidden = disable(403, detail('forbidden'));
const unknown = { exchanges: nowhere, endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
const notApplicable = { notApplicable: 'The leaked key is the only credential.' };

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: elevenlabs,
    config: () => ({}),
    token: KEY,
    kind: 'api-key',
    type: 'gitleaks_rule_id_elevenlabs-api-key',
    scripts: {
      revoked: { exchanges: [alive, alive, disable(200, {}), gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      // Not so after a crash: where it was seen to work is on record before it is disabled.
      secondCall: unknown,
    },
    faultOverrides: asksOnAfter(0, OTHERS.map(goneAt)),
    passing: [
      {
        name: 'an address that the key does not allow',
        source: 'https://elevenlabs.io/docs/overview/administration/workspaces/api-keys',
        answer: { status: 403, json: detail('ip_not_allowed') },
      },
      {
        name: 'a quota that is used up',
        source: 'https://elevenlabs.io/docs/eleven-api/resources/errors',
        answer: { status: 401, json: detail('quota_exceeded') },
      },
    ],
  },
];
