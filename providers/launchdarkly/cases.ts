import { asksOnAfter, type ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type LaunchdarklyConfig, launchdarkly } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['api', '0a1b2c3d', '4e5f-4a6b-8c7d', '9e0f1a2b3c4d'].join('-');
export const ID = '61095542756dba551110ae21';

const headers = { authorization: TOKEN, accept: 'application/json' };
const INVALID = { code: 'unauthorized', message: 'Invalid access token' };

/** As the scripted upstream sees the three instances. */
export const US = '/app.launchdarkly.com';
export const EU = '/app.eu.launchdarkly.com';
export const FEDERAL = '/app.launchdarkly.us';

export const whoAmI = (status: number, json: unknown, at = US): Exchange => ({
  expect: { method: 'GET', path: `${at}/api/v2/caller-identity`, headers },
  answer: { status, json },
});

export const alive = (at = US) =>
  whoAmI(200, { accountId: 'a', authKind: 'token', tokenName: 'ci', tokenId: ID }, at);
export const dead = (at = US) => whoAmI(401, INVALID, at);
export const refusedByAll = [dead(), dead(EU), dead(FEDERAL)];

/** What the token sees of its own record. */
export const record = (
  at = US,
  status = 200,
  json: unknown = { _id: ID, token: TOKEN.slice(-4) },
): Exchange => ({
  expect: { method: 'GET', path: `${at}/api/v2/tokens/${ID}`, headers },
  answer: { status, json },
});

export const deletion = (status: number, json?: unknown, at = US): Exchange => ({
  expect: { method: 'DELETE', path: `${at}/api/v2/tokens/${ID}`, headers },
  answer: { status, ...(json !== undefined && { json }) },
});

const shared = {
  definition: launchdarkly,
  token: TOKEN,
  kind: 'access-token',
  type: 'gitleaks_rule_id_launchdarkly-access-token',
} as const;
const SELF = { notApplicable: 'The leaked token is the only credential.' };
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

export const cases: readonly ProviderSpec<LaunchdarklyConfig>[] = [
  {
    ...shared,
    config: () => ({}),
    faultOverrides: asksOnAfter(0, [dead(EU), dead(FEDERAL)]),
    scripts: {
      revoked: { exchanges: [alive(), alive(), record(), deletion(204), dead()] },
      alreadyDead: { exchanges: refusedByAll },
      unknownToken: { notApplicable: 'The three instances are the only issuers, and all are asked.' },
      credentialRefused: SELF,
      forbidden: {
        exchanges: [
          alive(),
          alive(),
          record(),
          deletion(403, { code: 'forbidden', message: 'Forbidden. Access to it was denied.' }),
        ],
      },
      secondCall: { exchanges: refusedByAll },
    },
  },
  {
    // One instance alone knows nothing of the tokens of the others.
    ...shared,
    config: (baseUrl) => ({ baseUrl }),
    scripts: {
      revoked: { exchanges: [alive(''), alive(''), record(''), deletion(204, undefined, ''), dead('')] },
      alreadyDead: { exchanges: [dead('')], endsAs: UNKNOWN },
      unknownToken: { exchanges: [dead('')], endsAs: UNKNOWN },
      credentialRefused: SELF,
      forbidden: SELF,
      secondCall: { exchanges: [dead('')], endsAs: UNKNOWN },
    },
  },
];
