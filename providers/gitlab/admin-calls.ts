/** The calls with an administrator's token. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { row } from '../../src/provider/kit/answers.ts';
import { credentialFailure } from '../../src/provider/kit/results.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { READ_ONLY, unread } from './method.ts';

export interface AdminApi {
  readonly upstream: Upstream;
  readonly adminToken: Secret;
}

const TOKEN_PATH = '/api/v4/admin/token';

/** A missing route and a feature flag that is off answer 404, too, but not in this shape. */
const UNKNOWN_TOKEN = z.object({ message: z.object({ error: z.string() }) });

/** Asks about a token, by its value; that changes nothing. */
export const LOOK_ROWS = [
  unread([200], 'known'),
  row([404], UNKNOWN_TOKEN, 'unknown'),
  row([404], z.looseObject({}), 'no-api'),
  row([422], z.looseObject({}), 'not-recognised'),
] as const;

export const DELETE_ROWS = [
  unread([204], 'done'),
  unread([400], 'refused'),
  row([404], UNKNOWN_TOKEN, 'unknown'),
  row([404], z.looseObject({}), 'no-api'),
  row([422], z.looseObject({}), 'not-recognised'),
  unread([500], 'failed'),
] as const;

interface AdminRequest {
  readonly method: 'POST' | 'DELETE';
  readonly path?: string;
  readonly statuses: readonly number[];
  readonly signal: AbortSignal;
  readonly token?: Secret;
  /** The token cannot exist, so that even a DELETE of it changes nothing. */
  readonly isNoToken?: true;
}

export async function send(
  { upstream, adminToken }: AdminApi,
  { method, path = TOKEN_PATH, statuses, signal, token, isNoToken }: AdminRequest,
): Promise<Answer> {
  const isQuestion = method === 'POST' || isNoToken;
  const answer = await upstream.request({
    ...{ method, path, headers: { 'PRIVATE-TOKEN': adminToken } },
    ...(token && { json: { token } }),
    // A redirect of a call with a body would be some proxy's.
    statuses: [...statuses, 401, 403, ...(token ? [] : [301])],
    ...(isQuestion && { readOnly: true }),
    signal,
  });
  const { status } = answer;
  // The question about a token is a POST, which a GitLab that takes no changes refuses as well.
  if (status === 301 || (status === 403 && answer.maybeJson(READ_ONLY)))
    throw new Failure('unavailable', { target: upstream.base, status });
  if (status === 401 || status === 403) throw credentialFailure(upstream, answer);
  return answer;
}
