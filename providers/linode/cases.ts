import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type LinodeConfig, linode } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = '0a1b2c3d4e5f6a7b'.repeat(4);
const BEGINNING = TOKEN.slice(0, 16);

const headers = { authorization: `Bearer ${TOKEN}`, accept: 'application/json' };
const INVALID = { errors: [{ reason: 'Invalid Token' }] };
const LACKS_SCOPE = { errors: [{ reason: 'Your OAuth token is not authorized to use this endpoint.' }] };

export const list = (page: number, status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `/api.linode.com/v4/profile/tokens?page=${page}&page_size=500`, headers },
  answer: { status, json },
});

/** Record 42 is the leaked token's, unless `beginnings` says otherwise. */
export const pageOf = (page: number, pages: number, beginnings: Record<number, string> = { 42: BEGINNING }) =>
  list(page, 200, {
    data: Object.entries(beginnings).map(([id, token]) => ({
      id: Number(id),
      token,
      label: 'cli',
      scopes: '*',
    })),
    page,
    pages,
    results: 2,
  });

export const deletion = (status: number, json: unknown): Exchange => ({
  expect: { method: 'DELETE', path: '/api.linode.com/v4/profile/tokens/42', headers },
  answer: { status, json },
});

export const profile = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/api.linode.com/v4/profile', headers },
  answer: { status, json },
});

// A refresh token, which is never let in, looks the same.
const refused = {
  exchanges: [list(1, 401, INVALID)],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

export const cases: readonly ProviderSpec<LinodeConfig>[] = [
  {
    definition: linode,
    config: () => ({}),
    token: TOKEN,
    kind: 'personal-access-token',
    type: 'gitleaks_rule_id_linode_personal_access_token',
    scripts: {
      revoked: {
        exchanges: [
          pageOf(1, 2, { 7: 'ffff2c3d4e5f6a7b' }),
          pageOf(2, 2),
          deletion(200, {}),
          profile(401, INVALID),
        ],
      },
      alreadyDead: refused,
      unknownToken: {
        exchanges: [pageOf(1, 1, { 7: 'ffff2c3d4e5f6a7b' })],
        endsAs: { outcome: 'refused', reason: 'unsupported-kind' },
      },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { exchanges: [list(1, 401, LACKS_SCOPE)] },
      secondCall: refused,
    },
  },
];
