import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type FacebookConfig, facebook } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['EAA', 'a1B2c3D4'.repeat(20)].join('');

const call = (method: 'GET' | 'DELETE', path: string, status: number, json: unknown): Exchange => ({
  expect: { method, path: `/graph.facebook.com/v25.0${path}`, headers: { authorization: `Bearer ${TOKEN}` } },
  answer: { status, json },
});
export const error = (code: number, subcode?: number, message = 'No.') => ({
  error: {
    message,
    type: 'OAuthException',
    code,
    ...(subcode !== undefined && { error_subcode: subcode }),
    fbtrace_id: 'AbC',
  },
});
export const withdrawal = (status: number, json: unknown) => call('DELETE', '/me/permissions', status, json);
export const look = (status: number, json: unknown) => call('GET', '/me', status, json);
export const done = withdrawal(200, { success: true });

export const cases: readonly ProviderSpec<FacebookConfig>[] = [
  {
    definition: facebook,
    config: () => ({}),
    token: TOKEN,
    kind: 'user-token',
    type: 'gitleaks_rule_id_meta_access_token',
    scripts: {
      revoked: { exchanges: [done, look(400, error(190, 458))] },
      alreadyDead: { exchanges: [withdrawal(400, error(190, 463))], saysSo: true },
      unknownToken: {
        exchanges: [withdrawal(400, error(190))],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { exchanges: [withdrawal(403, error(200))] },
      secondCall: { exchanges: [withdrawal(400, error(190, 458))] },
    },
    passing: (
      [
        [459, 'the user has to log in on the website'],
        [464, 'the user has to confirm the account'],
        [490, 'the user has to act on the website'],
        [492, 'a session that is invalid for a reason that Meta does not tell'],
        [999, 'a subcode that nobody knows'],
      ] as const
    ).map(([subcode, name]) => ({
      name,
      source: 'https://developers.facebook.com/docs/graph-api/guides/error-handling/',
      answer: { status: 400, json: error(190, subcode) },
    })),
  },
];
