/** What GitLab is asked and answers, for the provider contract; with and without an administrator's token. */
import { crc32 } from 'node:zlib';
import { type ExpectedEnd, type ProviderSpec, withoutAnyCall } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { GitlabConfig } from './config.ts';
import { gitlab } from './index.ts';
import { DELETE_TRIGGER } from './trigger.ts';

// Put together here, so that no scanner takes them for leaks.
export const token = (prefix: string, body: string) => `gl${prefix}-${body}`;
export const PAT = token('pat', 'k3y9'.repeat(5));
export const FEED = token('ft', 'k3y9'.repeat(5));
const ADMIN = token('pat', 'Adm1'.repeat(5));

const NOT_FOUND = { message: { error: 'Not found' } };
const UNAUTHORIZED = { message: '401 Unauthorized' };
const FORBIDDEN = { message: '403 Forbidden' };
const REVOKED = {
  error: 'invalid_token',
  error_description: 'Token was revoked. You have to re-authorize from the user.',
};

const byAdmin =
  (leaked: string) =>
  (method: 'POST' | 'DELETE', status: number, json?: unknown): Exchange => ({
    expect: {
      method,
      path: '/api/v4/admin/token',
      headers: { 'private-token': ADMIN, 'content-type': 'application/json' },
      json: { token: leaked },
    },
    answer: { status, ...(json !== undefined && { json }) },
  });

const bySelf = (method: 'GET' | 'DELETE', status: number, json?: unknown): Exchange => ({
  expect: { method, path: '/api/v4/personal_access_tokens/self', headers: { 'private-token': PAT } },
  answer: { status, ...(json !== undefined && { json }) },
});

const byId = (status: number, json?: unknown): Exchange => ({
  expect: {
    method: 'DELETE',
    path: '/api/v4/personal_access_tokens/42',
    headers: { 'private-token': ADMIN },
  },
  answer: { status, ...(json !== undefined && { json }) },
});

const record = (revoked: boolean) => ({
  ...{ id: 42, revoked, active: !revoked, expires_at: null, user_id: 7, scopes: ['api'] },
});

const withAdmin = (url: string) => ({ instances: [{ url, adminToken: ADMIN }] });

const pat = byAdmin(PAT);
const accessTokenByAdmin: ProviderSpec<GitlabConfig> = {
  definition: gitlab,
  config: withAdmin,
  token: PAT,
  credentials: [ADMIN],
  kind: 'personal-access-token',
  type: 'gitleaks_rule_id_gitlab_personal_access_token_routable',
  scripts: {
    revoked: { exchanges: [pat('POST', 200, record(false)), byId(204), pat('POST', 200, record(true))] },
    alreadyDead: { exchanges: [pat('POST', 200, record(true))], saysSo: true },
    unknownToken: {
      exchanges: [pat('POST', 404, NOT_FOUND), bySelf('GET', 401, UNAUTHORIZED)],
      endsAs: { outcome: 'refused', reason: 'unknown-token' },
    },
    credentialRefused: { exchanges: [pat('POST', 401, UNAUTHORIZED)] },
    forbidden: { exchanges: [pat('POST', 403, FORBIDDEN)] },
    secondCall: { exchanges: [pat('POST', 200, record(true))] },
  },
  faultOverrides: [
    {
      call: 1,
      faults: ['status-500'],
      because: 'GitLab may have done it, or may not be able to, so it looks and takes the other way',
      // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
      then: [
        pat('POST', 200, record(false)),
        bySelf('GET', 200, record(false)),
        bySelf('DELETE', 204),
        pat('POST', 200, record(true)),
      ],
      endsAs: { outcome: 'revoked', verified: true },
    },
  ],
};

