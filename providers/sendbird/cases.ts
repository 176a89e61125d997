import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { sendbird } from './index.ts';

export const TOKEN = 'c0ffee12'.repeat(5);
export const MASTER = 'the master token of the application';
export const ID = '0A1B2C3D-0000-4000-8000-000000000001';
const PATH = `/api-${ID.toLowerCase()}.sendbird.com/v3/applications/api_tokens`;
const headers = { 'api-token': MASTER };

export const call = (method: string, path: string, status: number, json: unknown): Exchange => ({
  expect: { method, path: `${PATH}${path}`, headers },
  answer: { status, json },
});
export const list = (...tokens: readonly string[]) =>
  call('GET', '', 200, { api_tokens: tokens.map((token) => ({ token, created_at: 1_700_000_000_000 })) });
const remove = call('DELETE', `/${TOKEN}`, 200, { token: TOKEN, created_at: 1_700_000_000_000 });
const refusal = (status: number) => call('GET', '', status, { error: true, code: 400_401, message: 'no' });
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: sendbird,
    config: () => ({ applications: [{ id: ID, masterToken: MASTER }] }),
    token: TOKEN,
    credentials: [MASTER],
    kind: 'secondary-token',
    type: 'gitleaks_rule_id_sendbird-access-token',
    tokenInUrl: 'The call that revokes a token takes it in its path alone.',
    scripts: {
      revoked: { exchanges: [list('another', TOKEN), list('another', TOKEN), remove, list('another')] },
      alreadyDead: { exchanges: [list()], endsAs: UNKNOWN },
      unknownToken: { exchanges: [list('another')], endsAs: UNKNOWN },
      credentialRefused: { exchanges: [refusal(400)] },
      forbidden: { exchanges: [refusal(403)] },
      // Within the minute for which the reading is kept, that it was there is known.
      secondCall: { exchanges: [list()] },
    },
  },
];
