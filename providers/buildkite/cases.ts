import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { buildkite } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
const TOKEN = ['bk', 'ua_'].join('') + 'a1b2c3d4'.repeat(5);

const DENIED = {
  message:
    'Authentication required. Please supply a valid API Access Token: https://buildkite.com/docs/apis/rest-api#authentication',
};

const call = (method: 'GET' | 'DELETE', status: number, json?: unknown): Exchange => ({
  expect: {
    method,
    path: '/api.buildkite.com/v2/access-token',
    headers: { authorization: `Bearer ${TOKEN}` },
  },
  answer: { status, ...(json !== undefined && { json }) },
});

const unknown = {
  exchanges: [call('DELETE', 401, DENIED)],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

export const cases: readonly ProviderSpec<Record<string, never>>[] = [
  {
    definition: buildkite,
    config: () => ({}),
    token: TOKEN,
    kind: 'user-access-token',
    type: 'gitleaks_rule_id_buildkite-user-access-token',
    scripts: {
      revoked: { exchanges: [call('DELETE', 204), call('GET', 401, DENIED)] },
      // One that is limited to other addresses may be answered so, too.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'The leaked token is the only credential.' },
      secondCall: unknown,
    },
  },
];
