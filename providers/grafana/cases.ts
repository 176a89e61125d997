import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { GrafanaConfig } from './config.ts';
import { grafana } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const TOKEN = ['glsa', 'a1B2c3D4'.repeat(4), '0a1b2c3d'].join('_');
export const OPERATOR = 'token-of-the-operator';
export const config = (url: string) => ({ instances: [{ url: `${url}/grafana`, token: OPERATOR }] });

const API_KEY = Buffer.from(JSON.stringify({ k: 'a1B2c3D4'.repeat(4), n: 'deployer', id: 1 })).toString(
  'base64',
);

export const itself = (status: number, json: unknown, token = TOKEN): Exchange => ({
  expect: { method: 'GET', path: '/grafana/api/user', headers: { authorization: `Bearer ${token}` } },
  answer: { status, json },
});
const SELF = {
  id: 0,
  uid: 'ab12',
  email: '',
  name: 'deployer',
  login: 'sa-1-deployer',
  orgId: 1,
  isGrafanaAdmin: false,
};
export const alive = itself(200, SELF);
export const denial = (messageId: string, message: string) => ({
  extra: null,
  message,
  messageId,
  statusCode: 401,
  traceID: '',
});
export const invalid = itself(401, denial('api-key.invalid', 'Invalid API key'));
/** A token that nobody has. */
export const nobodys = itself(
  401,
  denial('api-key.invalid', 'Invalid API key'),
  ['glsa', '0'.repeat(32), '0'.repeat(8)].join('_'),
);
/** With anonymous access. */
export const nobody = itself(401, { message: 'Unauthorized' });
const EXPIRED = denial('api-key.expired', 'Expired API key');

const operator = (method: 'GET' | 'DELETE', path: string, status: number, json: unknown): Exchange => ({
  expect: {
    method,
    path: `/grafana/api/serviceaccounts/${path}`,
    headers: { authorization: `Bearer ${OPERATOR}` },
  },
  answer: { status, json },
});
export const accounts = (logins: readonly string[], page = 1, totalCount = logins.length) =>
  operator('GET', `search?perpage=1000&page=${page}`, 200, {
    totalCount,
    serviceAccounts: logins.map((login, index) => ({
      id: 10 + index,
      login,
      name: login,
      orgId: 1,
      tokens: 1,
    })),
    page,
    perPage: 1000,
  });
const searchAnswered = (status: number, message: string) =>
  operator('GET', 'search?perpage=1000&page=1', status, { message });
export const record = (id: number, ended: { hasExpired?: boolean; isRevoked?: boolean } = {}) => ({
  id,
  name: `token-${id}`,
  created: '2026-03-23T10:31:02Z',
  lastUsedAt: null,
  expiration: null,
  secondsUntilExpiration: 0,
  hasExpired: false,
  isRevoked: false,
  ...ended,
});
export const tokens = (records: readonly unknown[]) => operator('GET', '11/tokens', 200, records);
export const noAccount = operator('GET', '11/tokens', 404, { message: 'service account not found' });
export const deletion = (status: number, message: string) =>
  operator('DELETE', '11/tokens/7', status, { message });
export const ACCOUNTS = accounts(['sa-1-other', 'sa-1-deployer']);
const caseOf = (token: string, kind: string, type: string): ProviderSpec<GrafanaConfig> => {
  const works = itself(200, SELF, token);
  const refusal = itself(401, denial('api-key.invalid', 'Invalid API key'), token);
  const unknown = { exchanges: [refusal], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
  return {
    definition: grafana,
    config,
    token,
    credentials: [OPERATOR],
    kind,
    type: `gitleaks_rule_id_${type}`,
    scripts: {
      revoked: {
        exchanges: [
          works,
          ACCOUNTS,
          tokens([record(7)]),
          nobodys,
          works,
          tokens([record(7)]),
          nobodys,
          deletion(200, 'Service account token deleted'),
          refusal,
        ],
      },
      alreadyDead: { exchanges: [itself(401, EXPIRED, token)], saysSo: true },
      unknownToken: unknown,
      credentialRefused: { exchanges: [works, searchAnswered(401, 'Invalid API key')] },
      forbidden: { exchanges: [works, searchAnswered(403, "You'll need additional permissions")] },
      // It never happens so: the token's id is on file before anything is deleted.
      secondCall: unknown,
    },
    passing: [
      {
        name: 'another organization than that of the token',
        source: 'grafana/grafana, pkg/services/authn/clients/api_key.go',
        answer: {
          status: 401,
          json: denial(
            'api-key.organization-mismatch',
            'API key does not belong to the requested organization',
          ),
        },
      },
    ],
  };
};

export const cases: readonly ProviderSpec<GrafanaConfig>[] = [
  caseOf(TOKEN, 'service-account-token', 'grafanaserviceaccounttoken'),
  caseOf(API_KEY, 'api-key', 'grafana-api-key'),
];
