import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type TailscaleConfig, tailscale } from './index.ts';

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
        headers: { authorization: `Bearer ${caller}` },
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
export const INVALID = { ...RECORD, revoked: '2026-01-02T00:00:00Z', invalid: true };

export const self = callsBy(API_TOKEN);
export const ours = callsBy(ISSUED);

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

function byOurClient(kind: string, type: string, token: string): ProviderSpec<TailscaleConfig> {
  return {
    definition: tailscale,
    config: () => ({ oauthClient: OURS }),
    token,
    credentials: [OURS.secret, ISSUED],
    kind,
    type,
    scripts: {
      revoked: {
        exchanges: [issue(), ours.look(200, RECORD), ours.remove(200), ours.look(200, INVALID)],
      },
      alreadyDead: { exchanges: [issue(), ours.look(200, INVALID)] },
      unknownToken: { exchanges: [issue(), ours.look(404, ABSENT)], endsAs: UNKNOWN },
      credentialRefused: { exchanges: [issue(401)] },
      forbidden: { exchanges: [issue(), ours.look(403, FORBIDDEN)] },
      secondCall: { exchanges: [ours.look(200, INVALID)] },
    },
  };
}

export const cases: readonly ProviderSpec<TailscaleConfig>[] = [
  {
    definition: tailscale,
    config: () => ({}),
    token: API_TOKEN,
    kind: 'api-token',
    type: 'gitleaks_rule_id_tailscaleapiaccesstoken',
    scripts: {
      revoked: { exchanges: [self.look(200, RECORD), self.remove(200, {}), self.look(401, DENIED)] },
      alreadyDead: { exchanges: [self.look(401, DENIED)] },
      unknownToken: { exchanges: [self.look(404, ABSENT)], endsAs: UNKNOWN },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { exchanges: [self.look(200, RECORD), self.remove(403, FORBIDDEN)] },
      secondCall: { exchanges: [self.look(401, DENIED)] },
    },
  },
  byOurClient('auth-key', 'gitleaks_rule_id_tailscalepersonalauthkey', AUTH_KEY),
  byOurClient('oauth-client', 'gitleaks_rule_id_tailscaleoauthclientsecret', CLIENT_SECRET),
];
