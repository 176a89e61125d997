import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { PlanetscaleConfig } from './config.ts';
import { planetscale } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['pscale', 'tkn', 'a1B2c3D4-_'.repeat(4)].join('_');
export const ID = 'nyprhd2z6bd3';
export const OPERATOR = 'token-of-the-operator';
export const CONTEXT = `PSCALE_ID=${ID}\nPSCALE_TOKEN=${TOKEN}\n`;
const API = '/api.planetscale.com/v1';
const ACCEPT = { accept: 'application/json' };
export const config = () => ({ organizations: [{ name: 'acme', tokenId: 'operator1234', token: OPERATOR }] });

export const error = (code: string) => ({ code, message: 'No.' });
export const record = (method: 'GET' | 'DELETE', status: number, json?: unknown, id = ID): Exchange => ({
  expect: {
    method,
    path: `${API}/organizations/acme/service-tokens/${id}`,
    headers: { authorization: `operator1234:${OPERATOR}`, ...ACCEPT },
  },
  answer: { status, ...(json !== undefined && { json }) },
});
export const there = (id = ID) => record('GET', 200, { id, type: 'ServiceToken', name: 'ci' }, id);
export const gone = (id = ID) => record('GET', 404, error('not_found'), id);
/** The record of our own token is there, so that we still see those that are. */
export const goneForSure = () => [gone(), there('operator1234')];
export const itself = (status: number, json: unknown, id = ID): Exchange => ({
  expect: {
    method: 'GET',
    path: `${API}/organizations`,
    headers: { authorization: `${id}:${TOKEN}`, ...ACCEPT },
  },
  answer: { status, json },
});
/** Works, and not with an id that nobody has. */
export const works = (id = ID) => [
  itself(200, { type: 'list', data: [{ id: 'o1', name: 'acme' }] }, id),
  itself(401, error('unauthorized'), '0'.repeat(12)),
];
const unknown = { exchanges: [gone()], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

/** The same call about another organization. */
export const ofAnother = ({ expect, answer }: Exchange): Exchange => ({
  expect: { ...expect, path: expect.path.replace('/acme/', '/another/') },
  answer,
});

// Passwords of branches.
export const PASSWORD = ['pscale', 'pw', 'a1B2c3D4-_'.repeat(4)].join('_');
export const USER = 'x7k2mq9v4t1b8n3c5z6d';
export const PASSWORD_CONTEXT = `DATABASE_URL=mysql://${USER}:${PASSWORD}@aws.connect.psdb.cloud/shop`;
export const PASSWORD_PATH = '/databases/shop/branches/main/passwords/4rwwvrxk2o99';
export const withPasswords = () => ({
  organizations: config().organizations.map((each) => ({ ...each, passwords: true })),
});

const headers = { authorization: `operator1234:${OPERATOR}`, ...ACCEPT };
const below = (method: string, path: string, status: number, json?: unknown): Exchange => ({
  expect: { method, path: `${API}/organizations/acme${path}`, headers },
  answer: { status, ...(json !== undefined && { json }) },
});
export const page = (path: string, data: readonly object[], number = 1, next: number | null = null) =>
  below('GET', `${path}?page=${number}&per_page=100`, 200, { current_page: number, next_page: next, data });
export const password = (id: string, username: string, host = 'aws.connect.psdb.cloud') => ({
  id,
  username,
  access_host_url: host,
  deleted_at: null,
});
export const shop = [
  page('/databases', [{ name: 'shop' }]),
  page('/databases/shop/branches', [{ name: 'main' }]),
];
export const passwords = (...data: readonly object[]) =>
  page('/databases/shop/branches/main/passwords', data);
export const leaked = password('4rwwvrxk2o99', USER);
const session = (status: number, json: unknown, user = USER): Exchange => ({
  expect: {
    method: 'POST',
    path: `/aws.connect.psdb.cloud/psdb.v1alpha1.Database/CreateSession`,
    headers: { authorization: `Basic ${Buffer.from(`${user}:${PASSWORD}`).toString('base64')}` },
    json: {},
  },
  answer: { status, json },
});
/** Opens a session, and not with a name that nobody has. */
export const opens = [
  session(200, { branch: 'main', session: { signature: 's' } }),
  session(401, { code: 'unauthenticated', message: 'invalid authorization' }, '0'.repeat(20)),
];
const ofPassword = (method: 'GET' | 'DELETE', status: number, json?: unknown) =>
  below(method, PASSWORD_PATH, status, json);
/** The branch is still seen. */
export const goneForGood = [
  ofPassword('GET', 404, error('not_found')),
  below('GET', PASSWORD_PATH.replace(/\/[^/]+$/, ''), 200, { data: [] }),
];
export const stillThere = ofPassword('GET', 200, leaked);
export const noSession = session(401, { code: 'unauthenticated', message: 'invalid authorization' });
const found = [...shop, passwords(leaked), ...opens, stillThere, ...opens];
/** From when the leaked one is found among others. */
export const ended = [...opens, stillThere, ...opens, ofPassword('DELETE', 204), ...goneForGood];
const foreign = {
  exchanges: [...shop, passwords(password('other', 'somebody-else'))],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

// Tokens of OAuth applications, as long as the documentation shows them.
export const OAUTH = ['pscale', 'oauth', `${'a1B2c3D4-_'.repeat(4)}xyz`].join('_');
export const REFRESH = ['pscale', 'oauth', 'refresh', `${'a1B2c3D4-_'.repeat(4)}xyz`].join('_');
const CLIENT_SECRET = 'secret-of-the-application';
export const withApplications = (...ids: readonly string[]) => ({
  oauthApplications: ids.map((clientId) => ({ clientId, clientSecret: CLIENT_SECRET })),
});
export const revocation = (status: number, json: unknown, token = OAUTH, clientId = 'app-1'): Exchange => ({
  expect: {
    method: 'POST',
    path: '/auth.planetscale.com/oauth/revoke',
    headers: ACCEPT,
    form: { token, client_id: clientId, client_secret: CLIENT_SECRET },
  },
  answer: { status, json },
});
const asked = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: `${API}/organizations`,
    headers: { authorization: `Bearer ${OAUTH}`, ...ACCEPT },
  },
  answer: { status, json },
});
export const oauthWorks = asked(200, { type: 'list', data: [] });
export const oauthRefused = asked(401, error('unauthorized'));
/** https://github.com/planetscale/cli/issues/497 shows it. */
export const oauthInvalid = asked(401, {
  error: 'invalid_token',
  error_description: 'The access token is invalid',
  state: 'unauthorized',
});
export const oauthKeptOut = asked(401, error('sso_required'));
const applicationOf = (token: string) =>
  ({
    definition: planetscale,
    config: () => withApplications('app-1'),
    token,
    credentials: [CLIENT_SECRET],
    kind: token === OAUTH ? 'oauth-access-token' : 'oauth-refresh-token',
    type: 'gitleaks_rule_id_planetscaleoauthsecret',
  }) as const;
