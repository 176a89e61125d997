/**
 * App-only Bearer tokens.
 *
 * Docs: https://docs.x.com/fundamentals/authentication/api-reference (POST oauth2/invalidate_token)
 *
 * - An app has one Bearer token. Invalidating it takes the app's consumer keys and the access token of its owner (OAuth
 *   1.0a); the app can then get another one.
 * - As it is shown, it holds `%2F` and `%3D`, and in the header of a call that is its text. In a form it is decoded and
 *   then encoded once, as the documentation shows it and Twitter4J (OAuth2Token.java) does.
 */
import { z } from 'zod';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { credentialFailure, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import { mustShareTime } from '../../src/provider/kit/signed-time.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import type { XConfig } from './config.ts';
import { authorization } from './oauth1.ts';
import { GITLAB_TYPE, HOST, lookAt, OF_NO_APP } from './probe.ts';

export const BEARER: TokenKind = {
  id: 'bearer-token',
  types: [GITLAB_TYPE, 'gitleaks_rule_id_twitter-bearer-token'],
  pattern: /(?<![\w%-])A{18,22}[A-Za-z0-9%]{60,150}(?![\w%-])/,
  effect: 'token',
  possession: 'by-value',
  places: { all: [HOST] },
  whole: 'open',
  undo: 'no',
  // An address has its percent signs encoded once more.
  canonical: (token) => token.replace(/%(?:25)+/g, '%'),
  inRequests: decoded,
};

function decoded(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}

const USAGE = '/2/usage/tweets';

const ERRORS = z.object({ errors: z.array(z.object({ code: z.int() })).min(1) });
const INVALIDATED = z.object({ access_token: z.string() });
/** "Client application is not permitted to invalidate this token." */
const OF_ANOTHER_APP = 348;

type App = XConfig['apps'][number];

export function bearerTokens(apps: readonly App[], { upstream: clientFor, clock }: Tools): Part {
  const upstream = clientFor(HOST);

  const signed = async (app: App, token: Secret | undefined, signal: AbortSignal) => {
    const method = token ? 'POST' : 'GET';
    const path = token ? '/oauth2/invalidate_token' : '/2/users/me';
    const form = token ? { access_token: new Secret(decoded(token.reveal())) } : {};
    const url = `${HOST}${path}`;
    const headers = { authorization: authorization({ method, url, form }, app, clock.now()) };
    const statuses = [200, 401, 403];
    const call = { method, path, headers, byRightOf: app.accessTokenSecret, statuses, signal } as const;
    const answer = await upstream.request({ ...call, ...(token && { form }) });
    if (answer.status === 401) mustShareTime(upstream, answer, clock);
    return answer;
  };
  /** False where the token is of another app. */
  const invalidate = async (app: App, token: Secret, signal: AbortSignal): Promise<boolean> => {
    const answer = await signed(app, token, signal);
    if (answer.status === 200) return answer.json(INVALIDATED).access_token.length > 0;
    const codes = answer.json(ERRORS).errors.map(({ code }) => code);
    if (codes.includes(OF_ANOTHER_APP)) return false;
    throw credentialFailure(upstream, answer);
  };

  return {
    kinds: [BEARER],
    isAble: apps.length > 0,
    async revoke(token, step) {
      const { signal } = step;
      if ((await lookAt(upstream, USAGE, token, signal)) === 'dead') return unknownAt([HOST]);
      step.sawAlive(HOST);
      const done = await firstSparingTheLane(apps, async (app) =>
        (await invalidate(app, token, signal)) ? revoked({ app: app.consumerKey }) : undefined,
      );
      return done ?? OF_NO_APP;
    },
    verify: (token, { signal }) => lookAt(upstream, USAGE, token, signal),
    check: (signal) =>
      Promise.all(
        apps.map((app) =>
          checkOf(
            `access token of app ${app.consumerKey}`,
            async () => {
              const answer = await signed(app, undefined, signal);
              if (answer.status !== 200) throw credentialFailure(upstream, answer);
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
