/**
 * Access and refresh tokens that an OAuth application was given.
 *
 * Docs: https://planetscale.com/docs/api/reference/oauth/revoke-token,
 * https://planetscale.com/docs/api/reference/oauth/create-token, checked 2026-11-28.
 *
 * - The application revokes them. As with other servers that follow RFC 7009, a 200 need not mean that the token was one
 *   of this application, so the token itself is asked, for a while if need be: it may be let in still after its end.
 * - An access token and its refresh token end each for itself. A refresh token lets nobody in, so nothing shows its end.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { ask, isEmptyOrJson, row } from '../../src/provider/kit/answers.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { eachOf, firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { refused, unexpected, unknownAt } from '../../src/provider/kit/results.ts';
import type { RevokeResult, Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { PlanetscaleConfig } from './config.ts';
import { ACCEPT, HOST } from './service-tokens.ts';

const SHARED = {
  types: ['gitleaks_rule_id_planetscaleoauthsecret', 'gitleaks_rule_id_planetscale-oauth-token'],
  effect: 'token',
  possession: 'by-value',
  places: { all: [HOST] },
  undo: 'no',
} as const;

export const ACCESS_TOKEN: TokenKind = {
  ...SHARED,
  id: 'oauth-access-token',
  pattern: /(?<![\w-])pscale_oauth_(?!refresh_)[\w=.-]{32,64}(?![\w=.-])/,
  // As long as the documentation shows them.
  whole: (token) => /^pscale_oauth_[\w-]{43}$/.test(token),
};
const REFRESH_TOKEN: TokenKind = {
  ...SHARED,
  id: 'oauth-refresh-token',
  pattern: /(?<![\w-])pscale_oauth_refresh_[\w=.-]{32,64}(?![\w=.-])/,
  whole: (token) => /^pscale_oauth_refresh_[\w-]{43}$/.test(token),
};

const ERROR = z.object({ code: z.string() });
/** The second is how the API speaks of a token that ended: https://github.com/planetscale/cli/issues/497. */
const UNAUTHORIZED = z
  .object({ code: z.literal('unauthorized') })
  .or(z.object({ error: z.literal('invalid_token') }));
const OAUTH_ERROR = z.object({ error: z.string() });
/** An earlier step had it verified for a while. */
const TAKEN = z.object({ taken: z.literal(true) });

type Application = PlanetscaleConfig['oauthApplications'][number];

const OF_NO_APPLICATION = refused(
  'not-permitted',
  'The OAuth token works, but no configured application could revoke it: add its application to providers.planetscale.oauthApplications and retry.',
);
const REFRESH_OF_NO_APPLICATION =
  'No configured OAuth application could revoke this refresh token: add its application to providers.planetscale.oauthApplications and retry.';

export function oauthTokens({ oauthApplications }: PlanetscaleConfig, tools: Tools): Part {
  const api = tools.upstream(`${HOST}/v1`);
  const server = tools.upstream('https://auth.planetscale.com');
  return {
    kinds: [ACCESS_TOKEN, REFRESH_TOKEN],
    isAble: oauthApplications.length > 0,
    async revoke(token, step): Promise<RevokeResult> {
      if (isRefresh(step)) return revokeRefresh(server, oauthApplications, token, step);
      if (!(await isAlive(api, token, step.signal))) return unknownAt([HOST]);
      step.sawAlive(HOST);
      const takers: string[] = [];
      const ender = await firstSparingTheLane(oauthApplications, async (application) => {
        if (!(await revokeBy(server, application, token, step.signal))) return undefined;
        takers.push(application.clientId);
        return (await isAlive(api, token, step.signal)) ? undefined : application.clientId;
      });
      if (ender !== undefined) return { outcome: 'revoked', proven: true, evidence: { application: ender } };
      const wasTaken = TAKEN.safeParse(step.note).success;
      // Whoever has it tried again has its own application configured, and its end may take a while, too.
      if (wasTaken) step.remember({});
      if (takers.length === 0 || wasTaken) return OF_NO_APPLICATION;
      step.remember({ taken: true });
      return { outcome: 'accepted', evidence: { applications: takers.join(', ') } };
    },
    async look(token, step) {
      if (isRefresh(step)) return { outcome: 'undecided' };
      if (!(await isAlive(api, token, step.signal))) return unknownAt([HOST]);
      step.sawAlive(HOST);
      return { outcome: 'alive' };
    },
    async verify(token, step) {
      if (isRefresh(step)) return 'unknown';
      return (await isAlive(api, token, step.signal)) ? 'alive' : 'dead';
    },
    check: (signal) =>
      Promise.all(
        oauthApplications.map((application) =>
          checkOf(
            `OAuth application ${application.clientId}`,
            () => revokeBy(server, application, NO_TOKEN, signal),
            { refused: 'PlanetScale refused the client id and secret of the OAuth application.' },
          ),
        ),
      ),
  };
}

const isRefresh = ({ kind }: Step): boolean => kind === REFRESH_TOKEN.id;

/** Nobody's: only the application shows whether it is let in. */
const NO_TOKEN = new Secret('pscale_oauth_none');

async function revokeRefresh(
  server: Upstream,
  applications: readonly Application[],
  token: Secret,
  { signal }: Step,
): Promise<RevokeResult> {
  const takers = await eachOf(applications, async (application) =>
    (await revokeBy(server, application, token, signal)) ? application.clientId : undefined,
  );
  if (takers.length === 0) return unknownAt([], REFRESH_OF_NO_APPLICATION);
  return { outcome: 'accepted', evidence: { applications: takers.join(', ') } };
}

/** Whether the server took it. @throws {Failure} */
async function revokeBy(
  server: Upstream,
  { clientId, clientSecret }: Application,
  token: Secret,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await server.request({
    method: 'POST',
    path: '/oauth/revoke',
    headers: ACCEPT,
    form: { token, client_id: clientId, client_secret: clientSecret },
    ...(token === NO_TOKEN && { readOnly: true }),
    statuses: [200, 400, 401, 403],
    signal,
  });
  if (!isEmptyOrJson(answer)) throw unexpected(server, answer);
  if (answer.status === 401) throw new Failure('credential-refused', { target: server.base, status: 401 });
  if (answer.status !== 200) answer.json(OAUTH_ERROR);
  return answer.status === 200;
}

async function isAlive(api: Upstream, token: Secret, signal: AbortSignal): Promise<boolean> {
  const headers = { authorization: bearer(token), ...ACCEPT };
  const { means } = await ask(api, { method: 'GET', path: '/organizations', headers, signal }, [
    row([200], z.object({ data: z.array(z.unknown()) }), true),
    // It may do some things only.
    row([403], ERROR, true),
    row([401], UNAUTHORIZED, false),
  ]);
  return means;
}
