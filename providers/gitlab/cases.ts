/** What GitLab is asked and answers, for the provider contract; with and without an administrator's token. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type GitlabConfig, gitlab } from './index.ts';

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

const record = (revoked: boolean) => ({ id: 42, revoked, active: !revoked, user_id: 7, scopes: ['api'] });

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
    alreadyDead: { exchanges: [pat('POST', 200, record(true))] },
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
    alreadyDead: { exchanges: [bySelf('GET', 401, REVOKED)] },
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
};

const feed = byAdmin(FEED);
const USER = { id: 7, username: 'someone' };
const feedToken: ProviderSpec<GitlabConfig> = {
  ...accessTokenByAdmin,
  token: FEED,
  kind: 'feed-token',
  type: 'gitleaks_rule_id_gitlab_feed_token_v2',
  scripts: {
    revoked: {
      exchanges: [
        feed('POST', 200, USER),
        feed('POST', 200, USER),
        feed('DELETE', 204),
        feed('POST', 404, NOT_FOUND),
      ],
    },
    alreadyDead: {
      exchanges: [feed('POST', 404, NOT_FOUND)],
      // A reset token is as unknown as one of another instance.
      endsAs: { outcome: 'refused', reason: 'unknown-token' },
    },
    unknownToken: {
      exchanges: [feed('POST', 404, NOT_FOUND)],
      endsAs: { outcome: 'refused', reason: 'unknown-token' },
    },
    credentialRefused: { exchanges: [feed('POST', 401, UNAUTHORIZED)] },
    forbidden: { exchanges: [feed('POST', 403, FORBIDDEN)] },
    secondCall: {
      exchanges: [feed('POST', 404, NOT_FOUND)],
      // It never happens so: the note is on record before anything is reset.
      endsAs: { outcome: 'refused', reason: 'unknown-token' },
    },
  },
  faultOverrides: [
    {
      call: 2,
      faults: ['status-500'],
      because: 'GitLab answers 500 for what it cannot reset, so it looks once more',
      // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
      then: [feed('POST', 422, { message: 'Token type not supported.' })],
      endsAs: { failure: 'upstream-error' },
    },
  ],
};

export const cases: readonly ProviderSpec<GitlabConfig>[] = [
  accessTokenByAdmin,
  accessTokenByItself,
  feedToken,
];
