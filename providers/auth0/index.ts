/**
 * Auth0: client secrets of applications, of any number of tenants.
 *
 * Docs: https://auth0.com/docs/api/management/v2/clients/post-rotate-secret,
 * https://auth0.com/docs/api/management/v2/clients/get-clients; checked 2026-11-21.
 *
 * Quirks:
 * - An application has one secret and it can only be rotated; the answer holds the new one. It takes up to 30 s.
 * - Without the scope `read:client_keys` the list has no secrets and says nothing of it.
 * - The audience of the Management API has the tenant's own domain, not a custom one.
 * - Page by page the list ends after 1000 applications; by checkpoints (`take`, `from`) it does not.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { type AccessTokens, createAccessTokens } from '../../src/provider/access-token.ts';
import { Failure } from '../../src/provider/failure.ts';
import { credentialFailure, refused, revoked } from '../../src/provider/kit.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import {
  baseUrl,
  byTenant,
  checkOf,
  type Sight,
  type Tenant,
  type TenantMethod,
  unknownTokensKey,
} from '../../src/provider/tenants.ts';
import type { Answer, UpstreamRequest } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream-client.ts';
import { Secret } from '../../src/secret.ts';

const config = z.strictObject({
  tenants: z
    .array(
      z.strictObject({
        url: baseUrl().describe(
          "The tenant's own domain, such as https://example.eu.auth0.com; no custom domain.",
        ),
        clientId: z.string().min(1).describe('Of a machine-to-machine application.'),
        clientSecret: secretText().describe(
          'Its secret; it needs the scopes `read:clients`, `read:client_keys` and `update:client_keys`.',
        ),
      }),
    )
    .default([])
    .describe('Tenants whose applications may have a leaked secret; asked in this order.'),
  unknownTokens: unknownTokensKey(),
});

export type Auth0Config = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'client-secret',
  types: ['gitleaks_rule_id_auth0clientsecret'],
  pattern: /(?<![\w-])[\w-]{43,64}(?![\w-])/,
  effect: 'wider',
  warning: "The application's only secret is replaced, so it cannot log in until it is given the new one.",
};

export const auth0: ProviderDefinition<Auth0Config> = {
  id: 'auth0',
  title: 'Auth0',
  docs: 'https://auth0.com/docs/api/management/v2/clients/post-rotate-secret',
  stability: 'beta',
  exactness: 'by value',
  proof: 'the application has another secret now',
  effect: 'the application needs its new secret; waits for approval',
  needs: 'a machine-to-machine application of each tenant with the right to read and rotate client secrets',
  types: KIND.types,
  config,
  create(settings, tools) {
    const tenants = settings.tenants.map((tenant) => connect(tenant, tools));
    return {
      kinds: tenants.length > 0 ? [KIND] : [],
      ...byTenant(CLIENT_SECRETS, tenants, settings.unknownTokens),
      check: (signal) =>
        Promise.all(
          tenants.map((tenant) =>
            checkOf(`${tenant.upstream.base} application`, () => listClients(tenant, undefined, signal), {
              refused: 'Auth0 refused the client id or the client secret.',
              forbidden:
                'The application must be authorized for the Management API with the scopes read:clients, read:client_keys and update:client_keys.',
            }),
          ),
        ),
    };
  },
};

interface Auth0Tenant extends Tenant {
  readonly clientSecret: Secret;
  readonly accessTokens: AccessTokens;
}

function connect({ url, clientId, clientSecret }: Auth0Config['tenants'][number], tools: Tools): Auth0Tenant {
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
  return { upstream, clientSecret, accessTokens };
}

const issued = z.object({ access_token: z.string(), expires_in: z.number() });

const foundSchema = z.object({ clientId: z.string().regex(/^[\w-]+$/) });
type Found = z.output<typeof foundSchema>;

const client = z.object({ client_id: foundSchema.shape.clientId, client_secret: z.string().optional() });
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

const CLIENT_SECRETS: TenantMethod<Auth0Tenant, Found> = {
  found: foundSchema,
  async look(tenant, token, { signal }, known) {
    if (tenant.clientSecret.reveal() === token.reveal()) return { state: 'unable', refusal: OWN_CREDENTIAL };
    return known ? lookAgain(tenant, token, known, signal) : search(tenant, token, signal);
  },
  async revoke(tenant, _token, { clientId }, { signal }) {
    const path = `/api/v2/clients/${encodeURIComponent(clientId)}/rotate-secret`;
    const answer = await call(tenant, { method: 'POST', path, statuses: [200], signal });
    // The answer holds the new secret: only the id is of interest.
    answer.json(z.object({ client_id: z.literal(clientId) }));
    return revoked({ tenant: tenant.upstream.base, clientId });
  },
};

async function search(tenant: Auth0Tenant, token: Secret, signal: AbortSignal): Promise<Sight<Found>> {
  const matches: string[] = [];
  let from: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { clients, next } = await listClients(tenant, from, signal);
    matches.push(
      ...clients.filter((each) => each.client_secret === token.reveal()).map((each) => each.client_id),
    );
    if (next) {
      from = next;
      continue;
    }
    const [clientId, ...others] = matches;
    if (others.length > 0) return { state: 'unable', refusal: SEVERAL };
    return clientId === undefined ? { state: 'absent' } : { state: 'alive', found: { clientId } };
  }
  return { state: 'unable', refusal: TOO_MANY };
}

async function lookAgain(
  tenant: Auth0Tenant,
  token: Secret,
  found: Found,
  signal: AbortSignal,
): Promise<Sight<Found>> {
  const path = `/api/v2/clients/${encodeURIComponent(found.clientId)}`;
  const answer = await call(tenant, { method: 'GET', path, query: FIELDS, statuses: [200, 404], signal });
  if (answer.status === 404) {
    answer.json(z.object({ statusCode: z.literal(404) }));
    return { state: 'dead' };
  }
  const { client_secret: secret } = answer.json(client.required());
  return secret === token.reveal() ? { state: 'alive', found } : { state: 'dead' };
}

/** @throws {Failure} `permission-missing` also when Auth0 leaves the secrets out of the list */
async function listClients(tenant: Auth0Tenant, from: string | undefined, signal: AbortSignal) {
  const query = { ...FIELDS, take: 100, ...(from !== undefined && { from }) };
  const answer = await call(tenant, {
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

async function call({ upstream, accessTokens }: Auth0Tenant, request: UpstreamRequest): Promise<Answer> {
  const answer = await upstream.request({
    ...request,
    headers: { authorization: bearer(await accessTokens.get(request.signal)) },
    statuses: [...request.statuses, 401, 403],
  });
  if (answer.status === 401) accessTokens.forget();
  if (answer.status === 401 || answer.status === 403) throw credentialFailure(upstream, answer);
  return answer;
}
