import { checksumOf } from '../../src/provider/kit/checksum.ts';
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import { type Exchange, FAULTS, type PlainAnswer } from '../../test/support/scripted-upstream.ts';
import type { GithubConfig } from './config.ts';
import { github } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const SECRET = 'A1b2C3d4'.repeat(4).slice(0, 30);
const tokenOf = (prefix: string): string => [prefix, '_', SECRET, checksumOf(SECRET)].join('');

export const PERSONAL = tokenOf('ghp');
export const OAUTH = tokenOf('gho');
export const works = (token: string, host = COM): Exchange => probed(token, USER, host);
export const FINE_GRAINED = `${['github', 'pat_'].join('_')}${'A1b2C3d4E5'.repeat(8)}_F`;
const REFRESH = tokenOf('ghr');
export const INSTALLATION = tokenOf('ghs');
/** A newer one, with a JWT inside. */
const STATELESS = [
  'ghs',
  '1234567',
  ['eyJhbGciOi', 'eyJpc3MiOi', 'c2lnbmF0dXJl'].map((part) => part.repeat(9)).join('.'),
].join('_');
const APP_USER = tokenOf('ghu');
const SERVER_TOKEN = 'the token of quash at the server';
const CLIENT_ID = 'Iv1.0123456789abcdef';
const CLIENT_SECRET = 'the secret of the app';
const BASIC = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}`;

const COM = '/api.github.com';
const SERVER = '/api/v3';
const ACCEPT = 'application/vnd.github+json';
const ACCEPTED: PlainAnswer = { status: 202, json: {} };
export const BAD_CREDENTIALS: PlainAnswer = {
  status: 401,
  headers: { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '57', 'x-ratelimit-reset': '1893456000' },
  json: { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest', status: '401' },
};
export const USER: PlainAnswer = { status: 200, json: { login: 'octocat' } };
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

export function installation(answer: PlainAnswer, token = INSTALLATION): Exchange {
  const headers = { accept: ACCEPT, authorization: `Bearer ${token}` };
  return { expect: { method: 'DELETE', path: `${COM}/installation/token`, headers }, answer };
}

export function deletedByApp(answer: PlainAnswer): Exchange {
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

const PROVEN = { outcome: 'accepted', verified: true } as const;
const UNPROVEN = { outcome: 'accepted', verified: false } as const;
const NO_CREDENTIAL = { notApplicable: 'github.com wants no credential' };
const NO_ORACLE = { notApplicable: 'the answer is the same for every token; the proof asks about this one' };
/** A token that github.com refuses may be of a server that is not configured. */
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

// https://github.com/octokit/octokit.rb, spec/octokit/client_spec.rb: `Octokit::InstallationSuspended`.
const SUSPENDED = {
  name: 'a suspended installation',
  source: 'https://docs.github.com/en/apps/maintaining-github-apps/suspending-a-github-app-installation',
  answer: { status: 403, json: { message: 'This installation has been suspended' } },
};

/** The first look only adds to the proof. */
const LOOK_FAILS = {
  call: 0,
  faults: FAULTS,
  because: 'the revocation does not wait for a look that fails',
} as const;

function byValue(
  token: string,
  kind: string,
  type: string,
  others: readonly string[],
): ProviderSpec<GithubConfig> {
  const exchanges = [works(token), submitted([token]), probed(token)];
  const dead = [probed(token), submitted([token]), probed(token)];
  return {
    definition: github,
    config: () => ({}),
    token,
    kind,
    type: `gitleaks_rule_id_${type}`,
    // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
    faultOverrides: [{ ...LOOK_FAILS, then: [submitted([token]), probed(token)], endsAs: UNPROVEN }],
    scripts: {
      revoked: { exchanges, endsAs: PROVEN },
      alreadyDead: { exchanges: dead, endsAs: UNPROVEN },
      secondCall: { exchanges: dead, endsAs: UNPROVEN },
      unknownToken: NO_ORACLE,
      credentialRefused: NO_CREDENTIAL,
      forbidden: NO_CREDENTIAL,
      batch: {
        tokens: [token, ...others],
        exchanges: [...[token, ...others].map((each) => works(each)), submitted([token, ...others])],
        endsAs: ['accepted', ...others.map(() => 'accepted' as const)],
      },
    },
  };
}

export const withApp = () => ({ apps: [{ clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }] });
export const withServer = (baseUrl: string) => ({
  servers: [{ url: `${baseUrl}${SERVER}`, token: SERVER_TOKEN }],
});

const atServer = (answer?: PlainAnswer): Exchange => submitted([PERSONAL], answer, SERVER);
const worksAtServer = [probed(PERSONAL), submitted([PERSONAL]), works(PERSONAL, SERVER), atServer()];
const nowhere = [
  probed(PERSONAL),
  submitted([PERSONAL]),
  probed(PERSONAL, BAD_CREDENTIALS, SERVER),
  atServer(),
  probed(PERSONAL),
  probed(PERSONAL, BAD_CREDENTIALS, SERVER),
];
const atServerOnly = [probed(PERSONAL, BAD_CREDENTIALS, SERVER), atServer()];

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
  call: 1,
  faults,
  because: 'the server is asked all the same',
  // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
  then: atServerOnly,
  endsAs: { failure },
}));
const LOOKS_FAIL = [
  {
    ...LOOK_FAILS,
    // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
    then: [
      submitted([PERSONAL]),
      works(PERSONAL, SERVER),
      atServer(),
      probed(PERSONAL, BAD_CREDENTIALS, SERVER),
    ],
    endsAs: PROVEN,
  },
  {
    ...LOOK_FAILS,
    call: 2,
    // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
    then: [atServer(), probed(PERSONAL), probed(PERSONAL, BAD_CREDENTIALS, SERVER)],
    endsAs: UNPROVEN,
  },
];

const oauthGone = [probed(OAUTH), submitted([OAUTH]), deletedByApp(NOT_FOUND), probed(OAUTH)];

function installationToken(token: string): ProviderSpec<GithubConfig> {
  const gone = probed(token, BAD_CREDENTIALS, COM, '/installation/repositories');
  const refused = { exchanges: [installation(BAD_CREDENTIALS, token)], endsAs: UNKNOWN };
  return {
    definition: github,
    config: () => ({}),
    token,
    kind: 'installation-token',
    type: 'gitleaks_rule_id_githubappinstallationtoken',
    passing: [SUSPENDED],
    scripts: {
      revoked: { exchanges: [installation({ status: 204 }, token), gone] },
      alreadyDead: refused,
      secondCall: refused,
      unknownToken: refused,
      credentialRefused: NO_CREDENTIAL,
      forbidden: NO_CREDENTIAL,
      batch: { tokens: [token], exchanges: [installation({ status: 204 }, token)], endsAs: ['revoked'] },
    },
  };
}

export const cases: readonly ProviderSpec<GithubConfig>[] = [
  byValue(PERSONAL, 'personal-access-token', 'github_personal_access_token', [APP_USER, OAUTH]),
  byValue(FINE_GRAINED, 'fine-grained-token', 'githubfinegrainedpersonalaccesstoken', [
    FINE_GRAINED.replace('A1', 'B1'),
  ]),
  byValue(APP_USER, 'app-user-token', 'github_app_token', [PERSONAL]),
  {
    ...byValue(PERSONAL, 'personal-access-token', 'github_personal_access_token', []),
    config: withServer,
    credentials: [SERVER_TOKEN],
    scripts: {
      revoked: {
        exchanges: [...worksAtServer, probed(PERSONAL, BAD_CREDENTIALS, SERVER)],
        endsAs: PROVEN,
      },
      alreadyDead: { exchanges: nowhere, endsAs: UNPROVEN },
      secondCall: { exchanges: nowhere, endsAs: UNPROVEN },
      unknownToken: NO_ORACLE,
      credentialRefused: {
        exchanges: [
          ...worksAtServer.slice(0, 3),
          atServer({ status: 401, json: { message: 'Bad credentials' } }),
        ],
      },
      forbidden: {
        exchanges: [...worksAtServer.slice(0, 3), atServer({ status: 403, json: { message: 'Forbidden' } })],
      },
      batch: { tokens: [PERSONAL], exchanges: worksAtServer, endsAs: ['accepted'] },
    },
    faultOverrides: [...GITHUB_COM_FAILS, ...LOOKS_FAIL],
  },
  {
    definition: github,
    config: withApp,
    token: OAUTH,
    credentials: [CLIENT_SECRET],
    kind: 'oauth-token',
    type: 'gitleaks_rule_id_github_oauth_access_token',
    scripts: {
      revoked: {
        exchanges: [works(OAUTH), submitted([OAUTH]), deletedByApp({ status: 204 }), probed(OAUTH)],
      },
      alreadyDead: { exchanges: oauthGone, endsAs: UNPROVEN },
      secondCall: { exchanges: oauthGone, endsAs: UNPROVEN },
      unknownToken: NO_ORACLE,
      credentialRefused: { notApplicable: 'the token was revoked by value' },
      forbidden: { notApplicable: 'an app has every right over its tokens' },
      batch: {
        tokens: [OAUTH],
        exchanges: [works(OAUTH), submitted([OAUTH]), deletedByApp({ status: 204 })],
        endsAs: ['revoked'],
      },
    },
    faultOverrides: [
      {
        ...LOOK_FAILS,
        // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
        then: [submitted([OAUTH]), deletedByApp({ status: 204 }), probed(OAUTH)],
        endsAs: { outcome: 'revoked', verified: true },
      },
      {
        call: 2,
        faults: FAULTS,
        because: 'the token was revoked by value before',
        // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
        then: [probed(OAUTH)],
        endsAs: PROVEN,
      },
    ],
  },
  installationToken(INSTALLATION),
  installationToken(STATELESS),
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
