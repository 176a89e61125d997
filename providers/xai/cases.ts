import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { xai } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const KEY = ['xai', 'k3y9QuasEtc0'.repeat(7)].join('-');
const MANAGEMENT = 'the management key of the operator';
const TEAM = '0a1b2c3d-0000-4000-8000-000000000001';
const ID = '0a1b2c3d-0000-4000-8000-000000000002';

export const config = () => ({ teams: [{ id: TEAM, managementKey: MANAGEMENT }] });

export const itself = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/api.x.ai/v1/api-key', headers: { authorization: `Bearer ${KEY}` } },
  answer: { status, json },
});
const of = (team_id: string) => itself(200, { redacted_api_key: 'xai-...c0k3', api_key_id: ID, team_id });
const alive = of(TEAM);
export const foreign = of('0a1b2c3d-0000-4000-8000-000000000003');
export const INVALID = {
  code: 'Client specified an invalid argument',
  error: 'Incorrect API key provided: xa***3y.',
};
const gone = itself(400, INVALID);
export const blocked = {
  ...gone,
  answer: { status: 403, json: { code: 'The caller does not have permission', error: 'blocked' } },
};
const remove = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'DELETE',
    path: `/management-api.x.ai/auth/api-keys/${ID}`,
    headers: { authorization: `Bearer ${MANAGEMENT}` },
  },
  answer: { status, json },
});
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: xai,
    config,
    token: KEY,
    credentials: [MANAGEMENT],
    kind: 'api-key',
    type: 'gitleaks_rule_id_xai-api-key',
    passing: [
      {
        name: 'a key or a team that is blocked',
        source: 'https://docs.x.ai/docs/key-information/debugging',
        answer: blocked.answer,
      },
    ],
    unknownAnswer: { status: 400, json: INVALID },
    scripts: {
      revoked: {
        exchanges: [alive, alive, remove(200, {}), gone],
        endsAs: { outcome: 'accepted', verified: true },
      },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [alive, alive, remove(401, { code: 16, message: 'no' })] },
      forbidden: { exchanges: [alive, alive, remove(403, { code: 7, message: 'no' })] },
      // Not so after a crash: where it was seen to work is on record before it is deleted.
      secondCall: unknown,
    },
  },
];