const accessTokenByItself: ProviderSpec<GitlabConfig> = {
  ...accessTokenByAdmin,
  config: (url) => ({ instances: [{ url }] }),
  credentials: [],
  type: 'gitleaks_rule_id_gitlab_personal_access_token',
  scripts: {
    revoked: {
      exchanges: [bySelf('GET', 200, record(false)), bySelf('DELETE', 204), bySelf('GET', 401, REVOKED)],
    },
    alreadyDead: { exchanges: [bySelf('GET', 401, REVOKED)], saysSo: true },
    unknownToken: {
      exchanges: [bySelf('GET', 401, UNAUTHORIZED)],
      endsAs: { outcome: 'refused', reason: 'unknown-token' },
    },
    credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
    forbidden: {
      exchanges: [bySelf('GET', 403, { message: '403 Forbidden - Your account has been blocked.' })],
    },
    secondCall: { exchanges: [bySelf('GET', 401, REVOKED)] },
  },
  faultOverrides: [],
  passing: [
    {
      name: 'its user is blocked',
      // API::APIGuard, and Gitlab::Auth::UserAccessDeniedReason for the sentence.
      source:
        'https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/auth/user_access_denied_reason.rb',
      answer: { status: 403, json: { message: '403 Forbidden - Your account has been blocked.' } },
    },
    ...[
      { error: 'dpop_error', error_description: 'DPoP header is missing' },
      {
        error: 'invalid_token',
        error_description: 'Token is an impersonation token but impersonation was disabled.',
      },
    ].map((json) => ({
      name: json.error_description,
      source: 'https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/api/api_guard.rb',
      answer: { status: 401, json },
    })),
    {
      name: 'it is fine-grained and may not see itself',
      source: 'https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/api/api_guard.rb',
      answer: { status: 403, json: { error: 'insufficient_granular_scope' } },
    },
  ],
};

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

type Leak = readonly [kind: string, rule: string, leaked: string];

type Scripts = ProviderSpec<GitlabConfig>['scripts'];

/** What an administrator's token alone can act on, by value. */
function byValue(
  [kind, rule, leaked]: Leak,
  scripts: Pick<Scripts, 'revoked' | 'alreadyDead' | 'secondCall'> & Partial<Scripts>,
  endsAs: ExpectedEnd = { failure: 'upstream-error' },
): ProviderSpec<GitlabConfig> {
  const ask = byAdmin(leaked);
  return {
    ...accessTokenByAdmin,
    token: leaked,
    kind,
    type: `gitleaks_rule_id_${rule}`,
    scripts: {
      unknownToken: { exchanges: [ask('POST', 404, NOT_FOUND)], endsAs: UNKNOWN },
      credentialRefused: { exchanges: [ask('POST', 401, UNAUTHORIZED)] },
      forbidden: { exchanges: [ask('POST', 403, FORBIDDEN)] },
      ...scripts,
    },
    faultOverrides: [
      {
        call: scripts.revoked.exchanges.findIndex(({ expect }) => expect.method === 'DELETE'),
        faults: ['status-500'],
        because: 'GitLab answers 500 for what it cannot revoke, so it looks once more',
        // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
        then: [ask('POST', 422, { message: 'Token type not supported.' })],
        endsAs,
      },
    ],
  };
}

/** A token that GitLab only does not know any more, once it was reset. */
function vanishing(leak: Leak, record: object): ProviderSpec<GitlabConfig> {
  const ask = byAdmin(leak[2]);
  const alive = ask('POST', 200, record);
  // A reset token is as unknown as one of another instance.
  const absent = { exchanges: [ask('POST', 404, NOT_FOUND)], endsAs: UNKNOWN };
  return byValue(leak, {
    revoked: { exchanges: [alive, alive, ask('DELETE', 204), ask('POST', 404, NOT_FOUND)] },
    alreadyDead: absent,
    // It never happens so: the note is on record before anything is reset.
    secondCall: absent,
  });
}

/** A token whose record says that it is dead. */
function recorded(
  leak: Leak,
  alive: object,
  dead: object,
  onError?: ExpectedEnd,
): ProviderSpec<GitlabConfig> {
  const ask = byAdmin(leak[2]);
  const isDead = { exchanges: [ask('POST', 200, dead)] };
  const revoked = { exchanges: [ask('POST', 200, alive), ask('DELETE', 204), ...isDead.exchanges] };
  return byValue(leak, { revoked, alreadyDead: { ...isDead, saysSo: true }, secondCall: isDead }, onError);
}

const TRIGGER = token('ptt', '0a1b2'.repeat(8));
const askTrigger = byAdmin(TRIGGER);
const trigger = askTrigger('POST', 200, { id: 8, expires_at: null });
const noTrigger = { exchanges: [askTrigger('POST', 404, NOT_FOUND)], endsAs: UNKNOWN };
const triggerDeleted: Exchange = {
  expect: {
    ...{ method: 'POST', path: '/api/graphql', headers: { 'private-token': ADMIN } },
    json: { query: DELETE_TRIGGER, variables: { id: 'gid://gitlab/Ci::Trigger/8' } },
  },
  answer: { status: 200, json: { data: { pipelineTriggerDelete: { errors: [] } } } },
};
const triggerToken: ProviderSpec<GitlabConfig> = {
  ...accessTokenByAdmin,
  token: TRIGGER,
  kind: 'trigger-token',
  type: 'gitleaks_rule_id_gitlab_pipeline_trigger_token',
  scripts: {
    revoked: { exchanges: [trigger, trigger, triggerDeleted, ...noTrigger.exchanges] },
    alreadyDead: noTrigger,
    unknownToken: noTrigger,
    credentialRefused: { exchanges: [askTrigger('POST', 401, UNAUTHORIZED)] },
    forbidden: { exchanges: [askTrigger('POST', 403, FORBIDDEN)] },
    // It never happens so: the note is on record before anything is deleted.
    secondCall: noTrigger,
  },
  faultOverrides: [],
};

