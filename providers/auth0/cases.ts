import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { Auth0Config } from './config.ts';
import { auth0 } from './index.ts';

export const LEAKED = `${'L3-k_d'.repeat(10)}abcd`;
export const OWN_SECRET = 'Own-s3_c'.repeat(8);
const ACCESS = 'eyAccess.'.repeat(4);
const HOST = '/acme.eu.auth0.com';
const OWN_ID = 'quashQuashQuashQuash';
const CLIENT = 'AaiyAPdpYdesoKnqjj8HJqRn4T5titww';

const signIn = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'POST',
    path: `${HOST}/oauth/token`,
    json: {
      grant_type: 'client_credentials',
      client_id: OWN_ID,
      client_secret: OWN_SECRET,
      audience: 'https://acme.eu.auth0.com/api/v2/',
    },
  },
  answer: { status, json },
});
export const signedIn = signIn(200, { access_token: ACCESS, expires_in: 86_400, token_type: 'Bearer' });

export const call = (method: 'GET' | 'POST', path: string, status: number, json: unknown): Exchange => ({
  expect: { method, path: `${HOST}/api/v2/clients${path}`, headers: { authorization: `Bearer ${ACCESS}` } },
  answer: { status, json },
});

const FIELDS = 'fields=client_id%2Cclient_secret&include_fields=true';
export const listPath = (from?: string) => `?${FIELDS}&take=100${from === undefined ? '' : `&from=${from}`}`;
const one = (client_secret: string) => ({ client_id: CLIENT, client_secret });
const firstPage = call('GET', listPath(), 200, {
  clients: [{ client_id: OWN_ID, client_secret: OWN_SECRET }],
  next: 'cursor-2',
});
const search = (secret: string) => [
  firstPage,
  call('GET', listPath('cursor-2'), 200, { clients: [one(secret), { client_id: 'native' }] }),
];
const lookAgain = (secret: string) => call('GET', `/${CLIENT}?${FIELDS}`, 200, one(secret));
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

export const config = () => ({
  tenants: [{ url: 'https://acme.eu.auth0.com', clientId: OWN_ID, clientSecret: OWN_SECRET }],
});

export const cases: readonly ProviderSpec<Auth0Config>[] = [
  {
    definition: auth0,
    config,
    token: LEAKED,
    credentials: [OWN_SECRET, ACCESS],
    kind: 'client-secret',
    type: 'gitleaks_rule_id_auth0clientsecret',
    scripts: {
      revoked: {
        exchanges: [
          signedIn,
          ...search(LEAKED),
          lookAgain(LEAKED),
          call('POST', `/${CLIENT}/rotate-secret`, 200, one('a-new-one')),
          lookAgain('a-new-one'),
        ],
      },
      // Nothing remembers which application had a secret that is gone.
      alreadyDead: { exchanges: [signedIn, ...search('a-new-one')], endsAs: UNKNOWN },
      unknownToken: { exchanges: [signedIn, ...search('another')], endsAs: UNKNOWN },
      credentialRefused: {
        exchanges: [signIn(401, { error: 'access_denied', error_description: 'Unauthorized' })],
      },
      forbidden: {
        exchanges: [
          signedIn,
          call('GET', listPath(), 403, {
            statusCode: 403,
            error: 'Forbidden',
            errorCode: 'insufficient_scope',
          }),
        ],
      },
      // Within the minute for which the reading is kept, that it was there is known.
      secondCall: { exchanges: [lookAgain('a-new-one')] },
    },
  },
];
