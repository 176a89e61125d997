/** The calls that are made to one organization. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type OperatorRequest, operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

export interface Organization {
  readonly upstream: Upstream;
  readonly apiToken: Secret;
}

export const ID = z.string().regex(/^\w+$/);
const SECRETS = z.array(
  z.object({ id: ID, client_secret: z.string().nullish(), status: z.enum(['ACTIVE', 'INACTIVE']) }),
);
export type ListedSecret = z.output<typeof SECRETS>[number];

/** With Okta's own scheme of the header `Authorization`. */
export function headersOf(token: Secret) {
  return { authorization: new Secret(`SSWS ${token.reveal()}`), accept: 'application/json' };
}

export function error(errorCode: string) {
  return z.object({ errorCode: z.literal(errorCode) });
}

export function call({ upstream, apiToken }: Organization, request: OperatorRequest): Promise<Answer> {
  return operatorCalls(upstream, headersOf(apiToken))(request);
}

export function listApplications(
  organization: Organization,
  query: { readonly limit: number; readonly after?: string },
  signal: AbortSignal,
): Promise<Answer> {
  return call(organization, { method: 'GET', path: '/api/v1/apps', query, statuses: [200], signal });
}

/** Of one application, so that it keeps nothing else of the lane waiting. */
export function notPermitted({ base }: Upstream): Failure {
  return new Failure('permission-missing', { target: base, status: 403, scope: 'entry' });
}

/** `gone`: the application is, or it is out of sight; `closed`: our administrator may not see its secrets. */
export async function listSecrets(
  organization: Organization,
  appId: string,
  signal: AbortSignal,
): Promise<readonly ListedSecret[] | 'gone' | 'closed'> {
  const path = `/api/v1/apps/${appId}/credentials/secrets`;
  const closed = error('E0000006');
  const answer = await call(organization, { method: 'GET', path, statuses: [200, 404], closed, signal });
  if (answer.status === 200) return answer.json(SECRETS);
  if (answer.status === 403) return 'closed';
  if (answer.maybeJson(error('E0000007'))) return 'gone';
  throw unexpected(organization.upstream, answer);
}
