/** What Linear is asked and answers, for the provider contract. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type LinearConfig, linear } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['lin', 'oauth', 'c0ffee00'.repeat(8)].join('_');
const authorization = `Bearer ${TOKEN}`;

const query = (answer: Exchange['answer']): Exchange => ({
  expect: {
    method: 'POST',
    path: '/api.linear.app/graphql',
    headers: { authorization },
    json: { query: '{ viewer { id } }' },
  },
  answer,
});

export const alive = query({ status: 200, json: { data: { viewer: { id: 'b9f0c5f4-quash' } } } });

export const refusal = (status: number, code: string) =>
  query({
    status,
    json: {
      errors: [
        {
          message: 'Authentication required, not authenticated',
          extensions: { type: 'authentication error', code, statusCode: status, userError: true },
        },
      ],
    },
  });
export const dead = refusal(401, 'AUTHENTICATION_ERROR');

export const revokeCall = (
  answer: Exchange['answer'] = { status: 200, json: { success: true } },
): Exchange => ({
  expect: {
    method: 'POST',
    path: '/api.linear.app/oauth/revoke',
    headers: { authorization },
    form: { token: TOKEN },
  },
  answer,
});

export const cases: readonly ProviderSpec<LinearConfig>[] = [
  {
    definition: linear,
    config: () => ({}),
    token: TOKEN,
    kind: 'oauth-token',
    type: 'gitleaks_rule_id_linear_oauth_token',
    scripts: {
      revoked: {
        exchanges: [alive, revokeCall(), dead],
        endsAs: { outcome: 'accepted', verified: true },
      },
      alreadyDead: { exchanges: [dead] },
      unknownToken: { notApplicable: 'Linear is the only issuer of such tokens.' },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'A token needs no right to be revoked.' },
      secondCall: { exchanges: [dead] },
    },
  },
];
