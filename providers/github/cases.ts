import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import { type Exchange, FAULTS, type PlainAnswer } from '../../test/support/scripted-upstream.ts';
import { type GithubConfig, github } from './index.ts';

const tokenOf = (prefix: string): string => [prefix, '_'].join('') + 'A1b2C3d4'.repeat(5).slice(0, 36);

export const PERSONAL = tokenOf('ghp');
export const OAUTH = tokenOf('gho');
const FINE_GRAINED = `${['github', 'pat_'].join('_')}${'A1b2C3d4E5'.repeat(8)}_F`;
const REFRESH = tokenOf('ghr');
const INSTALLATION = tokenOf('ghs');
const APP_USER = tokenOf('ghu');
const SERVER_TOKEN = 'the token of quash at the server';
const CLIENT_ID = 'Iv1.0123456789abcdef';
const CLIENT_SECRET = 'the secret of the app';
const BASIC = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}`;

const COM = '/api.github.com';
const SERVER = '/api/v3';
const ACCEPT = 'application/vnd.github+json';
const ACCEPTED: PlainAnswer = { status: 202, json: {} };
const BAD_CREDENTIALS: PlainAnswer = {
  status: 401,
  headers: { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '57', 'x-ratelimit-reset': '1893456000' },
  json: { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest', status: '401' },
};
const NOT_FOUND: PlainAnswer = { status: 404, json: { message: 'Not Found' } };

export function submitted(tokens: readonly string[], answer = ACCEPTED, host = COM): Exchange {
  const authorization = host === COM ? undefined : `Bearer ${SERVER_TOKEN}`;
  return {
    expect: {
      method: 'POST',
      path: `${host}/credentials/revoke`,
      headers: { accept: ACCEPT, 'x-github-api-version': '2022-11-28', authorization },
      json: { credentials: tokens },
    },
    answer,
  };
}

export function probed(
  token: string,
  answer: PlainAnswer = BAD_CREDENTIALS,
  host = COM,
  path = '/user',
): Exchange {
  const headers = { accept: ACCEPT, authorization: `Bearer ${token}` };
  return { expect: { method: 'GET', path: host + path, headers }, answer };
}

function installation(answer: PlainAnswer): Exchange {
  const headers = { accept: ACCEPT, authorization: `Bearer ${INSTALLATION}` };
  return { expect: { method: 'DELETE', path: `${COM}/installation/token`, headers }, answer };
}

function deletedByApp(answer: PlainAnswer): Exchange {
  return {
    expect: {
      method: 'DELETE',
      path: `${COM}/applications/${CLIENT_ID}/token`,
      headers: { accept: ACCEPT, authorization: BASIC },
      json: { access_token: OAUTH },
    },
    answer,
  };
}

const installationGone = probed(INSTALLATION, BAD_CREDENTIALS, COM, '/installation/repositories');
const PROVEN = { outcome: 'accepted', verified: true } as const;
const UNPROVEN = { outcome: 'accepted', verified: false } as const;
const NO_CREDENTIAL = { notApplicable: 'github.com wants no credential' };
const NO_ORACLE = { notApplicable: 'the answer is the same for every token; the proof asks about this one' };

function byValue(
  token: string,
  kind: string,
  type: string,
  others: readonly string[],
): ProviderSpec<GithubConfig> {
  const exchanges = [submitted([token]), probed(token)];
  return {
    definition: github,
    config: () => ({}),
    token,
    kind,
    type: `gitleaks_rule_id_${type}`,
    scripts: {
      revoked: { exchanges, endsAs: PROVEN },
      alreadyDead: { exchanges, endsAs: PROVEN },
      secondCall: { exchanges, endsAs: PROVEN },
      unknownToken: NO_ORACLE,
      credentialRefused: NO_CREDENTIAL,
      forbidden: NO_CREDENTIAL,
      batch: {
        tokens: [token, ...others],
        exchanges: [submitted([token, ...others])],
        endsAs: ['accepted', ...others.map(() => 'accepted' as const)],
      },
    },
  };
}

export const withServer = (baseUrl: string) => ({
  servers: [{ url: `${baseUrl}${SERVER}`, token: SERVER_TOKEN }],
});

const atServer = (answer?: PlainAnswer): Exchange => submitted([PERSONAL], answer, SERVER);
const everywhere = [
  submitted([PERSONAL]),
  atServer(),
  probed(PERSONAL),
  probed(PERSONAL, BAD_CREDENTIALS, SERVER),
];

const GITHUB_COM_FAILS = (
  [
    [['timeout'], 'timeout'],
    [['reset', 'reset-mid-body'], 'unreachable'],
    [['redirect', 'oversized', 'html', 'bad-json', 'html-401', 'html-403', 'html-404'], 'unexpected-answer'],
    [['status-429'], 'throttled'],
    [['status-500'], 'upstream-error'],
    [['status-502', 'status-503'], 'unavailable'],
  ] as const
).map(([faults, failure]) => ({
  call: 0,
  faults,
  because: 'the server is asked all the same',
  // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
  then: [atServer()],
  endsAs: { failure },
}));

export const cases: readonly ProviderSpec<GithubConfig>[] = [
  byValue(PERSONAL, 'personal-access-token', 'github_personal_access_token', [FINE_GRAINED, OAUTH]),
  byValue(FINE_GRAINED, 'fine-grained-token', 'githubfinegrainedpersonalaccesstoken', [PERSONAL]),
  byValue(APP_USER, 'app-user-token', 'github_app_token', [PERSONAL]),
  {
    ...byValue(PERSONAL, 'personal-access-token', 'github_personal_access_token', []),
    config: withServer,
    credentials: [SERVER_TOKEN],
    scripts: {
      revoked: { exchanges: everywhere, endsAs: PROVEN },
      alreadyDead: { exchanges: everywhere, endsAs: PROVEN },
      secondCall: { exchanges: everywhere, endsAs: PROVEN },
      unknownToken: NO_ORACLE,
      credentialRefused: {
        exchanges: [submitted([PERSONAL]), atServer({ status: 401, json: { message: 'Bad credentials' } })],
      },
      forbidden: {
        exchanges: [submitted([PERSONAL]), atServer({ status: 403, json: { message: 'Forbidden' } })],
      },
      batch: { tokens: [PERSONAL], exchanges: [submitted([PERSONAL]), atServer()], endsAs: ['accepted'] },
    },
    faultOverrides: GITHUB_COM_FAILS,
  },
  {
    definition: github,
    config: () => ({ apps: [{ clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }] }),
    token: OAUTH,
    credentials: [CLIENT_SECRET],
    kind: 'oauth-token',
    type: 'gitleaks_rule_id_github_oauth_access_token',
    scripts: {
      revoked: { exchanges: [deletedByApp({ status: 204 }), probed(OAUTH)] },
      alreadyDead: {
        exchanges: [deletedByApp(NOT_FOUND), submitted([OAUTH]), probed(OAUTH)],
        endsAs: PROVEN,
      },
      secondCall: { exchanges: [deletedByApp(NOT_FOUND), submitted([OAUTH]), probed(OAUTH)], endsAs: PROVEN },
      unknownToken: NO_ORACLE,
      credentialRefused: { notApplicable: 'the token is then revoked by value' },
      forbidden: { notApplicable: 'an app has every right over its tokens' },
      batch: { tokens: [OAUTH], exchanges: [deletedByApp({ status: 204 })], endsAs: ['revoked'] },
    },
    faultOverrides: [
      {
        call: 0,
        faults: FAULTS,
        because: 'the token is then revoked by value',
        // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
        then: [submitted([OAUTH]), probed(OAUTH)],
        endsAs: PROVEN,
      },
    ],
  },
  {
    definition: github,
    config: () => ({}),
    token: INSTALLATION,
    kind: 'installation-token',
    type: 'gitleaks_rule_id_githubappinstallationtoken',
    scripts: {
      revoked: { exchanges: [installation({ status: 204 }), installationGone] },
      alreadyDead: { exchanges: [installation(BAD_CREDENTIALS)] },
      secondCall: { exchanges: [installation(BAD_CREDENTIALS)] },
      unknownToken: NO_ORACLE,
      credentialRefused: NO_CREDENTIAL,
      forbidden: NO_CREDENTIAL,
      batch: { tokens: [INSTALLATION], exchanges: [installation({ status: 204 })], endsAs: ['revoked'] },
    },
  },
  {
    definition: github,
    config: () => ({}),
    token: REFRESH,
    kind: 'refresh-token',
    type: 'gitleaks_rule_id_github_refresh_token',
    scripts: {
      revoked: { exchanges: [submitted([REFRESH])], endsAs: UNPROVEN },
      alreadyDead: { exchanges: [submitted([REFRESH])], endsAs: UNPROVEN },
      secondCall: { exchanges: [submitted([REFRESH])], endsAs: UNPROVEN },
      unknownToken: NO_ORACLE,
      credentialRefused: NO_CREDENTIAL,
      forbidden: NO_CREDENTIAL,
      batch: { tokens: [REFRESH], exchanges: [submitted([REFRESH])], endsAs: ['accepted'] },
    },
  },
];