const JOB_TOKEN = token('cbt', `64_${'k3y9'.repeat(5)}`);
const EXPIRES = { outcome: 'expires' } as const;
const runningJob = { exchanges: [byAdmin(JOB_TOKEN)('POST', 200, { job: { id: 5 } })], endsAs: EXPIRES };
const jobToken = byValue(['job-token', 'gitlab_ci_build_token', JOB_TOKEN], {
  revoked: runningJob,
  alreadyDead: { exchanges: [byAdmin(JOB_TOKEN)('POST', 404, NOT_FOUND)], endsAs: EXPIRES },
  unknownToken: { notApplicable: 'It dies with its job, wherever that runs.' },
  secondCall: runningJob,
});

function runner(kind: string, leaked: string): ProviderSpec<GitlabConfig> {
  const post = (path: string, status: number, json: unknown): Exchange => ({
    expect: { method: 'POST', path: `/api/v4/runners/${path}`, json: { token: leaked } },
    answer: { status, json },
  });
  const alive = post('verify', 200, { id: 9, token: leaked, token_expires_at: null });
  const absent = post('verify', 403, { message: '403 Forbidden' });
  // One look: each is a sign of life of the runner.
  const exchanges = [alive, post('reset_authentication_token', 201, { token: 'new' }), absent];
  const gone = { exchanges: [absent], endsAs: UNKNOWN };
  const unread = {
    faults: ['html', 'bad-json'],
    because: "a good answer holds the runner's token, so nobody looks at its body",
  } as const;
  return {
    ...accessTokenByItself,
    token: leaked,
    kind,
    type: 'gitleaks_rule_id_gitlab_runner_auth_token',
    scripts: {
      ...accessTokenByItself.scripts,
      revoked: { exchanges },
      alreadyDead: gone,
      unknownToken: gone,
      forbidden: { notApplicable: 'A runner may always reset its own token.' },
      // It never happens so, either.
      secondCall: gone,
    },
    faultOverrides: [
      ...[0, 1].map((call) => ({
        ...unread,
        call,
        // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
        then: exchanges.slice(call + 1),
        endsAs: { outcome: 'revoked', verified: true } as const,
      })),
      {
        call: 2,
        faults: ['html', 'bad-json'],
        because: 'a 403 that is not of GitLab says nothing of the runner',
        endsAs: { failure: 'unavailable' },
      },
    ],
  };
}

/** Of these nobody is asked: a person has to act. */
const byHand = ([kind, rule, leaked]: Leak): ProviderSpec<GitlabConfig> => ({
  ...accessTokenByAdmin,
  token: leaked,
  kind,
  type: `gitleaks_rule_id_${rule}`,
  scripts: withoutAnyCall({ outcome: 'refused', reason: 'unsupported-kind' }),
});

const BODY = 'k3y9'.repeat(5);
/** Without a prefix it has to differ from all that stands in other cases. */
const BARE = 'vQ7zk'.repeat(4);

/** As GitLab makes it: with a checksum over all that stands before. */
export function routable(prefix: string, payload = 'Yk3y9-k3y9_k3y9k3y9k3y9k3y9k3y9'): string {
  const text = `${prefix}${payload}.01.${payload.length.toString(36).padStart(2, '0')}`;
  return text + crc32(text).toString(36).padStart(7, '0');
}

/** A scanner's rule has cut the prefix of the instance, which is a part of the token. */
function withoutPrefix(leaked: string): ProviderSpec<GitlabConfig> {
  const cut = byAdmin(leaked);
  const whole = byAdmin(`acme-${leaked}`);
  const dead = [cut('POST', 404, NOT_FOUND), whole('POST', 200, { revoked: true, expired: false })];
  const isDead = { exchanges: dead };
  const alive = whole('POST', 200, { revoked: false, expired: false });
  const revoked = [cut('POST', 404, NOT_FOUND), alive, whole('DELETE', 204), ...dead];
  const spec = byValue(['deploy-token', 'gitlab_deploy_token', leaked], {
    revoked: { exchanges: revoked },
    alreadyDead: { ...isDead, saysSo: true },
    secondCall: isDead,
    unknownToken: {
      exchanges: [cut('POST', 404, NOT_FOUND), whole('POST', 404, NOT_FOUND)],
      endsAs: UNKNOWN,
    },
  });
  return {
    ...spec,
    config: (url) => ({ instances: [{ url, adminToken: ADMIN, instanceTokenPrefixes: ['acme'] }] }),
    faultOverrides: [
      {
        call: 2,
        faults: ['status-500'],
        because: 'GitLab answers 500 for what it cannot revoke, so it looks once more',
        // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
        then: [alive],
        endsAs: { failure: 'upstream-error' },
      },
    ],
  };
}

