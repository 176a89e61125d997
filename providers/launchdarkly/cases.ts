import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type LaunchdarklyConfig, launchdarkly } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['api', '0a1b2c3d', '4e5f-4a6b-8c7d', '9e0f1a2b3c4d'].join('-');
const ID = '61095542756dba551110ae21';

const INVALID = { code: 'unauthorized', message: 'Invalid access token' };

export const whoAmI = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/api/v2/caller-identity', headers: { authorization: TOKEN } },
  answer: { status, json },
});

export const alive = () => whoAmI(200, { accountId: 'a', authKind: 'token', tokenName: 'ci', tokenId: ID });
export const dead = () => whoAmI(401, INVALID);

export const deletion = (status: number, json?: unknown): Exchange => ({
  expect: { method: 'DELETE', path: `/api/v2/tokens/${ID}`, headers: { authorization: TOKEN } },
  answer: { status, ...(json !== undefined && { json }) },
});

export const cases: readonly ProviderSpec<LaunchdarklyConfig>[] = [
  {
    definition: launchdarkly,
    config: (baseUrl) => ({ baseUrl }),
    token: TOKEN,
    kind: 'access-token',
    type: 'gitleaks_rule_id_launchdarkly-access-token',
    scripts: {
      revoked: { exchanges: [alive(), deletion(204), dead()] },
      alreadyDead: { exchanges: [dead()] },
      unknownToken: {
        exchanges: [whoAmI(401, { message: 'Sign in to the proxy' })],
        endsAs: { failure: 'unexpected-answer' },
      },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: {
        exchanges: [
          alive(),
          deletion(403, { code: 'forbidden', message: 'Forbidden. Access to it was denied.' }),
        ],
      },
      secondCall: { exchanges: [dead()] },
    },
  },
];
