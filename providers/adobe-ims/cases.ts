import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { AdobeImsConfig } from './config.ts';
import { adobeIms } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const encoded = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
export const jwt = (payload: object) =>
  [encoded({ alg: 'RS256', kid: 'ims_na1-key-at-1' }), encoded(payload), `${'s1gNat-ure'.repeat(34)}AB`].join(
    '.',
  );
const CLIENT = 'quash-client';
export const token = (clientId: string) =>
  jwt({ id: '1700000000000_f00', type: 'access_token', client_id: clientId, as: 'ims-na1' });
export const TOKEN = token(CLIENT);
const CLIENT_SECRET = 'p8e-operator-client-secret';

export const valid = (isValid: boolean, leaked = TOKEN, client = CLIENT): Exchange => ({
  expect: {
    method: 'POST',
    path: '/ims-na1.adobelogin.com/ims/validate_token/v1',
    headers: { authorization: `Bearer ${leaked}`, 'x-ims-clientid': client },
    form: { type: 'access_token', client_id: client },
  },
  answer: { status: 200, json: isValid ? { valid: true } : { valid: false, reason: 'revoked' } },
});
export const revoke = (status: number, json: unknown, leaked = TOKEN): Exchange => ({
  expect: {
    method: 'POST',
    path: '/ims-na1.adobelogin.com/ims/revoke',
    headers: {
      authorization: `Basic ${Buffer.from(`${CLIENT}:${CLIENT_SECRET}`).toString('base64')}`,
    },
    form: { token: leaked },
  },
  answer: { status, json },
});
export const config = { clients: [{ clientId: CLIENT, clientSecret: CLIENT_SECRET }] };

export const cases: readonly ProviderSpec<AdobeImsConfig>[] = [
  {
    definition: adobeIms,
    config: () => config,
    token: TOKEN,
    credentials: [CLIENT_SECRET],
    kind: 'access-token',
    type: 'gitleaks_rule_id_adobeimsaccesstoken',
    scripts: {
      revoked: { exchanges: [valid(true), revoke(200, {}), valid(false)] },
      alreadyDead: { exchanges: [valid(false)] },
      unknownToken: { notApplicable: 'Adobe says the same of a token that it never gave.' },
      credentialRefused: { exchanges: [valid(true), revoke(401, { error: 'invalid_client' })] },
      forbidden: { exchanges: [valid(true), revoke(400, { error: 'unauthorized_client' })] },
      secondCall: { exchanges: [valid(false)] },
    },
  },
];
