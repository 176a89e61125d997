import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { TerraformCloudConfig } from './config.ts';
import { terraformCloud } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const token = (first: string) => [first.repeat(2), 'atlasv1', 'k3y9-k3_'.repeat(8)].join('.');
export const TOKEN = token('k3y9k3y');
const ORGANIZATION_TOKEN = token('0rg9k3y');

const NOBODYS = ['0'.repeat(14), 'atlasv1', '0'.repeat(67)].join('.');

const USER = 'user-V3R563qtJNcExAkN';
const errors = (status: string, title: string) => ({ errors: [{ status, title }] });

/** The calls that are made with a token. */
export function callsWith(leaked: string, host = 'app.terraform.io') {
  const callAs = (
    bearer: string,
    method: string,
    path: string,
    status: number,
    json?: unknown,
  ): Exchange => ({
    expect: {
      method,
      path: `/${host}/api/v2${path}`,
      headers: { authorization: `Bearer ${bearer}`, accept: 'application/vnd.api+json' },
    },
    answer: { status, ...(json !== undefined && { json }) },
  });
  const call = (method: 'GET' | 'DELETE', path: string, status: number, json?: unknown) =>
    callAs(leaked, method, path, status, json);
  const attributes = { 'created-at': '2018-11-06T22:56:10.203Z', 'last-used-at': null, 'expired-at': null };
  return {
    account: (owner?: { id: string; type: string }) =>
      call('GET', '/account/details', 200, {
        data: {
          id: USER,
          type: 'users',
          attributes: { username: 'someone', 'is-service-account': owner !== undefined },
          relationships: {
            'authentication-tokens': { links: { related: `/api/v2/users/${USER}/authentication-tokens` } },
            ...(owner && { 'authenticated-resource': { data: owner } }),
          },
        },
      }),
    /** With a token that nobody has. */
    nobodys: callAs(NOBODYS, 'GET', '/account/details', 401, errors('401', 'unauthorized')),
    dead: call('GET', '/account/details', 401, errors('401', 'unauthorized')),
    list: (...ids: string[]) =>
      call('GET', `/users/${USER}/authentication-tokens`, 200, {
        data: ids.map((id) => ({ id, type: 'authentication-tokens', attributes })),
      }),
    remove: (path: string) => call('DELETE', path, 204),
    mayNotRemove: (path: string) => call('DELETE', path, 404, errors('404', 'not found')),
  };
}

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

function specOf(leaked: string, look: readonly Exchange[], path: string): ProviderSpec<TerraformCloudConfig> {
  const { dead, remove, mayNotRemove } = callsWith(leaked);
  return {
    definition: terraformCloud,
    config: () => ({ hosts: ['https://app.terraform.io'] }),
    token: leaked,
    kind: 'api-token',
    type: 'gitleaks_rule_id_hashicorp_terraform_user/org_api_token',
    scripts: {
      revoked: { exchanges: [...look, ...look, remove(path), dead] },
      // A deleted token is as unknown as one of another host, or of an agent.
      alreadyDead: { exchanges: [dead], endsAs: UNKNOWN },
      unknownToken: { exchanges: [dead], endsAs: UNKNOWN },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { exchanges: [...look, ...look, mayNotRemove(path)] },
      // It never happens so: the note is on record before anything is deleted.
      secondCall: { exchanges: [dead], endsAs: UNKNOWN },
    },
  };
}

const ofUser = callsWith(TOKEN);
const asOrganization = callsWith(ORGANIZATION_TOKEN).account({ id: 'acme', type: 'organizations' });

export const cases: readonly ProviderSpec<TerraformCloudConfig>[] = [
  specOf(TOKEN, [ofUser.account(), ofUser.list('at-1')], '/authentication-tokens/at-1'),
  specOf(ORGANIZATION_TOKEN, [asOrganization], '/organizations/acme/authentication-token'),
];
