/** What a SonarQube server is asked and answers, for the provider contract. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { SonarqubeConfig } from './config.ts';
import { sonarqube } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['sq', 'u_'].join('') + 'c0ffee00'.repeat(5);
const basic = (token: string) => ({ authorization: `Basic ${Buffer.from(`${token}:`).toString('base64')}` });
const { authorization } = basic(TOKEN);
const nobodys = (token: string) => token.slice(0, 4) + '0'.repeat(40);

export const config = (baseUrl: string) => ({ instances: [{ url: `${baseUrl}/sonar` }] });

export const validCall = (valid: boolean, path = '/sonar'): Exchange => ({
  expect: { method: 'GET', path: `${path}/api/authentication/validate`, headers: { authorization } },
  answer: { status: 200, json: { valid } },
});

export function listCall(...tokens: readonly Readonly<Record<string, unknown>>[]): Exchange {
  return {
    expect: { method: 'GET', path: '/sonar/api/user_tokens/search', headers: { authorization } },
    answer: { status: 200, json: { login: 'grace.hopper', userTokens: tokens } },
  };
}

export const record = (
  name: string,
  lastConnectionDate?: string,
  more: Readonly<Record<string, unknown>> = {},
) => ({
  name,
  createdAt: '2026-01-10T14:06:05+0100',
  ...(lastConnectionDate !== undefined && { lastConnectionDate }),
  type: 'USER_TOKEN',
  isExpired: false,
  ...more,
});

export const revokeCall = (name: string): Exchange => ({
  expect: {
    method: 'POST',
    path: '/sonar/api/user_tokens/revoke',
    headers: { authorization },
    form: { name },
  },
  answer: { status: 204 },
});

/** What the server says of a token that nobody has. */
export const nobodysCall = (valid: boolean, path = '/sonar'): Exchange => ({
  expect: { method: 'GET', path: `${path}/api/authentication/validate`, headers: basic(nobodys(TOKEN)) },
  answer: { status: 200, json: { valid } },
});
/** One look at a token that works. */
export const seen = (list: Exchange) => [validCall(true), nobodysCall(false), list];

const ownList = listCall(
  record('never used'),
  record('used in the morning', '2026-11-21T08:00:00+0100'),
  record('leaked', '2026-11-21T11:59:00+0100'),
  record('for analysis', '2026-11-21T11:58:00+0100', { type: 'PROJECT_ANALYSIS_TOKEN' }),
  record('expired', '2026-11-21T11:58:00+0100', { isExpired: true }),
);

export const ADMIN = ['sq', 'u_'].join('') + 'ad0be000'.repeat(5);
export const GLOBAL = ['sq', 'a_'].join('') + 'c0ffee00'.repeat(5);
export const PROJECT = ['sq', 'p_'].join('') + 'c0ffee00'.repeat(5);
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

export const administered = (baseUrl: string) => ({
  instances: [{ url: `${baseUrl}/sonar`, adminToken: ADMIN }],
});

const adminCall = (path: string, status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `/sonar/api/${path}`, headers: basic(ADMIN) },
  answer: { status, json },
});
/** Of a server without `/api/users/search`. */
export const usersByV2 = [
  adminCall('users/search?p=1&ps=500', 404, { errors: [{ msg: 'Unknown url : /api/users/search' }] }),
  adminCall('v2/users-management/users?pageIndex=1&pageSize=500', 200, {
    users: [
      { id: 'u1', login: 'ada' },
      { id: 'u2', login: 'grace' },
    ],
    page: { pageIndex: 1, pageSize: 500, total: 2 },
  }),
];
const usersPath = (page: number) => `users/search?p=${page}&ps=500`;
export const users = (page: number, total: number, ...list: readonly (readonly [string, number])[]) =>
  adminCall(usersPath(page), 200, {
    paging: { pageIndex: page, pageSize: 500, total },
    users: list.map(([login, tokensCount]) => ({ login, tokensCount })),
  });
export const tokensOf = (login: string, ...tokens: readonly Readonly<Record<string, unknown>>[]) =>
  adminCall(`user_tokens/search?login=${login}`, 200, { login, userTokens: tokens });
const twoPages = [users(1, 3, ['ada', 2], ['idle', 0]), users(2, 3, ['grace', 3])];

/** The scanner's call, with the key of a project. */
export const scan = (token: string, status: 200 | 401, project?: string): Exchange => ({
  expect: {
    method: 'GET',
    path: '/sonar/api/settings/values?keys=sonar.core.id',
    headers: { ...basic(token), project_key: project },
  },
  answer: status === 200 ? { status, json: { settings: [] } } : { status },
});
export const adminRevoke = (login: string, name: string): Exchange => ({
  expect: {
    method: 'POST',
    path: '/sonar/api/user_tokens/revoke',
    headers: basic(ADMIN),
    form: { login, name },
  },
  answer: { status: 204 },
});

export const global = (name: string, time: string, more: Readonly<Record<string, unknown>> = {}) =>
  record(name, `2026-11-21T${time}:00+0100`, { type: 'GLOBAL_ANALYSIS_TOKEN', ...more });
export const ofProject = (name: string, time: string, key: string) =>
  global(name, time, { type: 'PROJECT_ANALYSIS_TOKEN', project: { key, name: 'Some project' } });

