/**
 * The calls of an organization's service account.
 *
 * Docs: https://www.mongodb.com/docs/atlas/api/service-accounts-overview/
 */
import { z } from 'zod';
import { type OperatorCall, operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { credentialFailure } from '../../src/provider/kit/results.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { basic, bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { MongodbAtlasConfig } from './config.ts';

export const HOST = 'https://cloud.mongodb.com';

/** The versions of the API. */
export const ACCEPT_KEYS = 'application/vnd.atlas.2023-01-01+json';
export const ACCEPT_ACCOUNTS = 'application/vnd.atlas.2024-08-05+json';

export type OrganizationConfig = MongodbAtlasConfig['organizations'][number];

const LOGIN = z.object({ access_token: z.string().min(1) });
const REFUSED = z.object({ error: z.union([z.string(), z.int()]) });

/** Logs in, as the operator or with a leaked secret. It changes nothing but that a token is issued, for an hour. */
function requestToken(upstream: Upstream, id: string, secret: Secret, signal: AbortSignal) {
  return upstream.request({
    method: 'POST',
    path: '/api/oauth/token',
    headers: { authorization: basic(id, secret), accept: 'application/json' },
    form: { grant_type: 'client_credentials' },
    statuses: [200, 401, 403],
    readOnly: true,
    signal,
  });
}

/** Whether this client is let in with this secret. @throws {Failure} */
export async function logsIn(
  upstream: Upstream,
  id: string,
  secret: Secret,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await requestToken(upstream, id, secret, signal);
  if (answer.status === 200) answer.json(LOGIN);
  // A blocked address, say.
  else if (answer.status === 403) throw credentialFailure(upstream, answer).ofEntry('suspended');
  else answer.json(REFUSED);
  return answer.status === 200;
}

/** @throws {Failure} when the service account is not let in */
export async function sessionOf(
  upstream: Upstream,
  { clientId, clientSecret }: OrganizationConfig,
  accept: string,
  signal: AbortSignal,
): Promise<OperatorCall> {
  const answer = await requestToken(upstream, clientId, clientSecret, signal);
  if (answer.status !== 200) throw credentialFailure(upstream, answer);
  const token = new Secret(answer.json(LOGIN).access_token);
  return operatorCalls(upstream, { authorization: bearer(token), accept });
}
