import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { devcycle } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const SERVER_KEY = ['dvc', 'server', 'k3y9quas'.repeat(4)].join('_');
const MOBILE_KEY = ['dvc', 'mobile', 'k3y9quas', 'c0ffee'].join('_');
const CLIENT_KEY = ['dvc', 'client', 'k3y9quas'.repeat(2)].join('_');
const OURS = 'the secret of the operator';
const ACCESS = 'the access token of the operator';
const ID = '6216420c2ea68943c8833c09';

const configOf = (project: string) => () => ({
  projects: [{ key: project, clientId: 'quash', clientSecret: OURS }],
});

const signIn = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'POST',
    path: '/auth.devcycle.com/oauth/token',
    json: {
      grant_type: 'client_credentials',
      client_id: 'quash',
      client_secret: OURS,
      audience: 'https://api.devcycle.com/',
    },
  },
  answer: { status, json },
});
export const signedIn = signIn(200, { access_token: ACCESS, expires_in: 86_400 });
const entry = (key: string) => ({ key, createdAt: '2026-01-01T00:00:00.000Z', compromised: false });
export const environment = (...keys: readonly string[]) => {
  const of = (sort: string) => keys.filter((key) => key.includes(sort)).map(entry);
  return {
    _id: ID,
    key: 'production',
    sdkKeys: { mobile: of('mobile'), client: of('client'), server: of('server') },
  };
};

/** The calls about a project's environments. */
const callsOf = (project: string) => {
  const call = (method: string, path: string, status: number, json?: unknown): Exchange => ({
    expect: {
      method,
      path: `/api.devcycle.com/v1/projects/${project}/environments${path}`,
      headers: { authorization: `Bearer ${ACCESS}` },
    },
    answer: { status, ...(json !== undefined && { json }) },
  });
  return {
    page: (number: number, environments: readonly object[]) =>
      call('GET', `?page=${number}&perPage=100`, 200, environments),
    list: (...keys: readonly string[]) => call('GET', '?page=1&perPage=100', 200, [environment(...keys)]),
    record: (...keys: readonly string[]) => call('GET', `/${ID}`, 200, environment(...keys)),
    remove: (key: string, status: number, json?: unknown) =>
      call('DELETE', `/${ID}/sdk-keys/${key}`, status, json),
  };
};
export const config = configOf('acme');
export const { list, page, record, remove } = callsOf('acme');
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

// A project each: what the list held for one key is kept for a minute, and counts for the next.
const caseOf = (token: string, type: string, project: string): ProviderSpec<object> => {
  const calls = callsOf(project);
  const here = [signedIn, calls.list(token), calls.record(token), calls.remove(token, 200), calls.record()];
  return {
    definition: devcycle,
    config: configOf(project),
    token,
    credentials: [OURS, ACCESS],
    kind: 'sdk-key',
    type: `gitleaks_rule_id_devcycle-${type}-sdk-key`,
    tokenInUrl: 'The call that invalidates a key takes it in its path alone.',
    scripts: {
      revoked: { exchanges: here },
      alreadyDead: { exchanges: [signedIn, calls.list()], endsAs: UNKNOWN },
      unknownToken: { exchanges: [signedIn, calls.list('dvc_server_another')], endsAs: UNKNOWN },
      credentialRefused: { exchanges: [signIn(401, { error: 'access_denied' })] },
      forbidden: { exchanges: [signIn(403, { error: 'unauthorized_client' })] },
      // Within the minute for which the reading is kept, that it was there is known.
      secondCall: { exchanges: [calls.record()] },
    },
  };
};

export const cases: readonly ProviderSpec<object>[] = [
  caseOf(SERVER_KEY, 'server', 'acme'),
  caseOf(MOBILE_KEY, 'mobile', 'acme-mobile'),
  caseOf(CLIENT_KEY, 'client', 'acme-web'),
];
