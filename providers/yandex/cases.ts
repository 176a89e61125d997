import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { yandex } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const signed = (prefix: string) =>
  [prefix, '9euelZqk3y9'.repeat(8), 'k3y9Ab'.repeat(15).slice(0, 86)].join('.');
export const TOKEN = signed('t1');
export const COOKIE = signed('c1');

const authorization = `Bearer ${TOKEN}`;
export const revoke = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'POST',
    path: '/iam.api.cloud.yandex.net/iam/v1/tokens:revoke',
    headers: { authorization },
    json: { iamToken: TOKEN },
  },
  answer: { status, json },
});
export const clouds = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: '/resource-manager.api.cloud.yandex.net/resource-manager/v1/clouds?pageSize=1',
    headers: { authorization },
  },
  answer: { status, json },
});
export const done = revoke(200, { subjectId: 'aje6o61dvog2h6g9a33s' });
const INVALID = { code: 16, message: 'The token is invalid', details: [] };

export const cases: readonly ProviderSpec<unknown>[] = [
  {
    definition: yandex,
    config: () => ({}),
    token: TOKEN,
    kind: 'iam-token',
    type: 'gitleaks_rule_id_yandex.cloud_iam_cookie_v1_-_1',
    scripts: {
      revoked: { exchanges: [done, clouds(401, INVALID)] },
      alreadyDead: { exchanges: [revoke(401, INVALID)] },
      unknownToken: { notApplicable: 'Yandex Cloud says the same of a token that it never gave.' },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'Whoever has a token may revoke it.' },
      secondCall: { exchanges: [revoke(401, INVALID)] },
    },
  },
];
