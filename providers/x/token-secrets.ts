/**
 * Secrets of OAuth 1.0a access tokens of users.
 *
 * Docs: https://docs.x.com/fundamentals/authentication/api-reference (POST oauth/invalidate_token)
 *
 * - A secret signs only together with its access token, which is looked for in the lines around the leak, and with the
 *   keys of the app that it is of. A signature that X takes proves all of them, and one that it refuses says of none that it
 *   is dead, unless X takes another one by the app.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { firstOfHalves, MAX_HALVES, mustRefuse } from '../../src/provider/kit/halves.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { XConfig } from './config.ts';
import { authorization } from './oauth1.ts';
import { HOST, lookWith } from './probe.ts';

export const TOKEN_SECRET: TokenKind = {
  id: 'access-token-secret',
  types: ['gitleaks_rule_id_twitter-access-secret'],
  pattern: /(?<![\w-])[A-Za-z0-9]{45}(?![\w-])/,
  ownTypesOnly: true,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'A secret signs for its own app alone, and only the configured ones are tried.' },
  whole: 'exact',
  undo: 'no',
};

const ACCESS_TOKEN = /(?<![\w-])\d{5,25}-[A-Za-z0-9]{20,40}(?![\w-])/;
const FOUND = z.string().regex(/^\d{5,25}-[A-Za-z0-9]{20,40}$/);
const NOBODYS_SECRET = new Secret('0'.repeat(45));
const INVALIDATED = z.object({ access_token: z.string() });

const NO_ACCESS_TOKEN = refused(
  'needs-context',
  'A secret works only together with its access token and its app, and none beside the leak lets it in: look up which app it is of, and revoke its access in the settings of the user.',
);

type App = XConfig['apps'][number];

export function tokenSecrets(apps: readonly App[], tools: Tools): Part {
  const upstream = tools.upstream(HOST);
  const { check: _, ...work } = byAccounts(
    apps.map((app) => accountOf(app, upstream, tools)),
    { found: FOUND, log: tools.log },
  );
  return { kinds: [TOKEN_SECRET], isAble: apps.length > 0, ...work };
}

function accountOf(app: App, upstream: Upstream, { clock }: Tools): Account<string> {
  const signed = (method: 'GET' | 'POST', path: string, accessToken: string, accessTokenSecret: Secret) => {
    const keys = { ...app, accessToken, accessTokenSecret };
    const signature = authorization({ method, url: `${HOST}${path}`, form: {} }, keys, clock.now());
    return { headers: { authorization: signature }, byRightOf: accessTokenSecret };
  };
  const look = (accessToken: string, secret: Secret, signal: AbortSignal) => {
    const path = '/2/users/me';
    return lookWith(upstream, path, signed('GET', path, accessToken, secret), signal, clock);
  };
  const isPair = async (accessToken: string, secret: Secret, signal: AbortSignal): Promise<boolean> => {
    const seen = await look(accessToken, secret, signal);
    if (seen !== 'limited') return seen === 'alive';
    // What X says of an app, and not of a signature, it may say of any.
    const forged = look(accessToken, NOBODYS_SECRET, signal);
    await mustRefuse(
      upstream,
      forged.then((answer) => answer !== 'dead'),
    );
    return true;
  };
  /** @throws {Failure} where X takes no signature of the app's at all, as when its keys were changed */
  const mustTakeOurs = async (signal: AbortSignal): Promise<void> => {
    if (await isPair(app.accessToken, app.accessTokenSecret, signal)) return;
    throw new Failure('credential-refused', { scope: 'entry', target: upstream.base, status: 401 });
  };

  return {
    name: app.consumerKey,
    async look(secret, step, known) {
      const around = known === undefined ? await accessTokensAround(step) : [known];
      const accessToken = await firstOfHalves(around, async (candidate) =>
        (await isPair(candidate, secret, step.signal)) ? candidate : undefined,
      );
      if (accessToken !== undefined) {
        return { state: 'alive', found: accessToken, by: 'signs-in', evidence: { app: app.consumerKey } };
      }
      if (known === undefined) return { state: 'unable', refusal: NO_ACCESS_TOKEN, maybeElsewhere: true };
      await mustTakeOurs(step.signal);
      return { state: 'absent' };
    },
    async revoke(accessToken, secret, { signal }) {
      const path = '/1.1/oauth/invalidate_token.json';
      const request = { method: 'POST', path, ...signed('POST', path, accessToken, secret), signal } as const;
      await ask(upstream, request, [row([200], INVALIDATED, 'invalidated')]);
      return revoked();
    },
    async verify(accessToken, secret, { signal }) {
      if ((await look(accessToken, secret, signal)) !== 'dead') return 'alive';
      await mustTakeOurs(signal);
      return 'dead';
    },
  };
}

async function accessTokensAround(step: Step): Promise<readonly string[]> {
  const found = await step.matchesAround(ACCESS_TOKEN);
  return found.slice(0, MAX_HALVES).map((each) => each.reveal());
}
