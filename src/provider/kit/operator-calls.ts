/** Calls with a credential that the operator configured. */
import type { z } from 'zod';
import { bearer } from '../../provider/upstream.ts';
import type { Secret } from '../../words/secret.ts';
import type { Answer, Upstream, UpstreamRequest } from '../upstream.ts';
import type { AccessTokens } from './access-token.ts';
import { credentialFailure, unexpected } from './results.ts';

export interface OperatorRequest extends Omit<UpstreamRequest, 'headers'> {
  /** The body of the 404 by which the vendor itself says that there is no such record. Without it, 404 is a failure. */
  readonly notFound?: z.ZodType;
  /** The body of the 403 by which the vendor says that this record is closed to everybody; any other 403 is a failure. */
  readonly closed?: z.ZodType;
  /**
   * What the record is in: many vendors say "not found" as well of what our credential may not see any more, so that is
   * read before a 404 counts.
   */
  readonly within?: { readonly path: string; readonly shows: z.ZodType };
}

export type OperatorCall = (request: OperatorRequest) => Promise<Answer>;

type Headers = Readonly<Record<string, string | Secret>>;

/** A refusal of the operator's credential is a failure of ours and says nothing about the token. */
export function operatorCalls(upstream: Upstream, headers: Headers): OperatorCall {
  return async (request) => judged(upstream, headers, await send(upstream, headers, request), request);
}

/** The same with a credential that is exchanged for an access token. */
export function sessionCalls(upstream: Upstream, tokens: AccessTokens, headers: Headers = {}): OperatorCall {
  return async (request) => {
    const authorized = { ...headers, authorization: bearer(await tokens.get(request.signal)) };
    const answer = await send(upstream, authorized, request);
    if (answer.status === 401) tokens.forget();
    return judged(upstream, authorized, answer, request);
  };
}

function send(upstream: Upstream, headers: Headers, request: OperatorRequest): Promise<Answer> {
  const { notFound, closed: _, within: __, statuses, ...rest } = request;
  const known = [...statuses, 401, 403, ...(notFound ? [404] : [])];
  return upstream.request({ ...rest, headers, statuses: known });
}

/** @throws {Failure} */
async function judged(
  upstream: Upstream,
  headers: Headers,
  answer: Answer,
  { notFound, closed, within, signal }: OperatorRequest,
): Promise<Answer> {
  if (answer.status === 403 && closed && answer.maybeJson(closed)) return answer;
  if (answer.status === 401 || answer.status === 403) throw credentialFailure(upstream, answer);
  if (answer.status !== 404 || !notFound) return answer;
  if (!answer.maybeJson(notFound)) throw unexpected(upstream, answer);
  if (within) {
    const holder = { method: 'GET', path: within.path, statuses: [200], signal } as const;
    (await operatorCalls(upstream, headers)(holder)).json(within.shows);
  }
  return answer;
}
