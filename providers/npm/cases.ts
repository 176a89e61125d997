import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type NpmConfig, npm } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['np', 'm_'].join('') + 'a1B2c3'.repeat(6);

const headers = { authorization: `Bearer ${TOKEN}` };

export const whoami = (status: number, json: unknown, answered: Record<string, string> = {}): Exchange => ({
  expect: { method: 'GET', path: '/-/whoami', headers },
  answer: { status, json, headers: answered },
});

export const logout = (status: number, json?: unknown): Exchange => ({
  expect: { method: 'DELETE', path: `/-/user/token/${TOKEN}`, headers },
  answer: { status, ...(json !== undefined && { json }) },
});

export const remove = (status: number, json?: unknown, answered: Record<string, string> = {}): Exchange => ({
  expect: { method: 'DELETE', path: `/-/npm/v1/tokens/token/${TOKEN}`, headers },
  answer: { status, headers: answered, ...(json !== undefined && { json }) },
});

export const alive = whoami(200, { username: 'alice' });
export const unauthorized = whoami(401, {});

const shared = {
  definition: npm,
  token: TOKEN,
  kind: 'access-token',
  type: 'gitleaks_rule_id_npm_access_token',
  tokenInUrl: 'A registry takes the token that it ends in the path only.',
} as const;

const revokedScript = [alive, alive, logout(200, { ok: 'Logged out' }), remove(401, {}), unauthorized];
const notApplicable = { notApplicable: 'The leaked token is the only credential.' };

export const cases: readonly ProviderSpec<NpmConfig>[] = [
  {
    ...shared,
    config: (url) => ({ registries: [{ url }], unknownTokens: 'inactive' }),
    scripts: {
      revoked: { exchanges: revokedScript },
      alreadyDead: { exchanges: [unauthorized] },
      unknownToken: { notApplicable: 'The operator says that such tokens are dead.' },
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      secondCall: { exchanges: [unauthorized] },
    },
  },
  {
    ...shared,
    config: (url) => ({ registries: [{ url }] }),
    scripts: {
      revoked: { exchanges: [alive, alive, logout(404, {}), remove(204), unauthorized] },
      alreadyDead: { exchanges: [unauthorized], endsAs: { outcome: 'refused', reason: 'unknown-token' } },
      unknownToken: { exchanges: [unauthorized], endsAs: { outcome: 'refused', reason: 'unknown-token' } },
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      secondCall: { exchanges: [unauthorized], endsAs: { outcome: 'refused', reason: 'unknown-token' } },
    },
  },
];
