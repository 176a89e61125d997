/** The calls with an administrator's token. */
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { API_ERROR } from './method.ts';

export interface AdminApi {
  readonly upstream: Upstream;
  readonly adminToken: Secret;
}

export const TOKEN_PATH = '/api/v4/admin/token';

export function send(
  { upstream, adminToken }: AdminApi,
  method: 'POST' | 'DELETE',
  path: string,
  statuses: readonly number[],
  signal: AbortSignal,
  token?: Secret,
): Promise<Answer> {
  const call = operatorCalls(upstream, { 'PRIVATE-TOKEN': adminToken });
  return call({ method, path, ...(token && { json: { token } }), statuses, signal });
}

/** A missing route and a feature flag that is off answer 404, too, but not in this shape. */
export function isUnknownToken(answer: Answer): boolean {
  return answer.status === 404 && typeof answer.json(API_ERROR).message === 'object';
}
