/**
 * App-only Bearer tokens.
 *
 * Docs: https://docs.x.com/fundamentals/authentication/api-reference (POST oauth2/invalidate_token)
 *
 * - An app has one Bearer token. Invalidating it takes the app's consumer keys and the access token of its owner (OAuth
 *   1.0a); the app can then get another one. As it is shown, it holds `%2F` and `%3D`: that is its text.
 */
import { z } from 'zod';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { alreadyInactive, credentialFailure, revoked } from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { XConfig } from './index.ts';
import { authorization } from './oauth1.ts';
import { GITLAB_TYPE, lookAt, UNKNOWN } from './probe.ts';

export const BEARER: TokenKind = {
  id: 'bearer-token',
  types: [GITLAB_TYPE, 'gitleaks_rule_id_twitter-bearer-token'],
  pattern: /(?<![\w%-])A{18,22}[A-Za-z0-9%]{60,150}(?![\w%-])/,
  effect: 'token',
};

const USAGE = '/2/usage/tweets';

const ERRORS = z.object({ errors: z.array(z.object({ code: z.int() })).min(1) });
const INVALIDATED = z.object({ access_token: z.string() });
/** "Client application is not permitted to invalidate this token." */
const OF_ANOTHER_APP = 348;

type App = XConfig['apps'][number];

export function bearerTokens(apps: readonly App[], { upstream: clientFor, clock }: Tools): Part {
  const upstream = clientFor('https://api.x.com');

  const signed = (app: App, token: Secret | undefined, signal: AbortSignal) => {
    const method = token ? 'POST' : 'GET';
    const path = token ? '/oauth2/invalidate_token' : '/2/users/me';
    const form = token ? { access_token: token } : {};
    const url = `https://api.x.com${path}`;
    const headers = { authorization: authorization({ method, url, form }, app, clock.now()) };
    const statuses = [200, 401, 403];
    return upstream.request({ method, path, headers, ...(token && { form }), statuses, signal });
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
    async revoke(token, { signal }) {
      if ((await lookAt(upstream, USAGE, token, signal)) === 'dead') return alreadyInactive();
      for (const app of apps) {
        if (await invalidate(app, token, signal)) return revoked({ app: app.consumerKey });
      }
      return UNKNOWN;
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
