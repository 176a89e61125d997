/**
 * X (Twitter): app-only Bearer tokens and OAuth 2.0 access tokens of users, which are revoked by their app.
 *
 * Docs: https://docs.x.com/fundamentals/authentication/api-reference (POST oauth2/invalidate_token),
 * https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token (POST 2/oauth2/revoke); checked 2026-11-21.
 *
 * - Experimental: the calls are documented, but most of what they answer when they fail is not. A probe with the token
 *   itself decides, so a call that does something else ends as a failure.
 * - An app has one Bearer token. Invalidating it takes the app's consumer keys and the access token of its owner (OAuth
 *   1.0a); the app can then get another one. As it is shown, it holds `%2F` and `%3D`: that is its text.
 * - OAuth 1.0a access tokens and consumer keys are not taken: revoking one takes secrets that seldom leak with it.
 * - Which of several apps a token is of, nothing says: they are tried. None can invalidate a token of another.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { Failure } from '../../src/provider/failure.ts';
import { alreadyInactive, refused, revoked, shows, unexpected } from '../../src/provider/kit.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { checkOf } from '../../src/provider/tenants.ts';
import type { Answer } from '../../src/provider/upstream.ts';
import { basic, bearer } from '../../src/provider/upstream-client.ts';
import type { Secret } from '../../src/secret.ts';
import { authorization } from './oauth1.ts';

const config = z.strictObject({
  apps: z
    .array(
      z.strictObject({
        consumerKey: z.string().min(1).describe('API key (consumer key) of the app.'),
        consumerSecret: secretText().describe('Its secret.'),
        accessToken: z.string().min(1).describe('Access token (OAuth 1.0a) of the owner of the app.'),
        accessTokenSecret: secretText().describe('Its secret.'),
      }),
    )
    .default([])
    .describe('Apps whose Bearer token may leak.'),
  clients: z
    .array(
      z.strictObject({
        clientId: z.string().min(1).describe('OAuth 2.0 client id of an app.'),
        clientSecret: secretText().describe('Its client secret.'),
      }),
    )
    .default([])
    .describe('Apps whose OAuth 2.0 access tokens of users may leak.'),
});

export type XConfig = z.output<typeof config>;

const GITLAB_TYPE = 'gitleaks_rule_id_twitter_token';
const BEARER: TokenKind = {
  id: 'bearer-token',
  types: [GITLAB_TYPE, 'gitleaks_rule_id_twitter-bearer-token'],
  pattern: /(?<![\w%-])A{18,22}[A-Za-z0-9%]{60,150}(?![\w%-])/,
  effect: 'token',
};
/** Ends in `:at:1`, in any of its three encodings. */
const USER_TOKEN: TokenKind = {
  id: 'user-token',
  types: [GITLAB_TYPE],
  pattern: /(?<![\w-])[\w-]{60,150}(?:OmF0OjE|phdDox|E6YXQ6MQ)(?![\w-])/,
  effect: 'token',
};

export const x: ProviderDefinition<XConfig> = {
  id: 'x',
  title: 'X (Twitter)',
  docs: 'https://docs.x.com/fundamentals/authentication/api-reference',
  stability: 'experimental',
  exactness: 'by value',
  proof: 'X no longer lets the token in',
  effect: 'the token only',
  needs: 'the keys of each app, and for Bearer tokens an access token of its owner',
  types: [...BEARER.types, ...USER_TOKEN.types.filter((type) => !BEARER.types.includes(type))],
  config,
  create,
};

const PROBLEM = { title: z.string(), type: z.string() };
const DEAD = [
  { status: 401, body: z.object({ ...PROBLEM, title: z.literal('Unauthorized'), status: z.literal(401) }) },
];
const ALIVE = [
  { status: 200, body: z.object({ data: z.looseObject({}) }) },
  { status: 403, body: z.object({ ...PROBLEM, status: z.literal(403).optional() }) },
];
const ERRORS = z.object({ errors: z.array(z.object({ code: z.int() })).min(1) });
const OAUTH_ERROR = z.object({ error: z.string() });
const INVALIDATED = z.object({ access_token: z.string() });
const REVOKED = z.object({ revoked: z.literal(true) });
/** "Client application is not permitted to invalidate this token." */
const OF_ANOTHER_APP = 348;

