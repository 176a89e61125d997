/** What Atlas is asked and answers, for the provider contract. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { MongodbAtlasConfig } from './config.ts';
import { mongodbAtlas } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const TOKEN = ['c0ffee00', 'c0ff', 'c0ff', 'c0ff', 'db2c132ca78d'].join('-');
const CLIENT_SECRET = ['mdb', 'sa', 'sk', 'q'.repeat(40)].join('_');
const ACCESS_TOKEN = ['ey', 'J.access.token'].join('');
const CLIENT_ID = `mdb_sa_id_${'1'.repeat(24)}`;
export const ORGANIZATION = '5980cfc70b6d97029d82e3f6';
export const KEY = '5c47503320eef5699e1cce8d';

export const organization = (id: string) => ({ id, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET });
export const config = () => ({ organizations: [organization(ORGANIZATION)] });

export const login = (
  status = 200,
  json: unknown = { access_token: ACCESS_TOKEN, expires_in: 3600, token_type: 'Bearer' },
): Exchange => ({
  expect: {
    method: 'POST',
    path: '/cloud.mongodb.com/api/oauth/token',
    headers: { authorization: `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}` },
    form: { grant_type: 'client_credentials' },
  },
  answer: { status, json },
});

const headers = {
  authorization: `Bearer ${ACCESS_TOKEN}`,
  accept: 'application/vnd.atlas.2023-01-01+json',
};

export const record = (id: string, ending: string, mask = '********-****-****-') => ({
  desc: 'Deployment',
  id,
  privateKey: mask + ending,
  publicKey: 'ewmaqvdo',
  roles: [{ orgId: ORGANIZATION, roleName: 'ORG_MEMBER' }],
});

export const list = (results: readonly unknown[], { page = 1, id = ORGANIZATION } = {}): Exchange => ({
  expect: {
    method: 'GET',
    path: `/cloud.mongodb.com/api/atlas/v2/orgs/${id}/apiKeys?itemsPerPage=500&pageNum=${page}`,
    headers,
  },
  answer: { status: 200, json: { links: [], results, totalCount: results.length } },
});

/** A single record, undefined when it is gone. */
export const recordNow = (json?: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: `/cloud.mongodb.com/api/atlas/v2/orgs/${ORGANIZATION}/apiKeys/${KEY}`,
    headers,
  },
  answer: json ? { status: 200, json } : { status: 404, json: { error: 404, errorCode: 'NOT_FOUND' } },
});
/** That our credential sees the keys all the same. */
const keysSeen: Exchange = {
  expect: {
    method: 'GET',
    path: `/cloud.mongodb.com/api/atlas/v2/orgs/${ORGANIZATION}/apiKeys`,
    headers,
  },
  answer: { status: 200, json: { results: [] } },
};
export const recordGone = [recordNow(), keysSeen];

export const remove = (status = 204): Exchange => ({
  expect: {
    method: 'DELETE',
    path: `/cloud.mongodb.com/api/atlas/v2/orgs/${ORGANIZATION}/apiKeys/${KEY}`,
    headers,
  },
  answer: { status },
});

export const leaked = record(KEY, 'db2c132ca78d');
export const other = record('5c47503320eef5699e1cce8f', 'db2c132ca78f');

/** The challenge as in the examples of the documentation. */
const CHALLENGE =
  'Digest realm="MMS Public API", domain="", nonce="n0nce", algorithm=MD5, qop="auth", stale=false';
const UNAUTHORIZED = {
  error: 401,
  reason: 'Unauthorized',
  detail: 'You are not authorized for this resource.',
};
const status = (answer: Exchange['answer'], authorization?: RegExp): Exchange => ({
  expect: { method: 'GET', path: '/cloud.mongodb.com/api/atlas/v2', headers: { authorization } },
  answer,
});
export const challenge = status({
  status: 401,
  headers: { 'www-authenticate': CHALLENGE },
  json: UNAUTHORIZED,
});
const DIGEST =
  /^Digest username="ewmaqvdo", realm="MMS Public API", nonce="n0nce", uri="\/api\/atlas\/v2", cnonce="[\w-]+", response="[0-9a-f]{32}", qop=auth, nc=00000001, algorithm=MD5$/;
