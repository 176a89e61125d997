import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { Oauth2Config } from './config.ts';
import { oauth2 } from './index.ts';

export const TOKEN = 'k3y9.K3y9-_'.repeat(4);
export const NO_TOKEN = 'quash-checks-its-credential';
const CLIENT_SECRET = 's3cr:t+%/';
export const TYPE = 'gitleaks_rule_id_acme_token';

/** `quash:` and the secret, both encoded as in a form. */
const BASIC = `Basic ${Buffer.from('my+client:s3cr%3At%2B%25%2F').toString('base64')}`;

const ACCEPT = { accept: 'application/json, application/*;q=0.5, text/*;q=0.1' };

export const post = (path: string, status: number, json?: unknown, token = TOKEN): Exchange => ({
  expect: {
    method: 'POST',
    path: `/idp${path}`,
    headers: { authorization: BASIC, ...ACCEPT },
    form: { token },
  },
  answer: { status, ...(json !== undefined && { json }) },
});
const introspect = (active: boolean) => post('/introspect', 200, { active });
const revoke = post('/revoke', 200);
const invalidClient = { error: 'invalid_client' };

export const server = (url: string) => ({
  id: 'acme',
  revokeUrl: `${url}/idp/revoke`,
  introspectUrl: `${url}/idp/introspect`,
  clientId: 'my client',
  clientSecret: CLIENT_SECRET,
  types: [TYPE],
});

const never = {
  exchanges: [introspect(false), revoke],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

const withProof: ProviderSpec<Oauth2Config> = {
  // The types are the operator's own.
  definition: { ...oauth2, types: [TYPE] },
  config: (url) => ({ servers: [server(url)] }),
  token: TOKEN,
  credentials: [CLIENT_SECRET],
  kind: 'acme',
  type: TYPE,
  scripts: {
    revoked: {
      exchanges: [introspect(true), revoke, introspect(false)],
      endsAs: { outcome: 'accepted', verified: true },
    },
    // The RFCs have one answer for dead and for unknown tokens.
    alreadyDead: never,
    unknownToken: never,
    credentialRefused: { exchanges: [post('/introspect', 401, invalidClient)] },
    forbidden: { exchanges: [post('/introspect', 403, { error: 'access_denied' })] },
    // It never happens so: that the token was active is on record before it is revoked.
    secondCall: never,
  },
};

const inForm: Exchange = {
  expect: {
    method: 'POST',
    path: '/idp/revoke',
    headers: { authorization: undefined, ...ACCEPT },
    form: { token: TOKEN, client_id: 'my client', client_secret: CLIENT_SECRET },
  },
  answer: { status: 200 },
};
/** To see whether it is the credential that is refused. */
const ofNoToken = (status: number, json: unknown): Exchange => ({
  expect: { method: 'POST', path: '/idp/revoke', form: { ...inForm.expect.form, token: NO_TOKEN } },
  answer: { status, json },
});
const refusal = (status: number, json: unknown) => [
  { ...inForm, answer: { status, json } },
  ofNoToken(status, json),
];
const ACCEPTED = { outcome: 'accepted', verified: false } as const;

const withoutProof: ProviderSpec<Oauth2Config> = {
  ...withProof,
  config: (url) => {
    const { introspectUrl: _, ...rest } = server(url);
    return { servers: [{ ...rest, clientAuth: 'post' }] };
  },
  scripts: {
    ...withProof.scripts,
    revoked: { exchanges: [inForm], endsAs: ACCEPTED },
    alreadyDead: { exchanges: [inForm], endsAs: ACCEPTED },
    unknownToken: {
      exchanges: [{ ...inForm, answer: { status: 200, json: { error: 'invalid_token' } } }],
      endsAs: { outcome: 'refused', reason: 'unknown-token' },
    },
    credentialRefused: { exchanges: refusal(400, invalidClient) },
    forbidden: { exchanges: refusal(403, { error: 'access_denied' }) },
    secondCall: { exchanges: [inForm], endsAs: ACCEPTED },
  },
};

export const cases: readonly ProviderSpec<Oauth2Config>[] = [withProof, withoutProof];
