import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { TailscaleConfig } from './config.ts';
import { tailscale } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const ID = 'k123456CNTRL';
const key = (kind: string, id = ID) => `${['ts', 'key-', kind].join('')}-${id}-${'aB3d'.repeat(8)}`;
export const API_TOKEN = key('api');
export const AUTH_KEY = key('auth');
export const CLIENT_SECRET = key('client');
export const OURS = { id: 'kQuash7CNTRL', secret: key('client', 'kQuash7CNTRL') };

const ISSUED = 'issued-to-quash-for-an-hour';

export const issue = (status = 200): Exchange => ({
  expect: {
    method: 'POST',
    path: '/api.tailscale.com/api/v2/oauth/token',
    form: { client_id: OURS.id, client_secret: OURS.secret },
  },
  answer: {
    status,
    json: status === 200 ? { access_token: ISSUED, token_type: 'Bearer', expires_in: 3600 } : DENIED,
  },
});

export const callsBy = (caller: string) => {
  const call =
    (method: 'GET' | 'DELETE', path = `/${ID}`) =>
    (status: number, json?: unknown): Exchange => ({
      expect: {
        method,
        path: `/api.tailscale.com/api/v2/tailnet/-/keys${path}`,
        headers: { authorization: `Bearer ${caller}`, accept: 'application/json' },
      },
      answer: { status, ...(json !== undefined && { json }) },
    });
  return { look: call('GET'), remove: call('DELETE'), list: call('GET', '') };
};

export const DENIED = { message: 'API token invalid' };
export const FORBIDDEN = {
  message: 'calling actor does not have enough permissions to perform this function',
};
export const ABSENT = { message: 'not found' };
export const RECORD = { id: ID, created: '2026-01-01T00:00:00Z', expires: '2026-03-01T00:00:00Z' };

export const self = callsBy(API_TOKEN);
export const ours = callsBy(ISSUED);

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

/** The leaked secret logs in as the client that it names. */
export const logIn = (status = 200, secret = CLIENT_SECRET): Exchange => ({
  expect: {
    method: 'POST',
    path: '/api.tailscale.com/api/v2/oauth/token',
    form: { client_id: secret.split('-')[2] ?? '', client_secret: secret },
  },
  answer: {
    status,
    json: status === 200 ? { access_token: 'of-the-leaked', token_type: 'Bearer', expires_in: 3600 } : DENIED,
  },
});

/** Logs in, and not with an id that nobody has. */
export const loggedIn = [logIn(), logIn(401, CLIENT_SECRET.replace(ID, 'k111111CNTRL'))];

/** As scanners ask it: https://github.com/trufflesecurity/trufflehog/pull/1719. */
export const verified = (status: 204 | 401 | 403 | 404, key = AUTH_KEY, text?: string): Exchange => ({
  expect: {
    method: 'POST',
    path: '/api.tailscale.com/api/v2/secret-scanning/verify',
    headers: { accept: 'application/json' },
    form: { key },
  },
  answer: text === undefined ? { status, ...(status !== 204 && { json: DENIED }) } : { status, text },
});
export const WITH_ANOTHER_ID = AUTH_KEY.replace(ID, 'k111111CNTRL');
export const WITH_ANOTHER_SECRET = AUTH_KEY.replace(/\w+$/, (secret) => [...secret].reverse().join(''));
/** It works, and neither half does with another one. */
export const shown = [verified(204), verified(401, WITH_ANOTHER_ID), verified(401, WITH_ANOTHER_SECRET)];

export const AUTH_RECORD = { ...RECORD, keyType: 'auth' };
export const CLIENT_RECORD = { ...RECORD, keyType: 'client' };
const ours200 = (record: object, change: object = {}) => ours.look(200, { ...record, ...change });
const ENDED = { revoked: '2026-01-02T00:00:00Z', invalid: true };

export const cases: readonly ProviderSpec<TailscaleConfig>[] = [
  {
    definition: tailscale,
    config: () => ({}),
    token: API_TOKEN,
    kind: 'api-token',
    type: 'gitleaks_rule_id_tailscaleapiaccesstoken',
    scripts: {
      revoked: { exchanges: [self.look(200, RECORD), self.remove(200, {}), self.look(401, DENIED)] },
      // A revoked token is refused like one that was cut.
      alreadyDead: { exchanges: [self.look(401, DENIED)], endsAs: UNKNOWN },
      unknownToken: { exchanges: [self.look(401, DENIED)], endsAs: UNKNOWN },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { exchanges: [self.look(200, RECORD), self.remove(403, FORBIDDEN)] },
      secondCall: { exchanges: [self.look(401, DENIED)], endsAs: UNKNOWN },
    },
  },
  {
    definition: tailscale,
    config: () => ({ oauthClient: OURS }),
    token: AUTH_KEY,
    credentials: [OURS.secret, ISSUED],
    kind: 'auth-key',
    type: 'gitleaks_rule_id_tailscalepersonalauthkey',
    scripts: {
      revoked: {
        exchanges: [
          ...[issue(), ours200(AUTH_RECORD), ...shown],
          ...[ours.remove(200), ours200(AUTH_RECORD, ENDED)],
        ],
      },
      // That the key of this id is dead says nothing of the text.
      alreadyDead: { exchanges: [issue(), ours200(AUTH_RECORD, ENDED)], endsAs: UNKNOWN },
      unknownToken: { exchanges: [issue(), ours.look(404, ABSENT)], endsAs: UNKNOWN },
      credentialRefused: { exchanges: [issue(401)] },
      forbidden: { exchanges: [issue(), ours.look(403, FORBIDDEN)] },
      // Not so after a crash: that it was seen to work is on record before it is deleted.
      secondCall: { exchanges: [ours200(AUTH_RECORD, ENDED)], endsAs: UNKNOWN },
    },
  },
  {
    definition: tailscale,
    config: () => ({ oauthClient: OURS }),
    token: CLIENT_SECRET,
    credentials: [OURS.secret, ISSUED],
    kind: 'oauth-client',
    type: 'gitleaks_rule_id_tailscaleoauthclientsecret',
    scripts: {
      revoked: {
        exchanges: [
          ...loggedIn,
          issue(),
          ours200(CLIENT_RECORD),
          ours.remove(200),
          ours200(CLIENT_RECORD, ENDED),
          logIn(401),
        ],
      },
      alreadyDead: { exchanges: [logIn(401)], endsAs: UNKNOWN },
      unknownToken: { exchanges: [logIn(401)], endsAs: UNKNOWN },
      credentialRefused: { exchanges: [...loggedIn, issue(401)] },
      forbidden: { exchanges: [...loggedIn, issue(), ours.look(403, FORBIDDEN)] },
      secondCall: { exchanges: [logIn(401)], endsAs: UNKNOWN },
    },
  },
];
