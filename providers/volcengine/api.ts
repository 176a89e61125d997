/** Signed calls to IAM. Everything is a GET with its parameters in the query. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { type KeyPair, signedHeaders } from './sign.ts';

const HOST = 'iam.volcengineapi.com';
export const PLACE = `https://${HOST}`;

const METADATA = z.object({ Action: z.string(), RequestId: z.string() });
const DONE = z.object({ ResponseMetadata: METADATA.extend({ Error: z.undefined().optional() }) });
const ERROR = z.object({ ResponseMetadata: z.object({ Error: z.object({ Code: z.string() }) }) });

/** Of this call, or of all calls of the account, which comes with status 200, too. */
const LIMITS: ReadonlySet<string> = new Set(['FlowLimitExceeded', 'AccountFlowLimitExceeded']);

/** `error` is the code of an error, undefined for a success. */
type Reply = { readonly upstream: Upstream; readonly answer: Answer; readonly error?: string };
export type Call = (
  pair: KeyPair,
  action: string,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<Reply>;

export function createCall({ upstream: clientFor, clock }: Tools): Call {
  const upstream = clientFor(PLACE);
  return async (pair, action, parameters, signal) => {
    const query = { Action: action, Version: '2018-01-01', ...parameters };
    const call = { host: HOST, region: 'cn-beijing', service: 'iam', query };
    const answer = await upstream.request({
      method: 'GET',
      path: '/',
      query,
      headers: signedHeaders(call, pair, clock.now()),
      statuses: [200, 400, 401, 403, 404],
      signal,
      byRightOf: pair.secret,
      ...(action === 'UpdateAccessKey' && { changes: true }),
    });
    if (answer.status === 200 && answer.maybeJson(DONE)) return { upstream, answer };
    const error = answer.maybeJson(ERROR)?.ResponseMetadata.Error.Code;
    if (error === undefined) throw unexpected(upstream, answer);
    const target = { target: upstream.base, status: answer.status };
    if (LIMITS.has(error)) throw new Failure('throttled', target);
    if (error === 'InvalidTimestamp') throw new Failure('wrong-clock', target);
    return { upstream, answer, error };
  };
}
