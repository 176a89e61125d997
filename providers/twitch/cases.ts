/** What Twitch is asked and answers, for the provider contract. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type TwitchConfig, twitch } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = 'k3y9q0'.repeat(5);
const CLIENT_ID = 'wbmytr93xzw8zbg0p1izqyzzc5mbiz';

export const validateCall = (isValid: boolean): Exchange => ({
  expect: {
    method: 'GET',
    path: '/id.twitch.tv/oauth2/validate',
    headers: { authorization: `OAuth ${TOKEN}` },
  },
  answer: isValid
    ? {
        status: 200,
        json: {
          client_id: CLIENT_ID,
          login: 'twitchdev',
          scopes: [],
          user_id: '141981764',
          expires_in: 5520838,
        },
      }
    : { status: 401, json: { status: 401, message: 'invalid access token' } },
});

export const revokeCall = (answer: Exchange['answer'] = { status: 200 }): Exchange => ({
  expect: {
    method: 'POST',
    path: '/id.twitch.tv/oauth2/revoke',
    headers: { authorization: undefined },
    form: { client_id: CLIENT_ID, token: TOKEN },
  },
  answer,
});

export const INVALID_TOKEN = { status: 400, json: { status: 400, message: 'Invalid token' } };

export const cases: readonly ProviderSpec<TwitchConfig>[] = [
  {
    definition: twitch,
    config: () => ({}),
    token: TOKEN,
    kind: 'access-token',
    type: 'gitleaks_rule_id_twitch_api_token',
    scripts: {
      revoked: { exchanges: [validateCall(true), validateCall(true), revokeCall(), validateCall(false)] },
      // It died between the two calls.
      alreadyDead: { exchanges: [validateCall(true), validateCall(false)] },
      unknownToken: {
        exchanges: [validateCall(false)],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'A token needs no right to be revoked.' },
      // Without its note a dead token cannot be told from a client secret; see the test with the note.
      secondCall: {
        exchanges: [validateCall(false)],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
    },
  },
];
