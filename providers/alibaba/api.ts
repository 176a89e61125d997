/** Signed calls. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { type KeyPair, signedHeaders } from './sign.ts';

export const STS = { host: 'sts.aliyuncs.com', version: '2015-04-01' };
/** Takes the name of a user. */
export const RAM = { host: 'ram.aliyuncs.com', version: '2015-05-01' };
export const IMS = { host: 'ims.aliyuncs.com', version: '2019-08-15' };

const ERROR = z.object({ Code: z.string(), RequestId: z.string() });

export type Reply = {
  readonly upstream: Upstream;
  readonly answer: Answer;
  readonly error: string | undefined;
};
export type Call = (
  service: typeof STS,
  action: string,
  pair: KeyPair,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<Reply>;

export function createCall({ upstream: clientFor, clock }: Tools): Call {
  return async ({ host, version }, action, pair, query, signal) => {
    const upstream = clientFor(`https://${host}`);
    const headers = {
      ...signedHeaders({ host, action, version, query }, pair, clock.now()),
      accept: 'application/json',
    };
    const statuses = [200, 400, 403, 404];
    const answer = await upstream.request({
      method: 'POST',
      path: '/',
      query,
      headers,
      statuses,
      signal,
      byRightOf: pair.secret,
      ...(action === 'GetCallerIdentity' && { readOnly: true }),
    });
    if (answer.status === 200) return { upstream, answer, error: undefined };
    const error = answer.maybeJson(ERROR)?.Code;
    if (error === undefined) throw unexpected(upstream, answer);
    const target = { target: upstream.base, status: answer.status };
    if (error.startsWith('Throttling')) throw new Failure('throttled', target);
    if (error === 'InvalidTimeStamp.Expired') throw new Failure('wrong-clock', target);
    return { upstream, answer, error };
  };
}