const UNKNOWN = refused(
  'unknown-token',
  'The token works, but no configured app could revoke it: add its app to providers.x and retry, or revoke it in the developer console.',
);

function create({ apps, clients }: XConfig, { upstream: clientFor, clock }: Tools): Provider {
  const upstream = clientFor('https://api.x.com');

  const isAlive = async (token: Secret, kind: string, signal: AbortSignal): Promise<boolean> => {
    // Of the calls that either kind may make, those that are about the caller alone.
    const path = kind === BEARER.id ? '/2/usage/tweets' : '/2/users/me';
    const headers = { authorization: bearer(token) };
    const answer = await upstream.request({
      method: 'GET',
      path,
      headers,
      statuses: [200, 401, 403],
      signal,
    });
    if (shows(answer, DEAD)) return false;
    if (shows(answer, ALIVE)) return true;
    throw unexpected(upstream, answer);
  };

  const signed = (app: XConfig['apps'][number], token: Secret | undefined, signal: AbortSignal) => {
    const method = token ? 'POST' : 'GET';
    const path = token ? '/oauth2/invalidate_token' : '/2/users/me';
    const form = token ? { access_token: token } : {};
    const url = `https://api.x.com${path}`;
    const headers = { authorization: authorization({ method, url, form }, app, clock.now()) };
    const statuses = [200, 401, 403];
    return upstream.request({ method, path, headers, ...(token && { form }), statuses, signal });
  };

  const ourFailure = (answer: Answer): Failure => {
    const code = answer.status === 401 ? 'credential-refused' : 'permission-missing';
    return new Failure(code, { target: upstream.base, status: answer.status });
  };

  /** False where the token is of another app. */
  const invalidate = async (app: XConfig['apps'][number], token: Secret, signal: AbortSignal) => {
    const answer = await signed(app, token, signal);
    if (answer.status === 200) return answer.json(INVALIDATED).access_token.length > 0;
    const codes = answer.json(ERRORS).errors.map(({ code }) => code);
    if (codes.includes(OF_ANOTHER_APP)) return false;
    throw ourFailure(answer);
  };

  /** What a token of another client gets is not documented: a 200 proves nothing. */
  const revokeAt = async (client: XConfig['clients'][number], token: Secret, signal: AbortSignal) => {
    const answer = await upstream.request({
      method: 'POST',
      path: '/2/oauth2/revoke',
      headers: { authorization: basic(client.clientId, client.clientSecret) },
      form: { token, token_type_hint: 'access_token' },
      statuses: [200, 400, 401, 403],
      signal,
    });
    if (answer.status === 200) {
      answer.json(REVOKED);
      return !(await isAlive(token, USER_TOKEN.id, signal));
    }
    const { error } = answer.json(OAUTH_ERROR);
    if (error === 'invalid_client') throw new Failure('credential-refused', { target: upstream.base });
    if (error === 'unauthorized_client') throw new Failure('permission-missing', { target: upstream.base });
    if (error === 'invalid_request' || error === 'invalid_grant') return false;
    throw unexpected(upstream, answer);
  };

  return {
    kinds: [...(apps.length > 0 ? [BEARER] : []), ...(clients.length > 0 ? [USER_TOKEN] : [])],
    async revoke(token, { kind, signal }) {
      if (!(await isAlive(token, kind, signal))) return alreadyInactive();
      if (kind === BEARER.id) {
        for (const app of apps) {
          if (await invalidate(app, token, signal)) return revoked({ app: app.consumerKey });
        }
        return UNKNOWN;
      }
      for (const client of clients) {
        if (!(await revokeAt(client, token, signal))) continue;
        return { outcome: 'revoked', proven: true, evidence: { client: client.clientId } };
      }
      return UNKNOWN;
    },
    verify: async (token, { kind, signal }) => ((await isAlive(token, kind, signal)) ? 'alive' : 'dead'),
    check: (signal) =>
      Promise.all(
        apps.map((app) =>
          checkOf(
            `access token of app ${app.consumerKey}`,
            async () => {
              const answer = await signed(app, undefined, signal);
              if (answer.status !== 200) throw ourFailure(answer);
            },
            {
              refused: 'X refused the keys of the app or the access token of its owner.',
              forbidden: 'X does not let the app make calls: look at its project and access level.',
            },
          ),
        ),
      ),
  };
}
