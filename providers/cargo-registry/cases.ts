import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cargoRegistry } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['ci', 'o', 'k3y9QuAs'.repeat(4)].join('');
const headers = { authorization: TOKEN };
const says = (detail: string) => ({ errors: [{ detail }] });

const me = (detail: string): Exchange => ({
  expect: { method: 'GET', path: '/api/v1/me', headers },
  answer: { status: 403, json: says(detail) },
});
export const revoke = (status: number, json?: unknown): Exchange => ({
  expect: { method: 'DELETE', path: '/api/v1/tokens/current', headers },
  answer: { status, ...(json !== undefined && { json }) },
});

export const alive = me('this action can only be performed on the registry website');
export const account: Exchange = { ...alive, answer: { status: 200, json: { user: { login: 'alice' } } } };
export const gone = me('authentication failed');
export const locked = me('This account is locked until 2999-01-01 at 00:00:00 UTC. Reason: spam');
export const limited = revoke(
  403,
  says('this token does not have the required permissions to perform this action'),
);
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
const notApplicable = { notApplicable: 'The leaked token is the only credential.' };

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: cargoRegistry,
    config: (url) => ({ registries: [{ url }] }),
    token: TOKEN,
    kind: 'api-token',
    type: 'gitleaks_rule_id_crates-io-api-key',
    scripts: {
      revoked: { exchanges: [alive, alive, revoke(204), gone] },
      // The registry says the same of a token that was revoked and of one that it does not know.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      // Not so after a crash: where it was seen to work is on record before it is revoked.
      secondCall: unknown,
    },
    passing: [
      {
        name: 'a locked account',
        source: "the registry's source, util/errors/json.rs",
        answer: { status: 403, json: says('This account is indefinitely locked. Reason: spam') },
      },
    ],
  },
];
