import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { zendesk } from './index.ts';

export const TOKEN = 'c0ffee12'.repeat(8);
const headers = { authorization: `Bearer ${TOKEN}` };

export const config = (url: string) => ({ accounts: [{ url }] });

const current = (status: number, json: unknown, base = ''): Exchange => ({
  expect: { method: 'GET', path: `${base}/api/v2/oauth/tokens/current.json`, headers },
  answer: { status, json },
});
export const remove = (status: number, json?: unknown, base = ''): Exchange => ({
  expect: { method: 'DELETE', path: `${base}/api/v2/oauth/tokens/223443.json`, headers },
  answer: { status, ...(json !== undefined && { json }) },
});
export const aliveAt = (base: string) =>
  current(200, { token: { id: 223443, client_id: 41, scopes: ['read', 'write'] } }, base);
export const goneAt = (base: string) =>
  current(
    401,
    {
      error: 'invalid_token',
      error_description:
        'The access token provided is expired, revoked, malformed or invalid for other reasons.',
    },
    base,
  );
export const alive = aliveAt('');
const gone = goneAt('');
export const FORBIDDEN = { error: 'Forbidden', description: 'Missing the following required scopes: read' };
export const limitedAt = (base: string) => current(403, FORBIDDEN, base);
export const limited = limitedAt('');

const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
const notApplicable = { notApplicable: 'The leaked token is the only credential.' };

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: zendesk,
    config,
    token: TOKEN,
    kind: 'oauth-token',
    type: 'gitleaks_rule_id_zendesk_oauth_token',
    scripts: {
      revoked: { exchanges: [alive, alive, remove(204), gone] },
      // An account says the same of a token that was revoked and of another account's.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      secondCall: unknown,
    },
  },
];
