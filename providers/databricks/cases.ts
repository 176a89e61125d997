import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type DatabricksConfig, databricks } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['da', 'pi'].join('') + '0a1b2c3d'.repeat(4);
export const ID = '5f'.repeat(32);

export const call = (
  method: 'GET' | 'POST',
  path: string,
  status: number,
  json: unknown,
  body?: unknown,
): Exchange => ({
  expect: {
    method,
    path: `/api/2.0/token/${path}`,
    headers: { authorization: `Bearer ${TOKEN}`, accept: 'application/json' },
    ...(body !== undefined && { json: body }),
  },
  answer: { status, json },
});

export const info = (token_id: string) => ({
  token_id,
  creation_time: 1_626_286_601_651,
  expiry_time: -1,
  comment: 'x',
});
export const listed = call('GET', 'list', 200, { token_infos: [info(ID)] });
export const dead = call('GET', 'list', 403, { error_code: 403, message: 'Invalid access token.' });
const ACCESS_LISTS = 'https://docs.databricks.com/security/network/front-end/ip-access-list';
export const BLOCKED = {
  error_code: 'PERMISSION_DENIED',
  message: 'Source IP address: 192.0.2.1 is blocked by Databricks IP ACL for workspace: 1',
};
export const NO_PUBLIC_NETWORK = {
  error_code: 403,
  message: 'Unauthorized network access to workspace: 1234567890123456',
};
const CLOSED_NETWORK = 'https://github.com/fgarofalo56/csa-inabox/blob/main/docs/fiab/v3-tenant-bootstrap.md';
export const OF_ANOTHER = { error_code: 403, message: 'Invalid access to Org: 1234567890123456' };
const DISABLED = { error_code: 'FEATURE_DISABLED', message: 'Tokens are disabled.' };
const DISABLED_TOKENS = 'https://github.com/databricks/terraform-provider-databricks/issues/2607';
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

export const cases: readonly ProviderSpec<DatabricksConfig>[] = [
  {
    definition: databricks,
    config: (url) => ({ workspaces: [{ url }] }),
    token: TOKEN,
    kind: 'personal-access-token',
    type: 'gitleaks_rule_id_databricks_api_token',
    scripts: {
      revoked: { exchanges: [listed, listed, call('POST', 'delete', 200, {}, { token_id: ID }), dead] },
      // A revoked token is as unknown as one of another workspace.
      alreadyDead: { exchanges: [dead], endsAs: UNKNOWN },
      unknownToken: { exchanges: [dead], endsAs: UNKNOWN },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: {
        exchanges: [
          call('GET', 'list', 403, {
            error_code: 'PERMISSION_DENIED',
            message: 'User does not have permission to use tokens.',
          }),
        ],
      },
      // It never happens so: the note is on record before anything is revoked.
      secondCall: { exchanges: [dead], endsAs: UNKNOWN },
    },
    passing: [
      { name: 'a list of addresses', source: ACCESS_LISTS, answer: { status: 403, json: BLOCKED } },
      { name: 'no public network', source: CLOSED_NETWORK, answer: { status: 403, json: NO_PUBLIC_NETWORK } },
      { name: 'tokens that are off', source: DISABLED_TOKENS, answer: { status: 404, json: DISABLED } },
    ],
  },
];
