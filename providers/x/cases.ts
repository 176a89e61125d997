import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { XConfig } from './config.ts';
import { x } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const BEARER = ['A'.repeat(22), 'k3y9Id0xAb'.repeat(6), '%3D', 's3cR3tXy'.repeat(3)].join('');
export const USER_TOKEN = [
  Buffer.from('k3y9Id0xAb'.repeat(7)).toString('base64url').slice(0, 88),
  'OmF0OjE',
].join('');
const SECRETS = ['operator-consumer-secret', 'operator-access-token-secret'] as const;
const CLIENT_SECRET = 'operator-client-secret';

const API = '/api.x.com';
const problem = (status: number, title: string) => ({ title, type: 'about:blank', status, detail: title });
const probe = (path: string, token: string, status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `${API}${path}`, headers: { authorization: `Bearer ${token}` } },
  answer: { status, json },
});
const usage = (status: number, json: unknown) => probe('/2/usage/tweets', BEARER, status, json);
export const alive = usage(200, { data: { project_usage: '1', project_cap: '100' } });
export const forbiddenUse = usage(403, problem(403, 'Forbidden'));
/** The two forms that X has for an app without credits. */
const UNPAID = [
  {
    account_id: 1553086854915936000,
    title: 'CreditsDepleted',
    detail: 'Your enrolled account [1553086854915936000] does not have any credits to fulfill this request.',
    type: 'https://api.twitter.com/2/problems/credits',
  },
  {
    ...problem(402, 'Payment Required'),
    detail: 'credits depleted',
    type: 'https://api.x.com/2/problems/credits-depleted',
  },
];
export const unpaid = UNPAID.map((json) => usage(402, json));
export const dead = usage(401, problem(401, 'Unauthorized'));
export const invalid = usage(401, { errors: [{ message: 'Invalid or expired token', code: 89 }] });
const me = (status: number, json: unknown) => probe('/2/users/me', USER_TOKEN, status, json);
export const userAlive = me(200, { data: { id: '1', username: 'quash' } });
export const userDead = me(401, problem(401, 'Unauthorized'));

export const TOKEN_SECRET = 'k3y9QuasE'.repeat(5);
const ACCESS_TOKEN = `1234567890-${'k3y9Q'.repeat(6)}`;
export const CONTEXT = `token: ${ACCESS_TOKEN}\nsecret: ${TOKEN_SECRET}\n`;
const DECOY = `9876543210-${'dEc0y'.repeat(6)}`;
export const DECOY_CONTEXT = `token: ${ACCESS_TOKEN}\n${DECOY} secret: ${TOKEN_SECRET}\n`;
const signedForUser = (
  method: string,
  path: string,
  status: number,
  json: unknown,
  accessToken = ACCESS_TOKEN,
): Exchange => ({
  expect: {
    method,
    path: `${API}${path}`,
    headers: {
      authorization: new RegExp(`^OAuth oauth_consumer_key="key-1", .*oauth_token="${accessToken}", `),
    },
  },
  answer: { status, json },
});
const pair = (status: number, json: unknown) => signedForUser('GET', '/2/users/me', status, json);
export const pairAlive = pair(200, { data: { id: '1234567890', username: 'quash' } });
export const pairUnpaid = pair(402, UNPAID[0]);
export const pairDead = pair(401, problem(401, 'Unauthorized'));
/** Nothing can be said of it. */
export const ofDecoy = signedForUser('GET', '/2/users/me', 401, { errors: [{ code: 326 }] }, DECOY);
export const invalidatePair = signedForUser('POST', '/1.1/oauth/invalidate_token.json', 200, {
  access_token: ACCESS_TOKEN,
});

const signedBy = (key: string) =>
  new RegExp(
    `^OAuth oauth_consumer_key="${key}", oauth_nonce="[0-9a-f-]{36}", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1767225600", oauth_token="1-owner", oauth_version="1\\.0", oauth_signature="[\\w%.-]+"$`,
  );
