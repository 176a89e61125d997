import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { DockerhubConfig } from './config.ts';
import { dockerhub } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const PERSONAL = ['dckr', 'pat', 'a1B2-c3D_'.repeat(3)].join('_');
const ORGANIZATIONAL = ['dckr', 'oat', 'a1B2-c3_'.repeat(4)].join('_');
const PASSWORD = 'password-of-moby';
const SESSION = 'session-of-moby';
export const ID = 'b30bbf97-506c-4ecd-aabc-842f3cb484fb';
const HOST = '/hub.docker.com';
const LIST = `${HOST}/v2/access-tokens`;
const ORG_LIST = `${HOST}/v2/orgs/acme/access-tokens`;

export const ofUser = () => ({ accounts: [{ username: 'moby', password: PASSWORD }] });
const ofOrganization = () => ({ organizations: [{ name: 'acme', username: 'moby', password: PASSWORD }] });

export const error = (message: string) => ({ message, errinfo: {} });
const logIn = (identifier: string, secret: string, status: number, json: unknown): Exchange => ({
  expect: { method: 'POST', path: `${HOST}/v2/auth/token`, json: { identifier, secret } },
  answer: { status, json },
});
const REFUSAL = error('incorrect authentication credentials');
export const session = logIn('moby', PASSWORD, 200, { access_token: SESSION });
const noSession = logIn('moby', PASSWORD, 401, REFUSAL);
export const works = logIn('moby', PERSONAL, 200, { access_token: 'session-of-the-leaked-token' });
export const fails = logIn('moby', PERSONAL, 401, REFUSAL);
const orgWorks = logIn('acme', ORGANIZATIONAL, 200, { access_token: 'session-of-the-leaked-token' });
const orgFails = logIn('acme', ORGANIZATIONAL, 401, REFUSAL);

const headers = { authorization: `Bearer ${SESSION}` };
const page = (path: string, number: number, status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `${path}?page=${number}&page_size=100`, headers },
  answer: { status, json },
});
export const record = (uuid: string, more: object = {}) => ({
  uuid,
  client_id: 'HUB',
  created_at: '2021-07-20T12:00:00.000000Z',
  generated_by: 'manual',
  is_active: true,
  last_used: null,
  token: '***',
  expires_at: null,
  ...more,
});
export const list = (results: readonly object[], next: string | null = null, number = 1) =>
  page(LIST, number, 200, { count: results.length, next, previous: null, results });
export const opened = [works, session];
const patch = (path: string, status: number, json: unknown): Exchange => ({
  expect: { method: 'PATCH', path: `${path}/${ID}`, headers, json: { is_active: false } },
  answer: { status, json },
});
export const disabling = (status: number, json: unknown) => patch(LIST, status, json);
/** The session of the operator is over by the second time. */
export const seenTwice = [...opened, list([record(ID)]), ...opened, list([record(ID)])];
const disabled = disabling(200, record(ID, { is_active: false }));
const orgRecord = (is_active: boolean) => ({
  id: ID,
  label: 'ci',
  is_active,
  created_at: '2022-05-20T00:54:18Z',
});
const orgList = page(ORG_LIST, 1, 200, { total: 1, next: null, results: [orgRecord(true)] });
const FORBIDDEN = error('token issued from personal access token is not allowed');

const unknown = (exchange: Exchange) =>
  ({ exchanges: [exchange], endsAs: { outcome: 'refused', reason: 'unknown-token' } }) as const;

export const cases: readonly ProviderSpec<DockerhubConfig>[] = [
  {
    definition: dockerhub,
    config: ofUser,
    token: PERSONAL,
    credentials: [PASSWORD, SESSION],
    kind: 'personal-token',
    type: 'gitleaks_rule_id_dockerpersonalaccesstoken',
    scripts: {
      revoked: { exchanges: [...seenTwice, disabled, fails] },
      // A dead token cannot log in, like one of another user.
      alreadyDead: unknown(fails),
      unknownToken: unknown(fails),
      credentialRefused: { exchanges: [works, noSession] },
      forbidden: { exchanges: [...opened, page(LIST, 1, 403, FORBIDDEN)] },
      // It never happens so: the token's id is on file before it is set inactive.
      secondCall: unknown(fails),
    },
  },
  {
    definition: dockerhub,
    config: ofOrganization,
    token: ORGANIZATIONAL,
    credentials: [PASSWORD, SESSION],
    kind: 'organization-token',
    type: 'gitleaks_rule_id_dockerhub-organization-access-token',
    scripts: {
      revoked: {
        exchanges: [
          orgWorks,
          session,
          orgList,
          orgWorks,
          session,
          orgList,
          patch(ORG_LIST, 200, orgRecord(false)),
          orgFails,
        ],
      },
      alreadyDead: unknown(orgFails),
      unknownToken: unknown(orgFails),
      credentialRefused: { exchanges: [orgWorks, noSession] },
      forbidden: { exchanges: [orgWorks, session, page(ORG_LIST, 1, 403, error('forbidden'))] },
      secondCall: unknown(orgFails),
    },
  },
];
