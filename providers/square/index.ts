/**
 * Square OAuth access tokens of the operator's own applications.
 *
 * Docs: https://developer.squareup.com/reference/square/o-auth-api/retrieve-token-status,
 * https://developer.squareup.com/reference/square/o-auth-api/revoke-token; checked 2026-11-21.
 *
 * - A live token tells the id of its application. Only that application may revoke it, with its secret.
 * - Without `revoke_only_access_token` all tokens of that merchant for the application die.
 * - Production and sandbox are two hosts, and a token says nothing of where it belongs: one that neither takes is dead.
 * - Personal access tokens of an application look and answer alike, but can only be replaced in the developer console.
 * - No call tells whether an application secret is right, so there is no check of our own credential.
 */
import { z } from 'zod';
import {
  alreadyInactive,
  credentialFailure,
  refused,
  revoked,
  unexpected,
} from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const config = z.strictObject({
  applications: z
    .array(
      z.strictObject({
        id: z.string().min(1).describe('The application ID, e.g. sq0idp-… or sandbox-sq0idb-….'),
        secret: secretText().describe('Its application secret.'),
      }),
    )
    .default([])
    .describe('Square applications whose tokens are revoked.'),
});

export type SquareConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_square-access-token'],
  pattern: /(?<![\w-])(?:EAAA[\w-]{22,128}|sq0atp-[\w-]{22,128})(?![\w-])/,
  effect: 'token',
};

export const square: ProviderDefinition<SquareConfig> = {
  id: 'square',
  title: 'Square',
  docs: 'https://developer.squareup.com/reference/square/o-auth-api/revoke-token',
  stability: 'beta',
  exactness: 'by value',
  proof: 'Square refuses the token as unauthorized',
  effect: 'the token only',
  needs: 'the secret of each Square application',
  types: KIND.types,
  config,
  create,
};

const HOSTS = ['https://connect.squareup.com', 'https://connect.squareupsandbox.com'];

const STATUS = z.object({ client_id: z.string().min(1) });
const UNAUTHORIZED = z.object({
  errors: z.array(z.object({ category: z.literal('AUTHENTICATION_ERROR'), code: z.string() })).min(1),
});
const REVOKED = z.object({ success: z.literal(true) });

const FOREIGN =
  'The token lives, but belongs to a Square application that is not configured: add that to providers.square.applications and retry, or revoke the token in the Square developer console.';

function create({ applications }: SquareConfig, tools: Tools): Provider {
  const upstreams = HOSTS.map((host) => tools.upstream(host));

  /** Where it works and for which application; undefined when it works nowhere. */
  const locate = async (token: Secret, signal: AbortSignal) => {
    for (const upstream of upstreams) {
      const answer = await upstream.request({
        method: 'POST',
        path: '/oauth2/token/status',
        headers: { authorization: bearer(token) },
        statuses: [200, 401],
        signal,
      });
      if (answer.status === 200) return { upstream, applicationId: answer.json(STATUS).client_id };
      answer.json(UNAUTHORIZED);
    }
    return undefined;
  };

  return {
    kinds: applications.length > 0 ? [KIND] : [],
    async revoke(token, { signal }) {
      const found = await locate(token, signal);
      if (!found) return alreadyInactive();
      const { upstream, applicationId } = found;
      const evidence = { application: applicationId };
      const application = applications.find(({ id }) => id === applicationId);
      if (!application) return refused('not-permitted', FOREIGN, evidence);
      const answer = await upstream.request({
        method: 'POST',
        path: '/oauth2/revoke',
        headers: { authorization: new Secret(`Client ${application.secret.reveal()}`) },
        json: { client_id: applicationId, access_token: token, revoke_only_access_token: true },
        statuses: [200, 401, 403],
        signal,
      });
      if (answer.status !== 200) throw credentialFailure(upstream, answer);
      if (!answer.maybeJson(REVOKED)) throw unexpected(upstream, answer);
      return revoked(evidence);
    },
    async verify(token, { signal }) {
      return (await locate(token, signal)) ? 'alive' : 'dead';
    },
  };
}