const REFUSED = { error: 'unauthorized_client' };

export const cases: readonly ProviderSpec<PlanetscaleConfig>[] = [
  {
    definition: planetscale,
    config,
    token: TOKEN,
    credentials: [OPERATOR],
    context: CONTEXT,
    kind: 'service-token',
    type: 'gitleaks_rule_id_planetscale_api_token',
    scripts: {
      revoked: {
        exchanges: [there(), ...works(), there(), ...works(), record('DELETE', 204), ...goneForSure()],
      },
      // A deleted token is as unknown as one of another organization.
      alreadyDead: unknown,
      // The id beside the leak is one of the organization, and of another token.
      unknownToken: {
        exchanges: [there(), itself(401, error('unauthorized'))],
        endsAs: { outcome: 'refused', reason: 'ambiguous' },
      },
      credentialRefused: { exchanges: [record('GET', 401, error('unauthorized'))] },
      forbidden: {
        exchanges: [there(), ...works(), there(), ...works(), record('DELETE', 403, error('forbidden'))],
      },
      // It never happens so: the token's id is on file before anything is deleted.
      secondCall: unknown,
    },
  },
  {
    definition: planetscale,
    config: withPasswords,
    token: PASSWORD,
    credentials: [OPERATOR],
    context: PASSWORD_CONTEXT,
    kind: 'branch-password',
    type: 'gitleaks_rule_id_planetscale_password',
    scripts: {
      revoked: { exchanges: [...found, ofPassword('DELETE', 204), ...goneForGood] },
      // A deleted password is as unknown as one of another organization.
      alreadyDead: foreign,
      unknownToken: {
        exchanges: [...shop, passwords(leaked), noSession],
        endsAs: { outcome: 'refused', reason: 'ambiguous' },
      },
      credentialRefused: {
        exchanges: [below('GET', '/databases?page=1&per_page=100', 401, error('unauthorized'))],
      },
      forbidden: {
        exchanges: [...found, ofPassword('DELETE', 403, error('forbidden'))],
      },
      // It never happens so: the password's id is on file before it is deleted. What was read is kept for a minute.
      secondCall: { exchanges: [noSession], endsAs: { outcome: 'refused', reason: 'ambiguous' } },
    },
  },
  {
    ...applicationOf(OAUTH),
    scripts: {
      revoked: { exchanges: [oauthWorks, revocation(200, {}), oauthRefused] },
      alreadyDead: { exchanges: [oauthRefused] },
      unknownToken: { notApplicable: 'PlanetScale issued all of them and says which of them work.' },
      credentialRefused: { exchanges: [oauthWorks, revocation(401, { error: 'invalid_client' })] },
      forbidden: { exchanges: [oauthWorks, revocation(403, REFUSED)] },
      secondCall: { exchanges: [oauthRefused] },
    },
  },
  {
    ...applicationOf(REFRESH),
    scripts: {
      revoked: { exchanges: [revocation(200, {}, REFRESH)], endsAs: { outcome: 'accepted' } },
      alreadyDead: {
        exchanges: [revocation(403, REFUSED, REFRESH)],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      unknownToken: {
        exchanges: [revocation(403, REFUSED, REFRESH)],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: { exchanges: [revocation(401, { error: 'invalid_client' }, REFRESH)] },
      forbidden: { notApplicable: 'An application may revoke its own tokens.' },
      secondCall: { exchanges: [revocation(200, {}, REFRESH)], endsAs: { outcome: 'accepted' } },
    },
  },
];
