import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { OktaConfig } from './config.ts';
import { okta } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const token = (body: string) => ['0', '0'].join('') + body.repeat(10);
export const TOKEN = token('k3y9');
export const ADMIN = token('Adm1');
export const CLIENT_SECRET = 'S3-c_r3t'.repeat(8);

export const REFUSED = { errorCode: 'E0000011', errorSummary: 'Invalid token provided', errorId: 'oae1' };
const FORBIDDEN = { errorCode: 'E0000006', errorSummary: 'You do not have permission', errorId: 'oae2' };
const ORG = '/acme.okta.com';
const ACCEPT = { accept: 'application/json' };
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

export const asToken = (
  method: 'GET' | 'DELETE',
  path: string,
  status: number,
  json?: unknown,
): Exchange => ({
  expect: { method, path: ORG + path, headers: { authorization: `SSWS ${TOKEN}`, ...ACCEPT } },
  answer: { status, ...(json !== undefined && { json }) },
});
export const asAdmin = (
  method: 'GET' | 'POST',
  path: string,
  status: number,
  json: unknown,
  headers: Readonly<Record<string, string>> = {},
): Exchange => ({
  expect: { method, path: ORG + path, headers: { authorization: `SSWS ${ADMIN}`, ...ACCEPT } },
  answer: { status, json, headers },
});

const me = (status: number, json: unknown) => asToken('GET', '/api/v1/users/me', status, json);
/** Fields as in the recordings of https://github.com/okta/terraform-provider-okta, test/fixtures/vcr/idaas. */
const ME = { id: '00u1', status: 'ACTIVE', profile: { login: 'alice@example.com', secondEmail: null } };

export const apiToken = {
  definition: okta,
  config: () => ({ organizations: [{ url: 'https://acme.okta.com' }] }),
  token: TOKEN,
  kind: 'api-token',
  type: 'gitleaks_rule_id_oktaapitoken',
  scripts: {
    revoked: {
      exchanges: [
        me(200, ME),
        me(403, FORBIDDEN),
        asToken('DELETE', '/api/v1/api-tokens/current', 204),
        me(401, REFUSED),
      ],
    },
    // A revoked token is as unknown as one of another organization.
    alreadyDead: { exchanges: [me(401, REFUSED)], endsAs: UNKNOWN },
    unknownToken: { exchanges: [me(401, REFUSED)], endsAs: UNKNOWN },
    credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
    forbidden: {
      exchanges: [me(200, ME), me(200, ME), asToken('DELETE', '/api/v1/api-tokens/current', 403, FORBIDDEN)],
    },
    // It never happens so: the note is on record before anything is revoked.
    secondCall: { exchanges: [me(401, REFUSED)], endsAs: UNKNOWN },
  },
} satisfies ProviderSpec<OktaConfig>;

export const secret = (id: string, value: string, status: 'ACTIVE' | 'INACTIVE' = 'ACTIVE') => ({
  id,
  client_secret: value,
  secret_hash: 'yk4SVx4sUWVJVbHt6M-UPA',
  status,
});
export const SECRETS_PATH = '/api/v1/apps/0oa2/credentials/secrets';
export const firstPage = asAdmin(
  'GET',
  '/api/v1/apps?limit=50',
  200,
  [
    { id: '0oa1', signOnMode: 'SAML_2_0' },
    { id: '0oa0', signOnMode: 'OPENID_CONNECT' },
  ],
  {
    link: '<https://acme.okta.com/api/v1/apps?limit=50>; rel="self", <https://evil.example.com/api/v1/apps?after=c-2&limit=50>; rel="next"',
  },
);
const otherSecrets = asAdmin('GET', '/api/v1/apps/0oa0/credentials/secrets', 200, [
  secret('ocs0', 'another'),
]);
const lastPage = asAdmin('GET', '/api/v1/apps?limit=50&after=c-2', 200, [
  { id: '0oa2', signOnMode: 'OPENID_CONNECT' },
]);
const OTHER = secret('ocs1', 'another');
const list = (status: 'ACTIVE' | 'INACTIVE') =>
  asAdmin('GET', SECRETS_PATH, 200, [OTHER, secret('ocs2', CLIENT_SECRET, status)]);
/** The reading of all, and that of the one application once more, in the step in which it counts. */
const search = (status: 'ACTIVE' | 'INACTIVE') => [
  firstPage,
  otherSecrets,
  lastPage,
  list(status),
  list(status),
];
const deactivate = asAdmin(
  'POST',
  `${SECRETS_PATH}/ocs2/lifecycle/deactivate`,
  200,
  secret('ocs2', CLIENT_SECRET, 'INACTIVE'),
);

const clientSecret: ProviderSpec<OktaConfig> = {
  definition: okta,
  config: () => ({ organizations: [{ url: 'https://acme.okta.com', apiToken: ADMIN }] }),
  token: CLIENT_SECRET,
  credentials: [ADMIN],
  kind: 'client-secret',
  type: 'gitleaks_rule_id_oktaclientsecret',
  scripts: {
    revoked: {
      exchanges: [...search('ACTIVE'), list('ACTIVE'), list('ACTIVE'), deactivate, list('INACTIVE')],
    },
    alreadyDead: { exchanges: search('INACTIVE'), saysSo: true },
    unknownToken: {
      exchanges: [asAdmin('GET', '/api/v1/apps?limit=50', 200, [])],
      endsAs: UNKNOWN,
    },
    credentialRefused: { exchanges: [asAdmin('GET', '/api/v1/apps?limit=50', 401, REFUSED)] },
    forbidden: { exchanges: [asAdmin('GET', '/api/v1/apps?limit=50', 403, FORBIDDEN)] },
    // The index is still there.
    secondCall: { exchanges: [list('INACTIVE')] },
  },
};

export const cases: readonly ProviderSpec<OktaConfig>[] = [apiToken, clientSecret];
