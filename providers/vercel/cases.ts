import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type VercelConfig, vercel } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const TOKEN = ['vc', 'p_'].join('') + 'a1B2c3D'.repeat(8);
const OF_AN_INTEGRATION = ['vc', 'i_'].join('') + 'a1B2c3D'.repeat(8);
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

/** What is called invalid without a prefix may be no token of Vercel at all, and that of an integration may be no user's. */
const specOf = (token: string, type: string): ProviderSpec<VercelConfig> => {
  const refused = { exchanges: [callWith(token)('DELETE', 403, INVALID)] };
  const invalid = token !== TOKEN ? { ...refused, endsAs: UNKNOWN } : refused;
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

const APP_TOKEN = ['vc', 'a_'].join('') + 'a1B2c3D'.repeat(8);
const APP_SECRET = 'the secret of the app';
const appCall = (action: 'introspect' | 'revoke', status: number, json?: unknown): Exchange => ({
  expect: {
    method: 'POST',
    path: `/api.vercel.com/login/oauth/token/${action}`,
    headers: { authorization: `Basic ${Buffer.from(`cl_1:${APP_SECRET}`).toString('base64')}` },
    form: { token: APP_TOKEN },
  },
  answer: { status, ...(json !== undefined && { json }) },
});
const active = appCall('introspect', 200, { active: true, client_id: 'cl_1' });
const inactive = appCall('introspect', 200, { active: false });
const notOurs = {
  exchanges: [inactive],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

const appSpec: ProviderSpec<VercelConfig> = {
  definition: vercel,
  config: () => ({ apps: [{ clientId: 'cl_1', clientSecret: APP_SECRET }] }),
  token: APP_TOKEN,
  credentials: [APP_SECRET],
  kind: 'app-token',
  type: 'gitleaks_rule_id_vercel-app-access-token',
  unknownAnswer: { status: 200, json: { active: false } },
  scripts: {
    revoked: { exchanges: [active, active, appCall('revoke', 200), inactive] },
    // A dead token is as inactive as one of another app.
    alreadyDead: notOurs,
    unknownToken: notOurs,
    credentialRefused: { exchanges: [appCall('introspect', 401, { error: 'invalid_client' })] },
    forbidden: { exchanges: [appCall('introspect', 403, { error: 'access_denied' })] },
    secondCall: notOurs,
  },
};

export const cases: readonly ProviderSpec<VercelConfig>[] = [
  specOf(TOKEN, 'gitleaks_rule_id_vercel-personal-access-token'),
  specOf(OF_AN_INTEGRATION, 'gitleaks_rule_id_vercel-integration-token'),
  specOf(LEGACY, 'gitleaks_rule_id_vercel-api-token'),
  appSpec,
];
