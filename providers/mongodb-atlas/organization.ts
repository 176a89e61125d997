/**
 * The calls of an organization's service account.
 *
 * Docs: https://www.mongodb.com/docs/atlas/api/service-accounts-overview/,
 * https://www.mongodb.com/docs/manual/reference/limits/#mongodb-atlas-service-account-limits
 *
 * - A client may ask for ten access tokens a minute, and has a hundred at most, each for an hour: then it gets 403, and
 *   so do the operator's other programs. So one of ours serves all calls.
 */
import { z } from 'zod';
import { createAccessTokens } from '../../src/provider/kit/access-token.ts';
import { type OperatorCall, sessionCalls } from '../../src/provider/kit/operator-calls.ts';
import { credentialFailure } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { MongodbAtlasConfig } from './config.ts';

const HOST = 'https://cloud.mongodb.com';

/** The versions of the API. */
export const ACCEPT_KEYS = 'application/vnd.atlas.2023-01-01+json';
const ACCEPT_ACCOUNTS = 'application/vnd.atlas.2024-08-05+json';

export interface Organization {
  readonly id: string;
  readonly upstream: Upstream;
  /** The calls about API keys, and those about service accounts, which have another version. */
  readonly aboutKeys: OperatorCall;
  readonly aboutAccounts: OperatorCall;
}

/** Of a 404; any other page says nothing. */
export const NOT_FOUND = z.object({ errorCode: z.string() });
const LOGIN = z.object({ access_token: z.string().min(1), expires_in: z.number() });
const REFUSED = z.object({ error: z.union([z.string(), z.int()]) });

export function organizationOf(
  { id, clientId, clientSecret }: MongodbAtlasConfig['organizations'][number],
  tools: Tools,
): Organization {
  const upstream = tools.upstream(HOST);
  const tokens = createAccessTokens(tools.clock, async (signal) => {
    const answer = await requestToken(upstream, clientId, clientSecret, signal);
    if (answer.status !== 200) throw credentialFailure(upstream, answer);
    const { access_token, expires_in } = answer.json(LOGIN);
    return { token: new Secret(access_token), expiresInSeconds: expires_in };
  });
  const callsFor = (accept: string) => sessionCalls(upstream, tokens, { accept });
  return { id, upstream, aboutKeys: callsFor(ACCEPT_KEYS), aboutAccounts: callsFor(ACCEPT_ACCOUNTS) };
}

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
  // It has as many access tokens as it may, say.
  else if (answer.status === 403) throw credentialFailure(upstream, answer).ofEntry('suspended');
  else answer.json(REFUSED);
  return answer.status === 200;
}
