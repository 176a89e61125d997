import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange, PlainAnswer } from '../../test/support/scripted-upstream.ts';
import type { OpenaiConfig } from './config.ts';
import { openai } from './index.ts';

const HALF = 'aB3-_dE6fG'.repeat(7);
const tokenOf = (kind: string, mark: string): string =>
  [['sk', kind, ''].join('-'), mark, HALF, 'T3Blbk', 'FJ', HALF, mark].join('');

export const TOKEN = tokenOf('proj', 'Qx7z');
export const LEGACY = ['sk-', 'aB3dE6fG9h'.repeat(2), 'T3Blbk', 'FJ', 'aB3dE6fG9h'.repeat(2)].join('');
export const SERVICE = tokenOf('svcacct', 'Sv1c');
export const LEAKED_ADMIN = tokenOf('admin', 'Lost');
export const ADMIN_KEY = tokenOf('admin', 'Own1');
export const PROJECT = 'proj_acme';
export const KEY_ID = 'key_abc';

export const config = () => ({ organizations: [{ adminKey: ADMIN_KEY }] });

const call = (
  method: string,
  path: string,
  token: string,
  answer: PlainAnswer,
  host = 'api.openai.com',
): Exchange => ({
  expect: { method, path: `/${host}/v1${path}`, headers: { authorization: `Bearer ${token}` } },
  answer,
});

