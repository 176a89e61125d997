import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { JfrogConfig } from './config.ts';
import { jfrog } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const TOKEN = ['cmVm', 'dGtu'].join('') + 'k3y9'.repeat(14);
export const API_KEY = ['AK', 'Cp'].join('') + 'k3y'.repeat(23);

const ID = '3f0d8d6e-6b1b-4d5f-9c55-2f5f6f1e0d3b';
const REFUSED = { errors: [{ code: 'UNAUTHORIZED', message: 'Invalid token' }] };
export const BLOCKED = {
  errors: [
    {
      status: 403,
      message: 'This request is blocked due to recurrent login failures, please try again in 5 seconds',
    },
  ],
};
const FORBIDDEN = { errors: [{ code: 'FORBIDDEN', message: 'Forbidden' }] };

type Reply = { readonly status: number; readonly json?: unknown; readonly text?: string };

export const look = (status: number, json: unknown, token = TOKEN): Exchange => ({
  expect: {
    method: 'GET',
    path: '/access/api/v1/tokens/me',
    headers: { authorization: `Bearer ${token}` },
  },
  answer: { status, json },
});
export const remove = (answer: Reply, token = TOKEN): Exchange => ({
  expect: {
    method: 'DELETE',
    path: `/access/api/v1/tokens/${ID}`,
    headers: { authorization: `Bearer ${token}` },
  },
  answer,
});
const apiKey = (method: 'GET' | 'DELETE', status: number, json: unknown): Exchange => ({
  expect: { method, path: '/artifactory/api/security/apiKey', headers: { 'x-jfrog-art-api': API_KEY } },
  answer: { status, json },
});

export const INFO = {
  token_id: ID,
  subject: 'jfac@01/users/someone',
  issued_at: 1_790_000_000,
  refreshable: false,
};
const BAD_CREDENTIALS = { errors: [{ status: 401, message: 'Bad Credentials' }] };
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;
const ONLY_CREDENTIAL = { notApplicable: 'The leaked token is the only credential.' };
const config = (url: string) => ({ instances: [{ url }] });

const accessToken: ProviderSpec<JfrogConfig> = {
  definition: jfrog,
  config,
  token: TOKEN,
  kind: 'access-token',
  type: 'gitleaks_rule_id_artifactoryidentitytoken',
  scripts: {
    revoked: {
      exchanges: [look(200, INFO), look(200, INFO), remove({ status: 200, text: '' }), look(401, REFUSED)],
    },
    alreadyDead: {
      exchanges: [look(401, REFUSED)],
      // A revoked token is as unknown as one of another instance.
      endsAs: UNKNOWN,
    },
    unknownToken: { exchanges: [look(401, REFUSED)], endsAs: UNKNOWN },
    credentialRefused: ONLY_CREDENTIAL,
    forbidden: { exchanges: [look(403, FORBIDDEN)] },
    // It never happens so: the note is on record before anything is revoked.
    secondCall: { exchanges: [look(401, REFUSED)], endsAs: UNKNOWN },
  },
};

const apiKeys: ProviderSpec<JfrogConfig> = {
  ...accessToken,
  token: API_KEY,
  kind: 'api-key',
  type: 'gitleaks_rule_id_artifactoryapikey',
  scripts: {
    revoked: {
      exchanges: [
        apiKey('GET', 200, { apiKey: API_KEY }),
        apiKey('GET', 200, { apiKey: API_KEY }),
        apiKey('DELETE', 200, { info: 'API key for user someone was revoked' }),
        apiKey('GET', 401, BAD_CREDENTIALS),
      ],
    },
    alreadyDead: { exchanges: [apiKey('GET', 401, BAD_CREDENTIALS)], endsAs: UNKNOWN },
    unknownToken: { exchanges: [apiKey('GET', 401, BAD_CREDENTIALS)], endsAs: UNKNOWN },
    credentialRefused: ONLY_CREDENTIAL,
    forbidden: { exchanges: [apiKey('GET', 403, FORBIDDEN)] },
    secondCall: { exchanges: [apiKey('GET', 401, BAD_CREDENTIALS)], endsAs: UNKNOWN },
  },
};

/** Of a user's identity, in the other form. */
const JWT = ['eyJ2ZXIiOiIy', 'eyJleHQiOiJ7XCJy', 'k3Y9-_'].map((part) => part.repeat(2)).join('.');

const jwt: ProviderSpec<JfrogConfig> = {
  ...accessToken,
  token: JWT,
  type: 'gitleaks_rule_id_jfrogplatformaccesstoken',
  scripts: {
    revoked: {
      exchanges: [
        look(200, INFO, JWT),
        look(200, INFO, JWT),
        remove({ status: 200, text: '' }, JWT),
        look(401, REFUSED, JWT),
      ],
    },
    alreadyDead: { exchanges: [look(401, REFUSED, JWT)], endsAs: UNKNOWN },
    unknownToken: { exchanges: [look(401, REFUSED, JWT)], endsAs: UNKNOWN },
    credentialRefused: ONLY_CREDENTIAL,
    forbidden: { exchanges: [look(403, FORBIDDEN, JWT)] },
    secondCall: { exchanges: [look(401, REFUSED, JWT)], endsAs: UNKNOWN },
  },
};

export const cases: readonly ProviderSpec<JfrogConfig>[] = [accessToken, jwt, apiKeys];
