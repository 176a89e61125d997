/**
 * How a secret's application is found, and its secret replaced.
 *
 * Docs: https://auth0.com/docs/api/management/v2/clients/get-clients
 *
 * - Page by page the list ends after 1000 applications; by checkpoints (`take`, `from`) it does not.
 * - Without the scope `read:client_keys` the list has no secrets and says nothing of it.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { createAccessTokens } from '../../src/provider/kit/access-token.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { isAmong } from '../../src/provider/kit/listed-secrets.ts';
import { sessionCalls } from '../../src/provider/kit/operator-calls.ts';
import { credentialFailure, refused, revoked } from '../../src/provider/kit/results.ts';
import { digestOf, SearchedList } from '../../src/provider/kit/searched-list.ts';
import type { Step, Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Auth0Tenant } from './config.ts';

const issued = z.object({ access_token: z.string(), expires_in: z.number() });
export const FOUND = z.object({ clientId: z.string().regex(/^[\w-]+$/) });
type Found = z.output<typeof FOUND>;
const client = z.object({ client_id: FOUND.shape.clientId, client_secret: z.string().optional() });
const clientPage = z.object({ clients: z.array(client), next: z.string().nullish() });
const FIELDS = { fields: 'client_id,client_secret', include_fields: 'true' };
const MAX_PAGES = 100;

const SEVERAL = refused(
  'ambiguous',
  'Several applications have this secret: rotate the secret of each of them by hand.',
);
const TOO_MANY = refused(
  'ambiguous',
  'The tenant has more applications than Quash searches: find the one with this secret and rotate it by hand.',
);

export function accountOf({ url, clientId, clientSecret }: Auth0Tenant, tools: Tools): Account<Found> {
  const upstream = tools.upstream(url);
  const json = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    audience: `${url.replace(/\/+$/, '')}/api/v2/`,
  };
  const accessTokens = createAccessTokens(tools.clock, async (signal) => {
    const request = { method: 'POST', path: '/oauth/token', json, readOnly: true, signal } as const;
    const answer = await upstream.request({ ...request, statuses: [200, 401, 403] });
    if (answer.status === 200) {
      const { access_token, expires_in } = answer.json(issued);
      return { token: new Secret(access_token), expiresInSeconds: expires_in };
    }
    answer.json(z.object({ error: z.string() }));
    throw credentialFailure(upstream, answer);
  });
  const call = sessionCalls(upstream, accessTokens);

  /** @throws {Failure} `permission-missing` also when Auth0 leaves the secrets out of the list */
  const page = async (from: string | null, signal: AbortSignal) => {
    const query = { ...FIELDS, take: 100, ...(from !== null && { from }) };
    const path = '/api/v2/clients';
    const answer = await call({ method: 'GET', path, query, statuses: [200], signal });
    const { clients, next } = answer.json(clientPage);
    if (clients.length > 0 && clients.every((each) => each.client_secret === undefined)) {
      throw new Failure('permission-missing', { target: upstream.base, status: answer.status });
    }
    const items = clients.flatMap(({ client_id: clientId, client_secret: secret }) =>
      secret ? [[digestOf(secret), { clientId }] as const] : [],
    );
    return { items, next: next || undefined };
  };
  const applications = new SearchedList<Found, string | null>({
    ...{ clock: tools.clock, first: null, maxCalls: MAX_PAGES },
    read: page,
  });

  const search = async (token: Secret, step: Step): Promise<Sight<Found>> => {
    const all = await applications.findAll(digestOf(token), step);
    if (all === 'too-many') return { state: 'unable', refusal: TOO_MANY };
    if ('state' in all) return all;
    const [match, ...others] = all;
    if (!match) return { state: 'absent' };
    if (others.length > 0) return { state: 'unable', refusal: SEVERAL };
    return { state: 'alive', found: match, by: 'listed-whole' };
  };

  const lookAgain = async (token: Secret, found: Found, signal: AbortSignal): Promise<Sight<Found>> => {
    const path = `/api/v2/clients/${encodeURIComponent(found.clientId)}`;
    const answer = await call({ method: 'GET', path, query: FIELDS, statuses: [200, 404], signal });
    if (answer.status === 404) {
      answer.json(z.object({ statusCode: z.literal(404) }));
      return { state: 'absent' };
    }
    const { client_secret: secret } = answer.json(client.required());
    if (!isAmong([secret], token)) return { state: 'absent' };
    return { state: 'alive', found, by: 'listed-whole' };
  };

  return {
    name: upstream.base,
    look: (token, step, known) => (known ? lookAgain(token, known, step.signal) : search(token, step)),
    async revoke({ clientId: id }, _token, { signal }) {
      const path = `/api/v2/clients/${encodeURIComponent(id)}/rotate-secret`;
      const answer = await call({ method: 'POST', path, statuses: [200], signal });
      // The answer holds the new secret: only the id is of interest.
      answer.json(z.object({ client_id: z.literal(id) }));
      return revoked({ clientId: id });
    },
    async probe(signal) {
      await page(null, signal);
    },
  };
}