export const pairIn = [
  challenge,
  status({ status: 200, json: { appName: 'MongoDB Atlas', links: [] } }, DIGEST),
];
export const pairOut = [challenge, status({ status: 401, json: UNAUTHORIZED }, DIGEST)];
/** https://github.com/mongodb/terraform-provider-mongodbatlas/issues/1048 shows it. */
export const blocked = [
  challenge,
  status({ status: 403, json: { error: 403, errorCode: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' } }, DIGEST),
];
const found = [login(), list([other, leaked]), ...pairIn];
const foundAgain = [recordNow(leaked), ...pairIn];

// A service account's secret, and what is asked about it.
export const SECRET = ['mdb', 'sa', 'sk', 'Zx8_'.repeat(10)].join('_');
export const CLIENT = `mdb_sa_id_${'2'.repeat(24)}`;
export const SECRET_ID = '5c47503320eef5699e1cce91';
export const CONTEXT = `client=${CLIENT}\nsecret=${SECRET}\n`;
export const logIn = (code = 200, client = CLIENT, secret = SECRET): Exchange => ({
  expect: {
    method: 'POST',
    path: '/cloud.mongodb.com/api/oauth/token',
    headers: { authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}` },
    form: { grant_type: 'client_credentials' },
  },
  answer:
    code === 200
      ? { status: code, json: { access_token: ACCESS_TOKEN, expires_in: 3600, token_type: 'Bearer' } }
      : { status: code, json: { error: 'invalid_client' } },
});
/** Logs in, and not as a client that nobody has. */
export const logsIn = [logIn(), logIn(401, `mdb_sa_id_${'0'.repeat(24)}`)];
const ofAccount = (method: 'GET' | 'DELETE', path: string, code: number, json?: unknown): Exchange =>
  ofAccounts(method, `/${CLIENT}${path}`, code, json);
const ofAccounts = (method: 'GET' | 'DELETE', path: string, code: number, json?: unknown): Exchange => ({
  expect: {
    method,
    path: `/cloud.mongodb.com/api/atlas/v2/orgs/${ORGANIZATION}/serviceAccounts${path}`,
    headers: {
      authorization: `Bearer ${ACCESS_TOKEN}`,
      accept: 'application/vnd.atlas.2024-08-05+json',
    },
  },
  answer: { status: code, ...(json !== undefined && { json }) },
});
export const secretRecord = (
  id: string,
  maskedSecretValue = 'mdb_sa_sk_...',
  expiresAt = '2127-01-01T00:00:00Z',
) => ({
  id,
  maskedSecretValue,
  createdAt: '2025-01-01T00:00:00Z',
  expiresAt,
});
export const account = (...secrets: readonly object[]) =>
  ofAccount('GET', '', 200, { clientId: CLIENT, name: 'ci', secrets });
export const accounts = ofAccounts('GET', '', 200, { results: [] });
export const noAccount = ofAccount('GET', '', 404, { error: 404, errorCode: 'SERVICE_ACCOUNT_NOT_FOUND' });
export const removeSecret = (code = 204, json?: unknown) =>
  ofAccount('DELETE', `/secrets/${SECRET_ID}`, code, json);
const known = [...logsIn, login(), account(secretRecord(SECRET_ID))];
const knownAgain = [...logsIn, account(secretRecord(SECRET_ID))];
const refused = { outcome: 'refused', reason: 'needs-context' } as const;
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

export const cases: readonly ProviderSpec<MongodbAtlasConfig>[] = [
  {
    definition: mongodbAtlas,
    config,
    token: TOKEN,
    credentials: [CLIENT_SECRET, ACCESS_TOKEN],
    kind: 'private-key',
    type: 'gitleaks_rule_id_mongodb_atlas_private_key',
    scripts: {
      revoked: { exchanges: [...found, ...foundAgain, remove(), ...recordGone] },
      // A deleted key is as unknown as one of another organization.
      alreadyDead: { exchanges: [login(), list([other])], endsAs: UNKNOWN },
      unknownToken: {
        exchanges: [login(), list([leaked]), ...pairOut],
        endsAs: { outcome: 'refused', reason: 'wrong-record' },
      },
      credentialRefused: { exchanges: [login(401, { error: 'invalid_client' })] },
      forbidden: {
        exchanges: [
          login(),
          { ...list([]), answer: { status: 403, json: { error: 403, errorCode: 'USER_UNAUTHORIZED' } } },
        ],
      },
      // Without its note, and by the list that was read in the same millisecond; see the test with the note.
      secondCall: { exchanges: pairOut, endsAs: { outcome: 'refused', reason: 'wrong-record' } },
    },
  },
  {
    definition: mongodbAtlas,
    config,
    token: SECRET,
    context: CONTEXT,
    credentials: [CLIENT_SECRET, ACCESS_TOKEN],
    kind: 'service-account-secret',
    type: 'gitleaks_rule_id_mongodb-atlas-service-account-secret',
    scripts: {
      revoked: { exchanges: [...known, ...knownAgain, removeSecret(), logIn(401)] },
      // A deleted secret logs in with no client, like one that was made up.
      alreadyDead: { exchanges: [logIn(401)], endsAs: refused },
      unknownToken: { exchanges: [logIn(401)], endsAs: refused },
      credentialRefused: { exchanges: [...logsIn, login(401, { error: 'invalid_client' })] },
      forbidden: { exchanges: [...known, ...knownAgain, removeSecret(403, { error: 403 })] },
      secondCall: { exchanges: [logIn(401)], endsAs: refused },
    },
  },
];
