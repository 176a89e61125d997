import { asksOnAfter, type ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { zoho } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['1000', 'c0ffee12'.repeat(4), '0a1b2c3d'.repeat(4)].join('.');

export const HOSTS = [
  'zoho.com',
  'zoho.eu',
  'zoho.in',
  'zoho.com.au',
  'zoho.jp',
  'zoho.sa',
  'zoho.uk',
  'zoho.ae',
  'zoho.sg',
  'zoho.com.cn',
  'zohocloud.ca',
];
export const revoke = (host: string, status: number, json: unknown): Exchange => ({
  expect: { method: 'POST', path: `/accounts.${host}/oauth/v2/token/revoke?token=${TOKEN}` },
  answer: { status, json },
});
export const foreign = (host: string) => revoke(host, 400, { error: 'invalid_token' });
const nowhere = {
  exchanges: HOSTS.map(foreign),
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;
const notApplicable = { notApplicable: 'It wants no credential.' };

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: zoho,
    config: () => ({}),
    token: TOKEN,
    kind: 'oauth-token',
    type: 'gitleaks_rule_id_zoho-oauth-token.1',
    tokenInUrl: 'The call takes the token in its address alone.',
    unknownAnswer: { status: 400, json: { error: 'invalid_token' } },
    scripts: {
      revoked: { exchanges: [foreign('zoho.com'), revoke('zoho.eu', 200, { status: 'success' })] },
      alreadyDead: nowhere,
      unknownToken: nowhere,
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      secondCall: nowhere,
    },
    faultOverrides: [
      ...asksOnAfter(0, HOSTS.slice(1).map(foreign)),
      ...asksOnAfter(1, HOSTS.slice(2).map(foreign)),
    ],
  },
];
