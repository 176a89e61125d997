import { type ProviderSpec, withoutAnyCall } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type MapboxConfig, mapbox } from './index.ts';

const encoded = (payload: object) => Buffer.from(JSON.stringify(payload)).toString('base64url');

// Put together here, so that no scanner takes them for leaks.
const tokenOf = (start: string, payload: object) =>
  [start, 'k.', encoded(payload), '.'].join('') + 'aB3_-c'.repeat(3);
const secretToken = (payload: object) => tokenOf('s', payload);
export const TOKEN = secretToken({ u: 'alice', a: 'cjld2cjxh0000qzrmn831i7rn' });
export const OURS = secretToken({ u: 'alice', a: 'cm0quash00000qzrmn831i7rn' });

export const look = (status: number, json: unknown, token = TOKEN): Exchange => ({
  expect: { method: 'GET', path: `/api.mapbox.com/tokens/v2?access_token=${token}` },
  answer: { status, json },
});

export const remove = (by: string, status: number, json?: unknown): Exchange => ({
  expect: {
    method: 'DELETE',
    path: `/api.mapbox.com/tokens/v2/alice/cjld2cjxh0000qzrmn831i7rn?access_token=${by}`,
  },
  answer: { status, ...(json !== undefined && { json }) },
});

export const VALID = {
  code: 'TokenValid',
  token: {
    usage: 'sk',
    user: 'alice',
    authorization: 'cjld2cjxh0000qzrmn831i7rn',
    created: '2026-01-01T00:00:00.000Z',
  },
};
export const REVOKED = { code: 'TokenRevoked' };
export const DECLINED = { message: 'Not Found' };

const valid = look(200, VALID);
const dead = { exchanges: [look(200, REVOKED)], saysSo: true } as const;
const INVALID = look(200, { code: 'TokenInvalid' });
const shared = {
  definition: mapbox,
  token: TOKEN,
  kind: 'secret-token',
  type: 'gitleaks_rule_id_mapboxsecretapitoken',
  tokenInUrl: 'Mapbox takes access tokens in the query only.',
} as const;

export const cases: readonly ProviderSpec<MapboxConfig>[] = [
  {
    ...shared,
    config: () => ({}),
    scripts: {
      revoked: { exchanges: [valid, remove(TOKEN, 204), look(401, REVOKED)] },
      alreadyDead: dead,
      unknownToken: {
        exchanges: [INVALID],
        endsAs: { outcome: 'refused', reason: 'unrecognised' },
      },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: {
        exchanges: [valid, remove(TOKEN, 403, DECLINED)],
        endsAs: { outcome: 'refused', reason: 'not-permitted' },
      },
      secondCall: dead,
    },
  },
  {
    ...shared,
    config: () => ({ accounts: [{ username: 'alice', token: OURS }] }),
    credentials: [OURS],
    scripts: {
      revoked: {
        exchanges: [valid, remove(TOKEN, 404, DECLINED), remove(OURS, 204), look(200, REVOKED)],
      },
      alreadyDead: dead,
      unknownToken: {
        exchanges: [look(200, { code: 'TokenMalformed' })],
        endsAs: { outcome: 'refused', reason: 'unrecognised' },
      },
      credentialRefused: {
        exchanges: [valid, remove(TOKEN, 404, DECLINED), remove(OURS, 401, { message: 'Not Authorized' })],
      },
      forbidden: {
        exchanges: [valid, remove(TOKEN, 404, DECLINED), remove(OURS, 403, { message: 'Forbidden' })],
      },
      secondCall: dead,
    },
  },
  {
    definition: mapbox,
    config: () => ({}),
    token: tokenOf('p', { u: 'alice', a: 'cm0public0000qzrmn831i7rn' }),
    kind: 'public-token',
    type: 'gitleaks_rule_id_mapbox_api_token',
    scripts: withoutAnyCall({ outcome: 'refused', reason: 'unsupported-kind' }),
  },
];
