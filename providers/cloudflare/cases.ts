import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { CloudflareConfig } from './config.ts';
import { cloudflare } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const tokenOf = (prefix: string, body: string) => [prefix, body.repeat(10), '0a1b2c3d'].join('');
export const USER_TOKEN = tokenOf('cfut_', 'k3Y9');
export const ACCOUNT_TOKEN = tokenOf('cfat_', 'k3Y9');
export const OLD_TOKEN = 'k3Y9'.repeat(10);
export const OURS = tokenOf('cfut_', 'Adm1');
export const ACCOUNT_ID = '023e105f4ecef8ad9ca31a8372d0c353';
const ID = 'f267e341f3dd4697bd3b9f71dd96247f';

export const USER_HOME = '/api.cloudflare.com/client/v4/user/tokens';
export const ACCOUNT_HOME = `/api.cloudflare.com/client/v4/accounts/${ACCOUNT_ID}/tokens`;

export const failing = (code: number, message = 'words') => ({
  success: false,
  errors: [{ code, message }],
  messages: [],
  result: null,
});

export const verifying = (home: string, token: string, status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `${home}/verify`, headers: { authorization: `Bearer ${token}` } },
  answer: { status, json },
});
export const seen = (home: string, token: string, status = 'active') =>
  verifying(home, token, 200, { success: true, errors: [], messages: [], result: { id: ID, status } });
export const invalid = (home: string, token: string) => verifying(home, token, 401, failing(1000));

export const deletion = (home: string, token: string, status: number, json: unknown): Exchange => ({
  expect: { method: 'DELETE', path: `${home}/${ID}`, headers: { authorization: `Bearer ${token}` } },
  answer: { status, json },
});
export const deleted = (home: string, token: string) =>
  deletion(home, token, 200, { success: true, errors: [], messages: [], result: { id: ID } });
export const mayNot = (home: string, token: string) => deletion(home, token, 403, failing(9109));

/** Asked when no home knows a token. */
export const accounts = (token: string, status: number, json: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: '/api.cloudflare.com/client/v4/accounts',
    headers: { authorization: `Bearer ${token}` },
  },
  answer: { status, json },
});
const nowhere = (home: string, token: string) => [invalid(home, token), accounts(token, 403, failing(9109))];
/** As many public reports quote it: a token with a filter of client addresses. */
export const BLOCKED = {
  ...failing(9109),
  errors: [{ code: 9109, message: 'Cannot use the access token from location: 192.0.2.1' }],
};

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

const byItself: ProviderSpec<CloudflareConfig> = {
  definition: cloudflare,
  config: () => ({}),
  token: USER_TOKEN,
  kind: 'user-token',
  type: 'gitleaks_rule_id_cloudflare-api-key',
  scripts: {
    revoked: {
      exchanges: [
        seen(USER_HOME, USER_TOKEN),
        deleted(USER_HOME, USER_TOKEN),
        invalid(USER_HOME, USER_TOKEN),
      ],
    },
    alreadyDead: { exchanges: [seen(USER_HOME, USER_TOKEN, 'expired')], saysSo: true },
    unknownToken: { exchanges: nowhere(USER_HOME, USER_TOKEN), endsAs: UNKNOWN },
    credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
    forbidden: { exchanges: [seen(USER_HOME, USER_TOKEN), mayNot(USER_HOME, USER_TOKEN)] },
    // Without its note, a deleted token is as unknown as one of FedRAMP High.
    secondCall: { exchanges: nowhere(USER_HOME, USER_TOKEN), endsAs: UNKNOWN },
  },
  passing: [
    {
      name: 'an address that the token may not be used from',
      source: 'https://developers.cloudflare.com/fundamentals/api/how-to/restrict-tokens/',
      answer: { status: 403, json: BLOCKED },
    },
  ],
};

const byCredential: ProviderSpec<CloudflareConfig> = {
  ...byItself,
  config: () => ({ credentials: [{ token: OURS, accountId: ACCOUNT_ID }] }),
  credentials: [OURS],
  token: ACCOUNT_TOKEN,
  kind: 'api-token',
  scripts: {
    revoked: {
      exchanges: [
        seen(ACCOUNT_HOME, ACCOUNT_TOKEN),
        mayNot(ACCOUNT_HOME, ACCOUNT_TOKEN),
        deleted(ACCOUNT_HOME, OURS),
        invalid(ACCOUNT_HOME, ACCOUNT_TOKEN),
      ],
    },
    alreadyDead: {
      exchanges: [
        seen(ACCOUNT_HOME, ACCOUNT_TOKEN, 'expired'),
        mayNot(ACCOUNT_HOME, ACCOUNT_TOKEN),
        mayNot(ACCOUNT_HOME, OURS),
      ],
      saysSo: true,
    },
    unknownToken: {
      exchanges: nowhere(ACCOUNT_HOME, ACCOUNT_TOKEN),
      endsAs: UNKNOWN,
    },
    credentialRefused: {
      exchanges: [
        seen(ACCOUNT_HOME, ACCOUNT_TOKEN),
        mayNot(ACCOUNT_HOME, ACCOUNT_TOKEN),
        deletion(ACCOUNT_HOME, OURS, 401, failing(1000)),
      ],
    },
    forbidden: {
      exchanges: [
        seen(ACCOUNT_HOME, ACCOUNT_TOKEN),
        mayNot(ACCOUNT_HOME, ACCOUNT_TOKEN),
        mayNot(ACCOUNT_HOME, OURS),
      ],
      endsAs: { outcome: 'refused', reason: 'not-permitted' },
    },
    secondCall: {
      exchanges: nowhere(ACCOUNT_HOME, ACCOUNT_TOKEN),
      // Without its note, a deleted token is as unknown as one of another account.
      endsAs: UNKNOWN,
    },
  },
};

export const cases: readonly ProviderSpec<CloudflareConfig>[] = [byItself, byCredential];
