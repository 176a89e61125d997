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
import { type OperatorCall, sessionCalls } from '../../src/provider/kit/operator-calls.ts';
import { isSame } from '../../src/provider/kit/own-credential.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { credentialFailure, refused, revoked } from '../../src/provider/kit/results.ts';
import type { Sight, Tenant, TenantMethod } from '../../src/provider/kit/tenants.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Auth0Config } from './index.ts';

interface Auth0Tenant extends Tenant {
  readonly clientSecret: Secret;
  readonly call: OperatorCall;
}

export function connect(
  { url, clientId, clientSecret }: Auth0Config['tenants'][number],
  tools: Tools,
): Auth0Tenant {
  const upstream = tools.upstream(url);
  const json = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    audience: `${url.replace(/\/+$/, '')}/api/v2/`,
  };
  const accessTokens = createAccessTokens(tools.clock, async (signal) => {
    const statuses = [200, 401, 403];
    const answer = await upstream.request({ method: 'POST', path: '/oauth/token', json, statuses, signal });
    if (answer.status === 200) {
      const { access_token, expires_in } = answer.json(issued);
      return { token: new Secret(access_token), expiresInSeconds: expires_in };
    }
    answer.json(z.object({ error: z.string() }));
    throw credentialFailure(upstream, answer);
  });
  return { upstream, clientSecret, call: sessionCalls(upstream, accessTokens) };
}

const issued = z.object({ access_token: z.string(), expires_in: z.number() });
const foundSchema = z.object({ clientId: z.string().regex(/^[\w-]+$/) });
type Found = z.output<typeof foundSchema>;
const client = z.object({ client_id: foundSchema.shape.clientId, client_secret: z.string().optional() });
type Client = z.output<typeof client>;
const clientPage = z.object({ clients: z.array(client), next: z.string().nullish() });
const FIELDS = { fields: 'client_id,client_secret', include_fields: 'true' };
const MAX_PAGES = 100;

const OWN_CREDENTIAL = refused(
  'own-credential',
  'The client secret of Quash itself has leaked: rotate it in the Auth0 dashboard and configure the new one.',
);
const SEVERAL = refused(
  'ambiguous',
  'Several applications have this secret: rotate the secret of each of them by hand.',
);
const TOO_MANY = refused(
  'ambiguous',
  'The tenant has more applications than Quash searches: find the one with this secret and rotate it by hand.',
);

export const CLIENT_SECRETS: TenantMethod<Auth0Tenant, Found> = {
  found: foundSchema,
  async look(tenant, token, { signal }, known) {
    if (isSame(tenant.clientSecret, token)) return { state: 'unable', refusal: OWN_CREDENTIAL };
    return known ? lookAgain(tenant, token, known, signal) : search(tenant, token, signal);
  },
  async revoke(tenant, _token, { clientId }, { signal }) {
    const path = `/api/v2/clients/${encodeURIComponent(clientId)}/rotate-secret`;
    const answer = await tenant.call({ method: 'POST', path, statuses: [200], signal });
    // The answer holds the new secret: only the id is of interest.
    answer.json(z.object({ client_id: z.literal(clientId) }));
    return revoked({ tenant: tenant.upstream.base, clientId });
  },
};

async function search(tenant: Auth0Tenant, token: Secret, signal: AbortSignal): Promise<Sight<Found>> {
  const clients = await readPages<Client, string | null>(null, MAX_PAGES, async (from) => {
    const page = await listClients(tenant, from, signal);
    return { items: page.clients, next: page.next || undefined };
  });
  if (!clients) return { state: 'unable', refusal: TOO_MANY };
  const [match, ...others] = clients.filter((each) => each.client_secret === token.reveal());
  if (others.length > 0) return { state: 'unable', refusal: SEVERAL };
  return match ? { state: 'alive', found: { clientId: match.client_id } } : { state: 'absent' };
}

async function lookAgain(
  tenant: Auth0Tenant,
  token: Secret,
  found: Found,
  signal: AbortSignal,
): Promise<Sight<Found>> {
  const path = `/api/v2/clients/${encodeURIComponent(found.clientId)}`;
  const answer = await tenant.call({ method: 'GET', path, query: FIELDS, statuses: [200, 404], signal });
  if (answer.status === 404) {
    answer.json(z.object({ statusCode: z.literal(404) }));
    return { state: 'dead' };
  }
  const { client_secret: secret } = answer.json(client.required());
  return secret === token.reveal() ? { state: 'alive', found } : { state: 'dead' };
}

/** @throws {Failure} `permission-missing` also when Auth0 leaves the secrets out of the list */
export async function listClients(tenant: Auth0Tenant, from: string | null, signal: AbortSignal) {
  const query = { ...FIELDS, take: 100, ...(from !== null && { from }) };
  const answer = await tenant.call({
    method: 'GET',
    path: '/api/v2/clients',
    query,
    statuses: [200],
    signal,
  });
  const page = answer.json(clientPage);
  if (page.clients.length > 0 && page.clients.every((each) => each.client_secret === undefined)) {
    throw new Failure('permission-missing', { target: tenant.upstream.base, status: answer.status });
  }
  return page;
}
