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
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({});

export type TwitchConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_twitch_api_token', 'gitleaks_rule_id_twitch-api-token'],
  pattern: /(?<![\w-])[a-z0-9]{30}(?![\w-])/,
  effect: 'token',
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
  create: (_, tools) => create(tools),
};

const NOTE = z.object({ clientId: z.string() });
const VALID = z.object({ client_id: z.string().regex(/^[A-Za-z0-9]+$/) });
const NOT_VALID = z.object({ status: z.literal(401), message: z.string() });
const ALREADY_REVOKED = z.object({ status: z.literal(400), message: z.literal('Invalid token') });

const UNKNOWN = refused(
  'unknown-token',
  'Twitch does not validate this: if it is a client secret, open the application in the console at dev.twitch.tv/console and choose New Secret; if it was an access token, it is dead already and can be dismissed.',
);

function create(tools: Tools): Provider {
  const upstream = tools.upstream('https://id.twitch.tv');

  /** The application that the token was issued to; undefined when it is not valid. */
  const validate = async (token: Secret, signal: AbortSignal): Promise<string | undefined> => {
    const answer = await upstream.request({
      method: 'GET',
      path: '/oauth2/validate',
      headers: { authorization: new Secret(`OAuth ${token.reveal()}`) },
      statuses: [200, 401],
      signal,
    });
    if (answer.status === 200) return answer.json(VALID).client_id;
    answer.json(NOT_VALID);
    return undefined;
  };

  const seen = (step: Step): string | undefined => NOTE.safeParse(step.note).data?.clientId;

  return {
    kinds: [KIND],
    async revoke(token, step) {
      const known = seen(step);
      if (known === undefined) {
        const clientId = await validate(token, step.signal);
        if (clientId === undefined) return UNKNOWN;
        step.remember({ clientId });
        return { outcome: 'continue', afterMs: 0 };
      }
      const answer = await upstream.request({
        method: 'POST',
        path: '/oauth2/revoke',
        form: { client_id: known, token },
        statuses: [200, 400],
        signal: step.signal,
      });
      if (answer.status === 200 && answer.text.trim() === '') return revoked({ clientId: known });
      if (answer.status === 400 && answer.maybeJson(ALREADY_REVOKED)) {
        return alreadyInactive({ clientId: known });
      }
      throw unexpected(upstream, answer);
    },
    async verify(token, step) {
      if ((await validate(token, step.signal)) !== undefined) return 'alive';
      return seen(step) === undefined ? 'unknown' : 'dead';
    },
  };
}
