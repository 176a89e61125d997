/**
 * Twitch user and app access tokens.
 *
 * Docs: https://dev.twitch.tv/docs/authentication/revoke-tokens/,
 * https://dev.twitch.tv/docs/authentication/validate-tokens/; checked 2026-11-21.
 *
 * - Revoking needs the id of the application that the token was issued to, which the validation of a live token tells.
 *   It is remembered before the revocation, so that a token which is gone afterwards is known to have been one.
 * - Client secrets have the same shape, and GitLab's rule means them: validating one fails just like a dead token.
 *   What Twitch never validated is therefore a case for a person, and never called dead.
 */
import { z } from 'zod';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { ask, emptyRow, row } from '../../src/provider/kit/answers.ts';
import { goneSinceSeen, refused, revoked } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({});

export type TwitchConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_twitch_api_token', 'gitleaks_rule_id_twitch-api-token'],
  pattern: /(?<![\w-])[a-z0-9]{30}(?![\w-]|\.[A-Za-z0-9])/,
  effect: 'token',
  possession: 'by-value',
  places: { open: 'A client secret looks the same, and Twitch refuses it here while it works.' },
  whole: 'exact',
  undo: 'no',
};

export const twitch: ProviderDefinition<TwitchConfig> = {
  id: 'twitch',
  title: 'Twitch',
  docs: 'https://dev.twitch.tv/docs/authentication/revoke-tokens/',
  stability: 'stable',
  exactness: 'by value',
  proof: 'Twitch no longer validates the token',
  effect: 'the token only',
  needs: 'nothing',
  types: KIND.types,
  config,
  create: (_, tools) => {
    const { check: __, ...accounts } = byAccounts([account(tools.upstream(HOST))], {
      found: FOUND,
      unknown:
        'Twitch does not validate this: if it is a client secret, open the application in the console at dev.twitch.tv/console and choose New Secret; if it is an access token, disconnect its application in the settings of its user.',
      log: tools.log,
    });
    return { kinds: [KIND], ...accounts };
  },
};

const HOST = 'https://id.twitch.tv';

const FOUND = z.object({ clientId: z.string() });
type Found = z.output<typeof FOUND>;

const VALID = z.object({ client_id: z.string().regex(/^[A-Za-z0-9]+$/) });
const NOT_VALID = z.object({ status: z.literal(401), message: z.literal('invalid access token') });
const INVALID_TOKEN = z.object({ status: z.literal(400), message: z.literal('Invalid token') });

const NOT_PERMITTED = refused(
  'not-permitted',
  'Twitch validates this token but does not revoke it: disconnect its application in the settings of its user.',
);

function account(upstream: Upstream): Account<Found> {
  /** The application that the token was issued to; undefined when it is not valid. */
  const validate = async (token: Secret, signal: AbortSignal): Promise<Found | undefined> => {
    const headers = { authorization: new Secret(`OAuth ${token.reveal()}`) };
    const { means } = await ask(
      upstream,
      {
        method: 'GET',
        path: '/oauth2/validate',
        headers,
        signal,
        tells: { owner: ['login', 'user_id'], account: 'client_id', scopes: 'scopes' },
      },
      [row([200], VALID, (body) => ({ clientId: body.client_id })), row([401], NOT_VALID, undefined)],
    );
    return means;
  };

  return {
    name: HOST,
    async look(token, { signal }) {
      const found = await validate(token, signal);
      return found ? { state: 'alive', found, by: 'by-value' } : { state: 'absent' };
    },
    async revoke({ clientId }, token, { signal }) {
      const form = { client_id: clientId, token };
      const { means } = await ask(upstream, { method: 'POST', path: '/oauth2/revoke', form, signal }, [
        emptyRow([200], 'revoked'),
        row([400], INVALID_TOKEN, 'invalid'),
      ]);
      if (means === 'revoked') return revoked({ clientId });
      // It was valid just before, so the word of the revocation alone does not end it.
      return (await validate(token, signal)) ? NOT_PERMITTED : goneSinceSeen({ clientId });
    },
  };
}
