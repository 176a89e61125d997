/** The SDK keys of one project. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { createAccessTokens } from '../../src/provider/kit/access-token.ts';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { ask, isEmptyOrJson, row } from '../../src/provider/kit/answers.ts';
import { lookInList } from '../../src/provider/kit/listed-secrets.ts';
import { sessionCalls } from '../../src/provider/kit/operator-calls.ts';
import { credentialFailure, refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { secretPath } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { DevcycleConfig } from './config.ts';

const API = 'https://api.devcycle.com';
const PAGE_SIZE = 100;

export const FOUND = z.object({ environment: z.string().regex(/^\w{1,100}$/) });
type Found = z.output<typeof FOUND>;
const KEYS = z.array(z.object({ key: z.string() }));
const ENVIRONMENT = z.object({
  _id: FOUND.shape.environment,
  sdkKeys: z.object({ mobile: KEYS, client: KEYS, server: KEYS }),
});
const ISSUED = z.object({ access_token: z.string(), expires_in: z.number() });
const OAUTH_ERROR = z.object({ error: z.string() });
const ERROR = z.object({ message: z.unknown().refine((message) => message !== undefined) });

const LAST_KEY = refused(
  'not-permitted',
  'The key is the last one of its sort in its environment, which DevCycle does not let go: make another one there, and retry.',
);

export function projectAccount(
  { key: project, clientId, clientSecret }: DevcycleConfig['projects'][number],
  tools: Tools,
): Account<Found> {
  const upstream = tools.upstream(API);
  const issuer = tools.upstream('https://auth.devcycle.com');
  const json = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    audience: `${API}/`,
  };
  const accessTokens = createAccessTokens(tools.clock, async (signal) => {
    const request = { method: 'POST', path: '/oauth/token', json, readOnly: true, signal } as const;
    const { means, answer } = await ask(issuer, request, [
      row([200], ISSUED, (issued) => issued),
      row([401, 403], OAUTH_ERROR, undefined),
    ]);
    if (!means) throw credentialFailure(issuer, answer);
    return { token: new Secret(means.access_token), expiresInSeconds: means.expires_in };
  });
  const call = sessionCalls(upstream, accessTokens);
  const environments = `/v1/projects/${project}/environments`;
  const page = async (number: number, signal: AbortSignal) => {
    const query = { page: number, perPage: PAGE_SIZE };
    const request = { method: 'GET', path: environments, query, statuses: [200], signal } as const;
    return (await call(request)).json(z.array(ENVIRONMENT));
  };

  return {
    name: project,
    // Other organizations may have projects with this key.
    seenWith: clientId,
    look: lookInList<Found, number>({
      ...{ clock: tools.clock, first: 1, isByNumber: (number) => number > 1, evidence: (found) => found },
      async list(number, signal) {
        const all = await page(number, signal);
        const secrets = all.flatMap((environment) =>
          keysOf(environment).map((key) => [key, { environment: environment._id }] as const),
        );
        return { secrets, next: all.length < PAGE_SIZE ? undefined : number + 1 };
      },
      async secretsOf({ environment }, signal) {
        const path = `${environments}/${environment}`;
        const gone = { notFound: ERROR, within: { path: environments, shows: z.array(ENVIRONMENT) } };
        const answer = await call({ method: 'GET', path, statuses: [200], ...gone, signal });
        return answer.status === 404 ? [] : keysOf(answer.json(ENVIRONMENT));
      },
    }),
    async revoke({ environment }, key, { signal }) {
      const path = secretPath`/v1/projects/${project}/environments/${environment}/sdk-keys/${key}`;
      const answer = await call({
        ...{ method: 'DELETE', path, notFound: ERROR, signal },
        statuses: [200, 204, 405],
      });
      if (!isEmptyOrJson(answer)) throw unexpected(upstream, answer);
      return answer.status === 405 ? LAST_KEY : revoked();
    },
    async probe(signal) {
      await page(1, signal);
    },
  };
}

function keysOf({ sdkKeys: { mobile, client, server } }: z.output<typeof ENVIRONMENT>): readonly string[] {
  return [...mobile, ...client, ...server].map(({ key }) => key);
}