const error = (code: string | null) => ({
  error: {
    message: 'Incorrect API key provided: sk-proj-****.',
    type: 'invalid_request_error',
    param: null,
    code,
  },
});
export const INVALID: PlainAnswer = { status: 401, json: error('invalid_api_key') };
export const OTHER_401: PlainAnswer = { status: 401, json: error('ip_not_authorized') };
/** https://github.com/abi/screenshot-to-code/issues/9 shows it. */
export const NO_ORGANIZATION: PlainAnswer = { status: 401, json: error('no_organization') };
/** kriegcloud/beep-effect shows it, in specs/pending/enron-knowledge-demo-integration/handoffs. */
export const ARCHIVED: PlainAnswer = {
  status: 401,
  json: {
    error: {
      ...error('not_authorized_invalid_project').error,
      message: 'The project you are requesting has been archived and is no longer accessible',
    },
  },
};
/** Of a user, in an organization that wants keys of projects. */
export const USER_KEY: PlainAnswer = {
  status: 401,
  json: {
    error: {
      ...error('not_authorized_invalid_key_type').error,
      message: 'Your organization does not allow user keys, please try again with a permissioned key.',
    },
  },
};
/** https://github.com/agent-ecosystem/skill-validator/issues/70 shows it. */
export const ELSEWHERE: PlainAnswer = { status: 401, json: error('incorrect_hostname') };
export const FORBIDDEN: PlainAnswer = { status: 403, json: error(null) };
/** https://github.com/microsoft/PowerToys/issues/32989 shows it. */
export const LACKS_SCOPE: PlainAnswer = {
  status: 401,
  json: {
    error: {
      message: 'You have insufficient permissions for this operation. Missing scopes: api.model.read.',
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
  },
};
export const NOT_FOUND: PlainAnswer = { status: 404, json: error('not_found') };
export const alive = (project: string | undefined = PROJECT): PlainAnswer => ({
  status: 200,
  headers: { 'openai-organization': 'acme', ...(project && { 'openai-project': project }) },
  json: { object: 'list', data: [] },
});
export const NAMELESS: PlainAnswer = { status: 200, json: { object: 'list', data: [] } };

export const probed = (answer: PlainAnswer, token = TOKEN, host?: string) =>
  call('GET', '/models', token, answer, host);

export const redacted = (token: string) => `${token.slice(0, 8)}********${token.slice(-4)}`;
export const key = (id: string, value: string) => ({
  object: 'organization.project.api_key',
  id,
  name: 'a name',
  redacted_value: value,
  created_at: 1711471533,
});

interface Page {
  readonly after?: string;
  readonly next?: string;
}

function page(
  path: string,
  data: readonly unknown[],
  { after, next }: Page,
  rest: string,
  token = ADMIN_KEY,
) {
  const query = `?limit=100${rest}${after === undefined ? '' : `&after=${after}`}`;
  const json = { object: 'list', data, first_id: null, last_id: next ?? null, has_more: next !== undefined };
  return call('GET', path + query, token, { status: 200, json });
}

const KEYS = (project: string) => `/organization/projects/${project}/api_keys`;
const ANY = '&owner_project_access=any';

export const listed = (keys: readonly unknown[], options: Page = {}, project = PROJECT) =>
  page(KEYS(project), keys, options, ANY);
export const listRefused = (answer: PlainAnswer) =>
  call('GET', `${KEYS(PROJECT)}?limit=100${ANY}`, ADMIN_KEY, answer);
export const projects = (ids: readonly string[]) =>
  page(
    '/organization/projects',
    ids.map((id) => ({ object: 'organization.project', id })),
    {},
    '',
  );
const projectsRefusedBy = (answer: PlainAnswer) =>
  call('GET', '/organization/projects?limit=100', ADMIN_KEY, answer);
export const projectsRefused = projectsRefusedBy(INVALID);
export const projectsForbidden = projectsRefusedBy(FORBIDDEN);

export const deleted = (answer?: PlainAnswer, path = `${KEYS(PROJECT)}/${KEY_ID}`, by = ADMIN_KEY) =>
  call('DELETE', path, by, answer ?? { status: 200, json: { id: KEY_ID, deleted: true } });
export const serviceAccount400: PlainAnswer = { status: 400, json: error(null) };

const ADMIN_KEYS = '/organization/admin_api_keys';
export const adminProbed = (answer: PlainAnswer) =>
  call('GET', `${ADMIN_KEYS}?limit=1`, LEAKED_ADMIN, answer);
const ownKey = key('key_own', redacted(ADMIN_KEY));
const adminList = (...keys: readonly unknown[]) => page(ADMIN_KEYS, [ownKey, ...keys], {}, '', LEAKED_ADMIN);
export const adminListed = adminList(key(KEY_ID, redacted(LEAKED_ADMIN)));
export const adminListedWithout = adminList();
export const adminDeleted = (answer?: PlainAnswer, by?: string) =>
  deleted(answer, `${ADMIN_KEYS}/${KEY_ID}`, by);

export const OTHERS = [key('key_1', 'sk-proj-********zzzz'), key('key_2', 'sk-abc...def')];
const found = listed([...OTHERS, key(KEY_ID, redacted(TOKEN))]);

const legacy = (answer: PlainAnswer) => probed(answer, LEGACY);

const shared = {
  definition: openai,
  config,
  credentials: [ADMIN_KEY],
  passing: [
    {
      name: 'the address is not on the list of the project',
      source: 'https://platform.openai.com/docs/guides/error-codes',
      answer: OTHER_401,
    },
    {
      name: 'its project was archived',
      source: 'https://github.com/kriegcloud/beep-effect',
      answer: ARCHIVED,
    },
  ],
};

/** A 403 without a word to it, on a call about what may be of another organization. */
function asksForRights(call: number): NonNullable<ProviderSpec<OpenaiConfig>['faultOverrides']> {
  const then = [projectsForbidden];
  const endsAs = { failure: 'permission-missing' } as const;
  return [{ call, faults: ['html-403'], because: 'it is seen whether a right is missing', then, endsAs }];
}

export const cases: readonly ProviderSpec<OpenaiConfig>[] = [
  {
    ...shared,
    token: TOKEN,
    kind: 'project-key',
    faultOverrides: asksForRights(1),
    type: 'gitleaks_rule_id_openaiprojectkey',
    scripts: {
      revoked: { exchanges: [probed(alive()), found, deleted(), probed(INVALID)] },
      alreadyDead: { exchanges: [probed(INVALID)] },
      unknownToken: { notApplicable: 'OpenAI issued all of them and says of each whether it works.' },
      credentialRefused: { exchanges: [probed(alive()), listRefused(INVALID)] },
      forbidden: { exchanges: [probed(alive()), listRefused(FORBIDDEN), projectsForbidden] },
      secondCall: { exchanges: [probed(INVALID)] },
    },
  },
  {
    ...shared,
    token: LEGACY,
    kind: 'legacy-key',
    faultOverrides: asksForRights(1),
    type: 'gitleaks_rule_id_open_ai_token',
    scripts: {
      revoked: {
        exchanges: [
          legacy(alive()),
          listed([...OTHERS, key(KEY_ID, redacted(LEGACY))]),
          deleted(),
          legacy(INVALID),
        ],
      },
      alreadyDead: { exchanges: [legacy(INVALID)] },
      unknownToken: { notApplicable: 'OpenAI issued all of them and says of each whether it works.' },
      credentialRefused: { exchanges: [legacy(alive()), listRefused(INVALID)] },
      forbidden: { exchanges: [legacy(alive()), listRefused(FORBIDDEN), projectsForbidden] },
      secondCall: { exchanges: [legacy(INVALID)] },
    },
  },
  {
    ...shared,
    token: LEAKED_ADMIN,
    kind: 'admin-key',
    faultOverrides: asksForRights(2),
    type: 'gitleaks_rule_id_openai-api-key',
    scripts: {
      revoked: { exchanges: [adminProbed(NAMELESS), adminListed, adminDeleted(), adminProbed(INVALID)] },
      alreadyDead: { exchanges: [adminProbed(INVALID)] },
      unknownToken: { notApplicable: 'OpenAI issued all of them and says of each whether it works.' },
      credentialRefused: { exchanges: [adminProbed(NAMELESS), adminListed, adminDeleted(INVALID)] },
      forbidden: {
        exchanges: [adminProbed(FORBIDDEN)],
        endsAs: { outcome: 'refused', reason: 'not-permitted' },
      },
      secondCall: { exchanges: [adminProbed(INVALID)] },
    },
  },
];
