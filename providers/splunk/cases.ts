import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { SplunkConfig } from './config.ts';
import { splunk } from './index.ts';

// Made here and signed by nobody.
export const ID = '3c2b1a0d5f4e7a6b';
export const tokenWith = (claims: unknown): string =>
  [{ alg: 'HS512', kid: 'splunk.secret' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .concat('k3Y9_'.repeat(17))
    .join('.');
export const TOKEN = tokenWith({ iss: 'admin from sh1', sub: 'ci user', aud: 'ci', jti: ID, exp: 0 });
export const HEC = ['0a1b2c3d', '4e5f', '4a6b', '8c7d', '9e0f1a2b3c4d'].join('-');
const OTHER_HEC = ['ffffffff', '4e5f', '4a6b', '8c7d', '9e0f1a2b3c4d'].join('-');
export const OURS = ['quash', 'splunk', 'k3Y9'.repeat(8)].join('-');

const admin = { authorization: `Bearer ${OURS}` };
const said = (type: string, text: string) => ({ messages: [{ type, text }] });
export const UNAUTHORIZED = said('WARN', 'call not properly authenticated');

export const login = (status: number, json: unknown, prefix = ''): Exchange => ({
  expect: {
    method: 'GET',
    path: `${prefix}/services/authentication/current-context?output_mode=json`,
    headers: { authorization: `Bearer ${TOKEN}` },
  },
  answer: { status, json },
});
export const letIn = (username = 'ci user') => login(200, { entry: [{ content: { username } }] });
export const shutOut = (prefix = '') => login(401, UNAUTHORIZED, prefix);

export const records = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: '/services/authorization/tokens?output_mode=json&count=0&username=ci+user',
    headers: admin,
  },
  answer: { status, json },
});
export const recordOf = (status: 'enabled' | 'disabled', id = ID) =>
  records(200, { entry: [{ name: id, content: { status, claims: { sub: 'ci user' } } }] });

const mayDo = (capabilities: readonly string[]): Exchange => ({
  expect: {
    method: 'GET',
    path: '/services/authentication/current-context?output_mode=json',
    headers: admin,
  },
  answer: { status: 200, json: { entry: [{ content: { username: 'quash', capabilities } }] } },
});
const EDIT = ['edit_tokens_all', 'edit_token_http'];
export const sees = { all: mayDo([...EDIT, 'list_tokens_all']), own: mayDo([...EDIT, 'list_tokens_own']) };

export const none = () => records(200, { entry: [] });
const gone = () => [none(), sees.all];

/** As the reference of the REST API shows it. */
export const deletion = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'DELETE',
    path: `/services/authorization/tokens/ci%20user?output_mode=json&id=${ID}`,
    headers: admin,
  },
  answer: { status, json },
});
export const deleted = () => deletion(200, { entry: [], ...said('INFO', 'Token removed.') });

export const inputs = (status: number, json: unknown, prefix = ''): Exchange => ({
  expect: {
    method: 'GET',
    path: `${prefix}/servicesNS/-/-/data/inputs/http?output_mode=json&count=0`,
    headers: admin,
  },
  answer: { status, json },
});
const inputOf = (name: string, token: string, disabled: unknown) => ({
  name: `http://${name}`,
  acl: { app: 'search' },
  content: { token, disabled },
});
export const inputsWith = (token: string, disabled: unknown, prefix = '') =>
  inputs(
    200,
    {
      entry: [
        // The settings of the collector itself have no token.
        { name: 'http', acl: { app: 'splunk_httpinput' }, content: { disabled: '0', port: 8088 } },
        inputOf('other', OTHER_HEC, false),
        inputOf('app logs', token, disabled),
      ],
    },
    prefix,
  );
export const disabling = (status: number, json: unknown, prefix = ''): Exchange => ({
  expect: {
    method: 'POST',
    path: `${prefix}/servicesNS/nobody/search/data/inputs/http/http%3A%2F%2Fapp%20logs/disable?output_mode=json`,
    headers: admin,
  },
  answer: { status, json },
});

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

const authentication: ProviderSpec<SplunkConfig> = {
  definition: splunk,
  config: (url) => ({ instances: [{ url, token: OURS }] }),
  token: TOKEN,
  credentials: [OURS],
  kind: 'authentication-token',
  type: 'gitleaks_rule_id_splunkauthtoken',
  scripts: {
    revoked: { exchanges: [letIn(), letIn(), deleted(), shutOut(), ...gone()] },
    // A record that is named by a text which is not let in says nothing of that text.
    alreadyDead: { exchanges: [shutOut()], endsAs: UNKNOWN },
    unknownToken: { exchanges: [shutOut()], endsAs: UNKNOWN },
    credentialRefused: { exchanges: [letIn(), letIn(), deletion(401, UNAUTHORIZED)] },
    forbidden: {
      exchanges: [letIn(), letIn(), deletion(403, said('WARN', 'insufficient permission'))],
    },
    secondCall: { exchanges: [shutOut()], endsAs: UNKNOWN },
  },
};

const eventCollector: ProviderSpec<SplunkConfig> = {
  ...authentication,
  token: HEC,
  kind: 'hec-token',
  type: 'gitleaks_rule_id_splunkhectoken',
  scripts: {
    revoked: {
      exchanges: [
        inputsWith(HEC, false),
        disabling(200, { entry: [inputOf('app logs', HEC, true)] }),
        inputsWith(HEC, true),
      ],
    },
    // It may be enabled where nobody was asked.
    alreadyDead: { exchanges: [inputsWith(HEC.toUpperCase(), '1')], endsAs: UNKNOWN },
    unknownToken: {
      exchanges: [inputs(200, { entry: [] })],
      endsAs: { outcome: 'refused', reason: 'unknown-token' },
    },
    credentialRefused: { exchanges: [inputs(401, UNAUTHORIZED)] },
    forbidden: { exchanges: [inputs(403, said('WARN', 'insufficient permission'))] },
    secondCall: { exchanges: [inputsWith(HEC, true)], endsAs: UNKNOWN },
  },
};

export const cases: readonly ProviderSpec<SplunkConfig>[] = [authentication, eventCollector];
