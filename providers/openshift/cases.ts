import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { openshift } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['sha256', `${'k3y9Qua-'.repeat(5)}s_3`].join('~');
/** The hash of what stands behind `sha256~`, made with another program. */
const NAME = 'sha256~GXi9mJ7n2B2d4T_HD2ZRp-k25URU2HI-zwUuc9BwG6I';
const headers = { authorization: `Bearer ${TOKEN}` };
const status = (code: number, reason: string) => ({ kind: 'Status', status: 'Failure', reason, code });

export const config = (url: string) => ({ clusters: [{ url }] });

const user = (code: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/apis/user.openshift.io/v1/users/~', headers },
  answer: { status: code, json },
});
export const remove = (code: number, json: unknown): Exchange => ({
  expect: { method: 'DELETE', path: `/apis/oauth.openshift.io/v1/oauthaccesstokens/${NAME}`, headers },
  answer: { status: code, json },
});
export const alive = user(200, { kind: 'User', metadata: { name: 'alice' } });
export const limited = user(403, status(403, 'Forbidden'));
export const gone = user(401, status(401, 'Unauthorized'));
export const forbidden = remove(403, status(403, 'Forbidden'));
export const removed = remove(200, { kind: 'Status', status: 'Success' });
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
const notApplicable = { notApplicable: 'The leaked token is the only credential.' };

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: openshift,
    config,
    token: TOKEN,
    kind: 'user-token',
    type: 'gitleaks_rule_id_openshift-user-token',
    scripts: {
      revoked: { exchanges: [alive, alive, removed, gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      // Not so after a crash: where it was seen to work is on record before it is deleted.
      secondCall: unknown,
    },
  },
];
