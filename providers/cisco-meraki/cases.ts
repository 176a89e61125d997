import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { ciscoMeraki } from './index.ts';

export const KEY = 'c0ffee12'.repeat(5);
const PATH = '/api.meraki.com/api/v1/administered/identities/me/api/keys';
const headers = { authorization: `Bearer ${KEY}` };

const list = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: PATH, headers },
  answer: { status, json },
});
const key = (suffix: string) => ({ suffix, createdAt: '2026-01-01T00:00:00Z' });
export const listed = (...suffixes: readonly string[]) => list(200, suffixes.map(key));
export const gone = list(401, { errors: ['Invalid API key'] });
const KEPT_OUT = {
  errors: ['You are trying to access Dashboard from an unauthorized IP address (192.0.2.1).'],
};
export const keptOut = list(403, KEPT_OUT);
const revoke: Exchange = {
  expect: { method: 'POST', path: `${PATH}/ee12/revoke`, headers },
  answer: { status: 204 },
};
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
const notApplicable = { notApplicable: 'The leaked key is the only credential.' };

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: ciscoMeraki,
    config: () => ({}),
    token: KEY,
    kind: 'api-key',
    type: 'gitleaks_rule_id_cisco-meraki-api-key',
    scripts: {
      revoked: {
        exchanges: [listed('ee12', 'abcd'), listed('ee12', 'abcd'), revoke, gone],
        endsAs: { outcome: 'accepted', verified: true },
      },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      // Not so after a crash: where it was seen to work is on record before it is revoked.
      secondCall: unknown,
    },
    passing: [
      {
        name: 'an address that an organization of the owner keeps out',
        source: 'https://github.com/meraki/dashboard-api-python/issues/28',
        answer: { status: 403, json: KEPT_OUT },
      },
    ],
  },
];
