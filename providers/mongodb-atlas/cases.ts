/** What Atlas is asked and answers, for the provider contract. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type MongodbAtlasConfig, mongodbAtlas } from './index.ts';

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

export const cases: readonly ProviderSpec<MongodbAtlasConfig>[] = [
  {
    definition: mongodbAtlas,
    config,
    token: TOKEN,
    credentials: [CLIENT_SECRET, ACCESS_TOKEN],
    kind: 'private-key',
    type: 'gitleaks_rule_id_mongodb_atlas_private_key',
    scripts: {
      revoked: {
        exchanges: [
          login(),
          list([other, leaked]),
          login(),
          list([other, leaked]),
          remove(),
          login(),
          list([other]),
        ],
      },
      // It was deleted between the two steps.
      alreadyDead: { exchanges: [login(), list([leaked]), login(), list([other])] },
      unknownToken: {
        exchanges: [login(), list([other])],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: { exchanges: [login(401, { error: 'invalid_client' })] },
      forbidden: {
        exchanges: [
          login(),
          { ...list([]), answer: { status: 403, json: { error: 403, errorCode: 'USER_UNAUTHORIZED' } } },
        ],
      },
      // Without its note a deleted key looks like another organization's; see the test with the note.
      secondCall: {
        exchanges: [login(), list([other])],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
    },
  },
];
