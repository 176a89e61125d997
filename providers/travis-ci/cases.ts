import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange, PlainAnswer } from '../../test/support/scripted-upstream.ts';
import { travisCi } from './index.ts';

export const TOKEN = 'k3y9QuasEtc_tok3n-ab12';
const headers = { authorization: `token ${TOKEN}`, 'travis-api-version': '3' };

const user = (answer: PlainAnswer, at: string): Exchange => ({
  expect: { method: 'GET', path: `${at}/user`, headers },
  answer,
});
export const alive = (at = '') => user({ status: 200, json: { '@type': 'user', id: 1, login: 'alice' } }, at);
const DENIED: PlainAnswer = {
  status: 403,
  headers: { 'content-type': 'text/html;charset=utf-8', 'access-control-allow-credentials': 'true' },
  text: 'access denied',
};
export const gone = (at = '') => user(DENIED, at);
/** A proxy before an installation may open it to pages of all origins once more. */
export const goneBehindProxy = user(
  { ...DENIED, headers: { ...DENIED.headers, 'access-control-allow-credentials': 'true, true' } },
  '',
);
/** As a proxy may say it. */
export const denied = user({ status: 403, text: 'access denied' }, '');
export const remove = (at = ''): Exchange => ({
  expect: { method: 'DELETE', path: `${at}/access_token`, headers },
  answer: { status: 204 },
});
const unknown = { exchanges: [gone()], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
const notApplicable = { notApplicable: 'The leaked token is the only credential.' };

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: travisCi,
    config: (url) => ({ instances: [{ url }] }),
    token: TOKEN,
    kind: 'access-token',
    type: 'gitleaks_rule_id_travisci-access-token',
    scripts: {
      revoked: { exchanges: [alive(), alive(), remove(), gone()] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      // Not so after a crash: where it was seen to work is on record before it is removed.
      secondCall: unknown,
    },
    unknownAnswer: DENIED,
  },
];