export const adasTokens = tokensOf('ada', global('idle', '09:00'), record('own', '2026-11-21T12:00:00+0100'));
export const gracesTokens = tokensOf('grace', global('leaked', '11:30'), ofProject('other', '12:00', 'shop'));
/** A token works, and one that nobody has does not. */
export const taken = (token: string, project?: string) => [
  scan(token, 200, project),
  scan(nobodys(token), 401, project),
];
export const globalSearch = [...taken(GLOBAL), ...twoPages, adasTokens, gracesTokens];

const globalToken: ProviderSpec<SonarqubeConfig> = {
  definition: sonarqube,
  config: administered,
  token: GLOBAL,
  credentials: [ADMIN],
  kind: 'analysis-token',
  type: 'gitleaks_rule_id_sonarqubeglobalanalysistoken',
  scripts: {
    revoked: {
      exchanges: [
        ...globalSearch,
        scan(GLOBAL, 200),
        gracesTokens,
        adminRevoke('grace', 'leaked'),
        scan(GLOBAL, 401),
        tokensOf('grace'),
      ],
    },
    // Somebody took the name for a new token meanwhile.
    alreadyDead: {
      exchanges: [
        ...globalSearch,
        scan(GLOBAL, 401),
        tokensOf('grace', global('leaked', '12:05', { createdAt: '2026-11-21T12:05:00+0100' })),
      ],
    },
    unknownToken: { exchanges: [scan(GLOBAL, 401)], endsAs: UNKNOWN },
    credentialRefused: {
      exchanges: [
        ...taken(GLOBAL),
        { expect: adminCall(usersPath(1), 401, undefined).expect, answer: { status: 401 } },
      ],
    },
    forbidden: {
      exchanges: [
        ...taken(GLOBAL),
        adminCall(usersPath(1), 200, { paging: { total: 1 }, users: [{ login: 'ada' }] }),
      ],
    },
    // It never happens so: the note is on record before anything is revoked.
    secondCall: { exchanges: [scan(GLOBAL, 401)], endsAs: UNKNOWN },
  },
};

const oneUser = users(1, 1, ['grace', 3]);
const projectList = (...more: readonly Readonly<Record<string, unknown>>[]) =>
  tokensOf('grace', global('all', '12:00'), ofProject('cart', '12:00', 'cart'), ...more);
const shopToken = ofProject('leaked', '12:01', 'shop');
const beforeUse = projectList(ofProject('leaked', '03:00', 'shop'), ofProject('spare', '02:00', 'shop'));
const afterUse = projectList(shopToken, ofProject('spare', '02:00', 'shop'));
const nowhere = [oneUser, projectList(), scan(PROJECT, 401, 'cart')];

const projectToken: ProviderSpec<SonarqubeConfig> = {
  ...globalToken,
  token: PROJECT,
  type: 'gitleaks_rule_id_sonarqubeprojectanalysistoken',
  scripts: {
    revoked: {
      exchanges: [
        oneUser,
        beforeUse,
        scan(PROJECT, 401, 'cart'),
        ...taken(PROJECT, 'shop'),
        oneUser,
        afterUse,
        scan(PROJECT, 200, 'shop'),
        afterUse,
        adminRevoke('grace', 'leaked'),
        scan(PROJECT, 401, 'shop'),
        projectList(),
      ],
    },
    alreadyDead: {
      exchanges: [
        oneUser,
        beforeUse,
        scan(PROJECT, 401, 'cart'),
        ...taken(PROJECT, 'shop'),
        oneUser,
        afterUse,
        scan(PROJECT, 401, 'shop'),
        adminCall('user_tokens/search?login=grace', 404, { errors: [{ msg: "User 'grace' doesn't exist" }] }),
      ],
    },
    unknownToken: { exchanges: nowhere, endsAs: UNKNOWN },
    credentialRefused: {
      exchanges: [{ expect: adminCall(usersPath(1), 401, undefined).expect, answer: { status: 401 } }],
    },
    forbidden: {
      exchanges: [
        oneUser,
        adminCall('user_tokens/search?login=grace', 403, { errors: [{ msg: 'Insufficient privileges' }] }),
      ],
    },
    // The list of projects is kept.
    secondCall: { exchanges: [scan(PROJECT, 401, 'cart'), scan(PROJECT, 401, 'shop')], endsAs: UNKNOWN },
  },
};

export const cases: readonly ProviderSpec<SonarqubeConfig>[] = [
  {
    definition: sonarqube,
    config,
    token: TOKEN,
    kind: 'user-token',
    type: 'gitleaks_rule_id_sonarqubeusertoken',
    scripts: {
      revoked: {
        exchanges: [...seen(ownList), ...seen(ownList), revokeCall('leaked'), validCall(false)],
      },
      // It was revoked between the two calls.
      alreadyDead: { exchanges: [...seen(ownList), validCall(false)] },
      unknownToken: {
        exchanges: [validCall(false)],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'A user token may always list and revoke the tokens of its user.' },
      // Without its note a revoked token looks like another server's; see the test with the note.
      secondCall: { exchanges: [validCall(false)], endsAs: { outcome: 'refused', reason: 'unknown-token' } },
    },
  },
  globalToken,
  projectToken,
];
