import { createHash } from 'node:crypto';
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { openrouter } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const KEY = `${['sk', 'or', 'v1'].join('-')}-${'c0ffee12'.repeat(8)}`;
const MANAGEMENT = 'the management key';
const ours = { authorization: `Bearer ${MANAGEMENT}` };
const HOST = '/openrouter.ai/api/v1';
const HASH = createHash('sha256').update(KEY).digest('hex');

export const config = () => ({ accounts: [{ name: 'acme', managementKey: MANAGEMENT }] });

const current = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `${HOST}/key`, headers: { authorization: `Bearer ${KEY}` } },
  answer: { status, json },
});
const error = (code: number, message: string) => ({ error: { code, message } });
const record = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `${HOST}/keys/${HASH}`, headers: ours },
  answer: { status, json },
});
export const listed = record(200, { data: { hash: HASH, name: 'ci', disabled: false } });
export const notListed = record(404, error(404, 'API key not found'));
const deletes: Exchange = {
  expect: { method: 'DELETE', path: `${HOST}/keys/${HASH}`, headers: ours },
  answer: { status: 200, json: { deleted: true } },
};

export const works = current(200, { data: { label: 'ci', usage: 0, limit: null } });
/** As the vendor answered: the label is the beginning and the end of the key. */
export const management = (flags: object) =>
  current(200, { data: { label: 'sk-or-v1-c0f...e12', ...flags, limit: null, usage: 0 } });
export const gone = current(401, error(401, 'User not found.'));
const seen = [works, listed];
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
      revoked: { exchanges: [...seen, ...seen, deletes, gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [works, record(401, error(401, 'Unauthorized'))] },
      forbidden: { exchanges: [works, record(403, error(403, 'Only management keys can do this'))] },
      secondCall: unknown,
    },
  },
];
