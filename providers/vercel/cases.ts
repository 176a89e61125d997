import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type VercelConfig, vercel } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const TOKEN = ['vc', 'p_'].join('') + 'a1B2c3D'.repeat(8);
export const LEGACY = 'k3Y9'.repeat(6);

export const INVALID = { error: { code: 'forbidden', message: 'Not authorized', invalidToken: true } };

const PATHS = { DELETE: '/v3/user/tokens/current', GET: '/v5/user/tokens/current' };

export const callWith =
  (token: string) =>
  (method: 'GET' | 'DELETE', status: number, json: unknown): Exchange => ({
    expect: {
      method,
      path: `/api.vercel.com${PATHS[method]}`,
      headers: { authorization: `Bearer ${token}` },
    },
    answer: { status, json },
  });

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

/** What is called invalid without a prefix may be no token of Vercel at all. */
const specOf = (token: string, type: string): ProviderSpec<VercelConfig> => {
  const refused = { exchanges: [callWith(token)('DELETE', 403, INVALID)] };
  const invalid = token === LEGACY ? { ...refused, endsAs: UNKNOWN } : refused;
  const call = callWith(token);
  return {
    definition: vercel,
    config: () => ({}),
    token,
    kind: 'access-token',
    type,
    scripts: {
      revoked: {
        exchanges: [call('DELETE', 200, { tokenId: '5d9f2ebd38ddca62' }), call('GET', 403, INVALID)],
      },
      alreadyDead: invalid,
      unknownToken: { notApplicable: 'Vercel issued all of them and calls invalid what does not work.' },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: {
        exchanges: [call('DELETE', 403, { error: { code: 'forbidden', message: 'Not authorized' } })],
      },
      secondCall: invalid,
    },
  };
};

export const cases: readonly ProviderSpec<VercelConfig>[] = [
  specOf(TOKEN, 'gitleaks_rule_id_vercel-personal-access-token'),
  specOf(LEGACY, 'gitleaks_rule_id_vercel-api-token'),
];