const owner = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `${API}/2/users/me`, headers: { authorization: signedBy('key-1') } },
  answer: { status, json },
});
export const ownerAlive = owner(200, { data: { id: '1', username: 'owner' } });
export const ownerRefused = owner(401, problem(401, 'Unauthorized'));
export const invalidate = (key: string, status: number, json: unknown): Exchange => ({
  expect: {
    method: 'POST',
    path: `${API}/oauth2/invalidate_token`,
    headers: { authorization: signedBy(key) },
    form: { access_token: decodeURIComponent(BEARER) },
  },
  answer: { status, json },
});
export const errors = (code: number) => ({ errors: [{ code, message: 'No.' }] });
export const invalidated = { access_token: BEARER };
export const revoke = (client: string, status: number, json: unknown): Exchange => ({
  expect: {
    method: 'POST',
    path: `${API}/2/oauth2/revoke`,
    headers: {
      authorization: `Basic ${Buffer.from(`${client}:${CLIENT_SECRET}`).toString('base64')}`,
    },
    form: { token: USER_TOKEN, token_type_hint: 'access_token' },
  },
  answer: { status, json },
});

export const app = (consumerKey: string) => ({
  consumerKey,
  consumerSecret: SECRETS[0],
  accessToken: '1-owner',
  accessTokenSecret: SECRETS[1],
});
export const client = (clientId: string) => ({ clientId, clientSecret: CLIENT_SECRET });

const config = () => ({ apps: [app('key-1')], clients: [client('client-1')] });

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;
const NEEDS_CONTEXT = { outcome: 'refused', reason: 'needs-context' } as const;

export const cases: readonly ProviderSpec<XConfig>[] = [
  {
    definition: x,
    config,
    token: BEARER,
    credentials: [...SECRETS, CLIENT_SECRET],
    kind: 'bearer-token',
    type: 'gitleaks_rule_id_twitter_token',
    scripts: {
      revoked: { exchanges: [alive, invalidate('key-1', 200, invalidated), dead] },
      // What is refused may be a token that was cut.
      alreadyDead: { exchanges: [dead], endsAs: UNKNOWN },
      unknownToken: { exchanges: [dead], endsAs: UNKNOWN },
      credentialRefused: { exchanges: [alive, invalidate('key-1', 401, errors(32))] },
      forbidden: { exchanges: [forbiddenUse, invalidate('key-1', 403, errors(453))] },
      secondCall: { exchanges: [dead], endsAs: UNKNOWN },
    },
  },
  {
    definition: x,
    config,
    token: USER_TOKEN,
    credentials: [...SECRETS, CLIENT_SECRET],
    kind: 'user-token',
    type: 'gitleaks_rule_id_twitter_token',
    scripts: {
      revoked: { exchanges: [userAlive, revoke('client-1', 200, { revoked: true }), userDead] },
      alreadyDead: { exchanges: [userDead], endsAs: UNKNOWN },
      unknownToken: { exchanges: [userDead], endsAs: UNKNOWN },
      credentialRefused: { exchanges: [userAlive, revoke('client-1', 401, { error: 'invalid_client' })] },
      forbidden: { exchanges: [userAlive, revoke('client-1', 400, { error: 'unauthorized_client' })] },
      secondCall: { exchanges: [userDead], endsAs: UNKNOWN },
    },
  },
  {
    definition: x,
    config,
    token: TOKEN_SECRET,
    context: CONTEXT,
    credentials: [...SECRETS, CLIENT_SECRET],
    kind: 'access-token-secret',
    type: 'gitleaks_rule_id_twitter-access-secret',
    unknownAnswer: { status: 401, json: problem(401, 'Unauthorized') },
    scripts: {
      revoked: { exchanges: [pairAlive, pairAlive, invalidatePair, pairDead, ownerAlive] },
      // An invalid one signs with no access token, like one that was made up.
      alreadyDead: { exchanges: [pairDead], endsAs: NEEDS_CONTEXT },
      unknownToken: { exchanges: [pairDead], endsAs: NEEDS_CONTEXT },
      credentialRefused: { notApplicable: 'What is refused may be any of the four keys.' },
      forbidden: { notApplicable: 'What is refused may be any of the four keys.' },
      secondCall: { exchanges: [pairDead], endsAs: NEEDS_CONTEXT },
    },
  },
];