/** The same answers for another access token of an instance without an administrator's token. */
function itself(kind: string, leaked: string, prefixes: readonly string[] = []): ProviderSpec<GitlabConfig> {
  const self = (method: 'GET' | 'DELETE', status: number, json?: unknown): Exchange => ({
    ...bySelf(method, status, json),
    expect: { ...bySelf(method, status).expect, headers: { 'private-token': leaked } },
  });
  const isDead = { exchanges: [self('GET', 401, REVOKED)] };
  return {
    ...accessTokenByItself,
    config: (url) => ({ instances: [{ url, personalAccessTokenPrefixes: prefixes }] }),
    token: leaked,
    kind,
    type: 'gitleaks_rule_id_gitlab_personal_access_token_routable_versioned',
    scripts: {
      ...accessTokenByItself.scripts,
      revoked: { exchanges: [self('GET', 200, record(false)), self('DELETE', 204), ...isDead.exchanges] },
      alreadyDead: { ...isDead, saysSo: true },
      unknownToken: { exchanges: [self('GET', 401, UNAUTHORIZED)], endsAs: UNKNOWN },
      forbidden: { exchanges: [self('GET', 403, FORBIDDEN)] },
      secondCall: isDead,
    },
  };
}

const USER = { id: 7, username: 'someone' };

export const cases: readonly ProviderSpec<GitlabConfig>[] = [
  accessTokenByAdmin,
  accessTokenByItself,
  vanishing(['feed-token', 'gitlab_feed_token_v2', FEED], USER),
  vanishing(['incoming-mail-token', 'gitlab_incoming_email_token', token('imt', BODY)], USER),
  vanishing(['session', 'gitlab-session-cookie', `_gitlab_session=${'0a'.repeat(16)}`], USER),
  vanishing(['oauth-secret', 'gitlab_oauth_app_secret', token('oas', '0a'.repeat(32))], { id: 3 }),
  vanishing(['feature-flag-client', 'gitlab-feature-flag-client-token', token('ffct', BODY)], { id: 4 }),
  vanishing(['scim-token', 'gitlab_scim_oauth_token', token('soat', BODY)], { id: 6 }),
  recorded(
    ['deploy-token', 'gitlab_deploy_token', token('dt', BODY)],
    { revoked: false, expired: false },
    { revoked: true, expired: false },
  ),
  recorded(
    ['agent-token', 'gitlab_kubernetes_agent_token', token('agent', 'k3y9k'.repeat(10))],
    { status: 'active' },
    { status: 'revoked' },
  ),
  triggerToken,
  jobToken,
  runner('runner', token('rt', BODY)),
  runner('legacy-runner', token('rtr', BODY)),
  byHand(['path-feed-token', 'gitlab_feed_token_v2', token('ft', `${'0a'.repeat(32)}-17`)]),
  {
    ...byHand(['bare-feed-token', 'gitlab_feed_token', BARE]),
    reported: `feed_token=${BARE}`,
  },
  byHand(['runner-registration-token', 'gitlab_runner_registration_token', ['GR134', '8941', BODY].join('')]),
  runner('runner', routable(token('rt', 't3_'))),
  runner('legacy-runner', `t1_${BODY}`),
  itself('personal-access-token', routable(token('pat', ''))),
  itself('personal-access-token', `k@/${BODY}`, ['k@/']),
  itself('bare-access-token', BARE, ['']),
  itself('bare-access-token', routable(''), ['']),
  withoutPrefix(token('dt', BODY)),
  {
    ...byHand(['fragment', 'gitlab_runner_auth_token', token('rt', `t1_${'k3y9'.repeat(4)}k`)]),
    scripts: withoutAnyCall({ outcome: 'refused', reason: 'fragment' }),
  },
  // No rule finds these two yet.
  byHand(['workspace-token', 'gitlab_personal_access_token', token('wt', BODY)]),
  byHand(['runner-controller-token', 'gitlab_personal_access_token', token('rct', BODY)]),
];
