/** Client secrets of applications, by an administrator's API token. */
import { z } from 'zod';
import { type OperatorRequest, operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Sight, Tenant, TenantMethod } from '../../src/provider/kit/tenants.ts';
import type { Answer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { hasError, ssws } from './api-tokens.ts';

export interface Organization extends Tenant {
  readonly apiToken: Secret;
}

/** An application in the list has some kilobytes, and an answer may have 1 MiB. */
const PAGE_SIZE = 50;
const MAX_PAGES = 40;

const ONLY_SECRET = refused(
  'not-permitted',
  "Okta does not deactivate an application's only secret: add a second one to the application, hand it out, and retry.",
);
const TOO_MANY = refused(
  'ambiguous',
  'The organization has more applications than Quash searches: find the one with this secret and deactivate it by hand.',
);

const id = z.string().regex(/^\w+$/);
const foundSchema = z.object({ appId: id, secretId: id });
const applications = z.array(z.object({ id, signOnMode: z.string().nullish() }));
const secrets = z.array(
  z.object({ id, client_secret: z.string().optional(), status: z.enum(['ACTIVE', 'INACTIVE']) }),
);

type Found = z.output<typeof foundSchema>;

export const CLIENT_SECRETS: TenantMethod<Organization, Found> = {
  found: foundSchema,
  look: (tenant, token, { signal }, known) =>
    known ? lookAgain(tenant, known, signal) : search(tenant, token, signal),
  async revoke(tenant, _token, { appId, secretId }, { signal }) {
    const all = await listSecrets(tenant, appId, signal);
    if (all?.length === 1) return ONLY_SECRET;
    const answer = await call(tenant, {
      method: 'POST',
      path: `/api/v1/apps/${appId}/credentials/secrets/${secretId}/lifecycle/deactivate`,
      statuses: [200],
      signal,
    });
    // The answer holds the secret: only its status is of interest.
    answer.json(z.object({ id: z.literal(secretId), status: z.literal('INACTIVE') }));
    return revoked({ tenant: tenant.upstream.base, appId, secretId });
  },
};

async function lookAgain(
  tenant: Organization,
  { appId, secretId }: Found,
  signal: AbortSignal,
): Promise<Sight<Found>> {
  const all = await listSecrets(tenant, appId, signal);
  const isActive = all?.some((each) => each.id === secretId && each.status === 'ACTIVE') ?? false;
  return isActive ? { state: 'alive', found: { appId, secretId } } : { state: 'dead' };
}

async function search(tenant: Organization, token: Secret, signal: AbortSignal): Promise<Sight<Found>> {
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = { limit: PAGE_SIZE, ...(after !== undefined && { after }) };
    const answer = await listApplications(tenant, query, signal);
    for (const application of answer.json(applications)) {
      if (application.signOnMode !== 'OPENID_CONNECT') continue;
      const all = await listSecrets(tenant, application.id, signal);
      const match = all?.find((each) => each.client_secret === token.reveal());
      if (match?.status === 'INACTIVE') return { state: 'dead' };
      if (match) return { state: 'alive', found: { appId: application.id, secretId: match.id } };
    }
    after = nextCursor(answer);
    if (after === undefined) return { state: 'absent' };
  }
  return { state: 'unable', refusal: TOO_MANY };
}

export function listApplications(
  tenant: Organization,
  query: { readonly limit: number; readonly after?: string },
  signal: AbortSignal,
): Promise<Answer> {
  return call(tenant, { method: 'GET', path: '/api/v1/apps', query, statuses: [200], signal });
}

/** Undefined when the application is gone. */
async function listSecrets(tenant: Organization, appId: string, signal: AbortSignal) {
  const path = `/api/v1/apps/${appId}/credentials/secrets`;
  const answer = await call(tenant, { method: 'GET', path, statuses: [200, 404], signal });
  if (answer.status === 200) return answer.json(secrets);
  if (hasError(answer, 'E0000007')) return undefined;
  throw unexpected(tenant.upstream, answer);
}

function call({ upstream, apiToken }: Organization, request: OperatorRequest): Promise<Answer> {
  return operatorCalls(upstream, { authorization: ssws(apiToken) })(request);
}

/** The link's host is the answer's word, so only the cursor is taken from it. */
function nextCursor(answer: Answer): string | undefined {
  const link = answer.header('link')?.match(/<([^>]{1,2000})>;\s?rel="next"/)?.[1];
  return (link && URL.parse(link)?.searchParams.get('after')) || undefined;
}
