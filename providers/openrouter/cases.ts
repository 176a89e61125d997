import { createHash } from 'node:crypto';
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { openrouter } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const KEY = `${['sk', 'or', 'v1'].join('-')}-${'c0ffee12'.repeat(8)}`;
const MANAGEMENT = 'the management key';
const ours = { authorization: `Bearer ${MANAGEMENT}` };
const HOST = '/openrouter.ai/api/v1';
export const HASH = createHash('sha256').update(KEY).digest('hex');
const OTHER_HASH = 'f01d52606dc8f0a8303a7b5cc3fa07109c2e346cec7c0a16b40de462992ce943';

export const config = () => ({ accounts: [{ name: 'acme', managementKey: MANAGEMENT }] });

const current = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `${HOST}/key`, headers: { authorization: `Bearer ${KEY}` } },
  answer: { status, json },
});
const page = (offset: number, status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `${HOST}/keys?offset=${offset}`, headers: ours },
  answer: { status, json },
});
const error = (code: number, message: string) => ({ error: { code, message } });
export const record = (hash: string, label: string) => ({ hash, label, name: 'ci', disabled: false });
export const OTHER = record(OTHER_HASH, 'sk-or-v1-0e6...1c9');
export const LABEL = `${KEY.slice(0, 12)}...${KEY.slice(-3)}`;
export const list = (...data: readonly object[]) => [
  page(0, 200, { data }),
  page(data.length, 200, { data: [] }),
];
export const deletes = (hash: string): Exchange => ({
  expect: { method: 'DELETE', path: `${HOST}/keys/${hash}`, headers: ours },
  answer: { status: 200, json: { deleted: true } },
});

export const works = current(200, { data: { label: LABEL, usage: 0, limit: null } });
export const gone = current(401, error(401, 'User not found.'));
const seen = [works, ...list(OTHER, record(HASH, LABEL))];
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: openrouter,
    config,
    token: KEY,
    credentials: [MANAGEMENT],
    kind: 'api-key',
    type: 'gitleaks_rule_id_openrouter-api-key',
    scripts: {
      revoked: { exchanges: [...seen, ...seen, deletes(HASH), gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [works, page(0, 401, error(401, 'Unauthorized'))] },
      forbidden: { exchanges: [works, page(0, 403, error(403, 'Only management keys can do this'))] },
      secondCall: unknown,
    },
  },
];
