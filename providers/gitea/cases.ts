import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { GiteaConfig } from './config.ts';
import { gitea } from './index.ts';

export const TOKEN = 'c0ffee12'.repeat(5);
const PASSWORD = 'the password of the administrator';
const admin = { username: 'root', password: PASSWORD };
const ADMIN = { authorization: `Basic ${Buffer.from(`root:${PASSWORD}`).toString('base64')}` };
const ITS_OWN = { authorization: `token ${TOKEN}` };

export const withAdmin = (url: string) => ({ instances: [{ url, admin }] });
export const gogs = (url: string) => ({ instances: [{ url }] });

export const user = (status: number, json?: unknown): Exchange => ({
  expect: { method: 'GET', path: '/api/v1/user', headers: ITS_OWN },
  answer: { status, ...(json !== undefined && { json }) },
});
export const alice = user(200, { id: 7, login: 'alice' });
const UNKNOWN = {
  message: 'invalid username, password or token',
  url: 'https://gitea.example.com/api/swagger',
};
export const refusal = user(401, UNKNOWN);
export const search = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/api/v1/users/search?q=quash&limit=1' },
  answer: { status, json },
});
/** The avatar of a user who cannot exist. */
export const avatar = (status: number, text: string): Exchange => ({
  expect: { method: 'GET', path: '/user/avatar/quash--asks/64' },
  answer: { status, text, headers: { 'content-type': 'text/plain;charset=utf-8' } },
});
const found = search(200, { data: [], ok: true });
export const nobody: readonly Exchange[] = [refusal, found, refusal];
/** Gogs says nothing. */
export const nobodyOfGogs: readonly Exchange[] = [user(401), found];

export const page = (number: number, status: number, json: unknown, headers = ADMIN): Exchange => ({
  expect: { method: 'GET', path: `/api/v1/users/alice/tokens?page=${number}&limit=50`, headers },
  answer: { status, json },
});
export const administrator = (status: number, json: unknown = UNKNOWN): Exchange => ({
  expect: { method: 'GET', path: '/api/v1/user', headers: ADMIN },
  answer: { status, json },
});
const record = (ending: string, index: number) => ({
  id: index + 1,
  name: `token-${index}`,
  sha1: '',
  token_last_eight: ending,
});
export const listed = (...endings: readonly string[]) => [
  page(1, 200, endings.map(record)),
  page(2, 200, []),
];
const removed: Exchange = {
  expect: { method: 'DELETE', path: '/api/v1/users/alice/tokens/2', headers: ADMIN },
  answer: { status: 204 },
};
/** On Gitea, where it may be a user's name. */
const AS_USER = { authorization: `Basic ${Buffer.from(`${TOKEN}:`).toString('base64')}` };
export const aliceOfGitea = user(200, { id: 7, login: 'alice', is_admin: false });
export const notShown = page(1, 401, { ...UNKNOWN, message: 'auth method not allowed' }, AS_USER);
export const shown = (...endings: readonly string[]) => [
  aliceOfGitea,
  page(1, 200, endings.map(record), AS_USER),
  page(2, 200, [], AS_USER),
];
export const removesItself = (status: number, json?: unknown): Exchange => ({
  expect: { method: 'DELETE', path: '/api/v1/users/alice/tokens/2', headers: AS_USER },
  answer: { status, ...(json !== undefined && { json }) },
});
const itself = shown('deadbeef', TOKEN.slice(-8));
export const deletesItself = (status: number, json?: unknown): Exchange => ({
  expect: { method: 'DELETE', path: '/api/v1/user/token', headers: ITS_OWN },
  answer: { status, ...(json !== undefined && { json }) },
});

const seen = [alice, ...listed('deadbeef', TOKEN.slice(-8))];
const unknown = { exchanges: nobody, endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
const shared = {
  definition: gitea,
  token: TOKEN,
  kind: 'access-token',
  type: 'gitleaks_rule_id_gitea-access-token',
} as const;

export const cases: readonly ProviderSpec<GiteaConfig>[] = [
  {
    ...shared,
    config: withAdmin,
    credentials: [PASSWORD],
    scripts: {
      revoked: { exchanges: [...seen, ...seen, removed, ...nobody] },
      // A deleted token is as unknown as one of another instance.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [alice, page(1, 401, { message: 'auth method not allowed' })] },
      forbidden: { exchanges: [alice, page(1, 403, { message: 'doer should be the site admin' })] },
      secondCall: unknown,
    },
  },
  {
    ...shared,
    config: gogs,
    scripts: {
      revoked: { exchanges: [...itself, ...itself, removesItself(204), ...nobody] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'The leaked token is the only credential.' },
      secondCall: unknown,
    },
  },
  {
    ...shared,
    config: gogs,
    scripts: {
      revoked: { exchanges: [alice, alice, deletesItself(204), ...nobodyOfGogs] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'The leaked token is the only credential.' },
      secondCall: unknown,
    },
  },
];
