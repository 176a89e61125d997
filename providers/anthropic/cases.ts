import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange, PlainAnswer } from '../../test/support/scripted-upstream.ts';
import type { AnthropicConfig } from './config.ts';
import { anthropic } from './index.ts';

const tokenOf = (kind: string, start: string): string =>
  `${['sk', 'ant', kind].join('-')}-${start}${'aB3_-'.repeat(19).slice(0, 90)}AA`;

export const TOKEN = tokenOf('api03', 'R2D');
/** Of a user. */
export const USER_KEY = tokenOf('usr', '1gX');
export const ADMIN_KEY = tokenOf('admin01', 'Own');
const LEAKED_ADMIN_KEY = tokenOf('admin01', 'Los');
export const ORGANIZATION = '12345678-1234-5678-1234-567812345678';
export const KEY_ID = 'apikey_01Rj2N8SVvo6BePZj99NhmiT';
export const HINT = `${TOKEN.slice(0, 16)}...${TOKEN.slice(-4)}`;

export const config = () => ({ organizations: [{ adminKey: ADMIN_KEY }] });

const headers = (key: string) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' });
const error = (type: string) => ({ type: 'error', error: { type, message: 'invalid x-api-key' } });
export const INVALID: PlainAnswer = { status: 401, json: error('authentication_error') };
export const failed = (status: number, type: string, message: string): PlainAnswer => ({
  ...{ status, json: { type: 'error', error: { type, message }, request_id: 'req_1' } },
});
/** To a key that is of no workspace, in the words of the vendor's guide. */
export const NAMES_NO_WORKSPACE = failed(
  400,
  'invalid_request_error',
  'anthropic-workspace-id is required when authenticating with an identity-linked API key; send the id of the workspace this request acts in.',
);
const FORBIDDEN: PlainAnswer = { status: 403, json: error('permission_error') };
/** https://github.com/anthropics/claude-code/issues/1613 shows it. */
export const NOT_SERVED: PlainAnswer = {
  ...{ status: 403, json: { error: { type: 'forbidden', message: 'Request not allowed' } } },
};
export const ALIVE: PlainAnswer = {
  status: 200,
  headers: { 'anthropic-organization-id': ORGANIZATION },
  json: { data: [], has_more: false, first_id: null, last_id: null },
};

const get = (path: string, key: string, answer: PlainAnswer): Exchange => ({
  expect: { method: 'GET', path: `/api.anthropic.com/v1${path}`, headers: headers(key) },
  answer,
});

export const probed = (answer: PlainAnswer, token = TOKEN) => get('/models?limit=1', token, answer);
export const probedIn = (workspace: string, answer: PlainAnswer): Exchange => {
  const { expect } = probed(answer);
  return {
    expect: { ...expect, headers: { ...expect.headers, 'anthropic-workspace-id': workspace } },
    answer,
  };
};
export const workspaces = (ids: readonly string[]): Exchange =>
  get('/organizations/workspaces?include_default=true&limit=20', ADMIN_KEY, {
    status: 200,
    json: {
      data: ids.map((id) => ({ id, type: 'workspace' })),
      has_more: false,
      first_id: null,
      last_id: null,
    },
  });
export const asked = (answer: PlainAnswer, key = ADMIN_KEY) => get('/organizations/me', key, answer);
export const organization = (id = ORGANIZATION): PlainAnswer => ({
  status: 200,
  json: { id, type: 'organization', name: 'Acme' },
});

export const key = (id: string, hint: string | null) => ({
  id,
  type: 'api_key',
  status: 'active',
  created_at: '2024-10-30T23:58:27.427722Z',
  name: 'a name',
  partial_key_hint: hint,
});

export function listed(
  keys: readonly unknown[],
  page: { readonly after?: string; readonly next?: string } = {},
): Exchange {
  const after = page.after === undefined ? '' : `&after_id=${page.after}`;
  const json = { data: keys, has_more: page.next !== undefined, first_id: null, last_id: page.next ?? null };
  const path = `/organizations/api_keys?status=active&limit=1000${after}`;
  return get(path, ADMIN_KEY, { status: 200, json });
}

export const OTHERS = [key('apikey_other', 'sk-ant-api03-Zzz...zzAA'), key('apikey_old', null)];
export const listedOnce = listed([...OTHERS, key(KEY_ID, HINT)]);

export const disabled: Exchange = {
  expect: {
    method: 'POST',
    path: `/api.anthropic.com/v1/organizations/api_keys/${KEY_ID}`,
    headers: headers(ADMIN_KEY),
    json: { status: 'inactive' },
  },
  answer: { status: 200, json: { ...key(KEY_ID, HINT), status: 'inactive' } },
};

export const leakedAdminKey = (token = LEAKED_ADMIN_KEY) => ({
  token,
  works: asked(organization(), token),
  isDead: asked(INVALID, token),
});

const adminKey = leakedAdminKey();
const MANUAL = { outcome: 'refused', reason: 'manual' } as const;
const NO_CREDENTIAL = { notApplicable: 'The leaked key is asked about itself, and then a person.' };

export const cases: readonly ProviderSpec<AnthropicConfig>[] = [
  {
    definition: anthropic,
    config,
    token: TOKEN,
    credentials: [ADMIN_KEY],
    kind: 'api-key',
    type: 'gitleaks_rule_id_anthropic_key',
    scripts: {
      revoked: {
        exchanges: [probed(ALIVE), asked(organization()), listedOnce, disabled, probed(INVALID)],
      },
      alreadyDead: { exchanges: [probed(INVALID)] },
      unknownToken: { notApplicable: 'Anthropic says the same of a key that it never gave.' },
      credentialRefused: { exchanges: [probed(ALIVE), asked(INVALID)] },
      forbidden: { exchanges: [probed(ALIVE), asked(FORBIDDEN)] },
      secondCall: { exchanges: [probed(INVALID)] },
    },
  },
  {
    definition: anthropic,
    config,
    token: adminKey.token,
    credentials: [ADMIN_KEY],
    kind: 'admin-key',
    type: 'gitleaks_rule_id_anthropic-admin-api-key',
    scripts: {
      revoked: { exchanges: [adminKey.works], endsAs: MANUAL },
      alreadyDead: { exchanges: [adminKey.isDead] },
      unknownToken: { notApplicable: 'Anthropic says the same of a key that it never gave.' },
      credentialRefused: NO_CREDENTIAL,
      forbidden: NO_CREDENTIAL,
      secondCall: { exchanges: [adminKey.works], endsAs: MANUAL },
    },
  },
];
