/** The calls of Tencent Cloud's API 3.0. It says everything with status 200; an error is in the body. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Answer, Body, Upstream } from '../../src/provider/upstream.ts';
import { type KeyPair, signedHeaders } from './sign.ts';

/** Both sites have accounts of their own. */
export const SITES = ['china', 'international'] as const;
export type Site = (typeof SITES)[number];

const DOMAINS: Readonly<Record<Site, { readonly domain: string; readonly region: string }>> = {
  china: { domain: 'tencentcloudapi.com', region: 'ap-guangzhou' },
  international: { domain: 'intl.tencentcloudapi.com', region: 'ap-singapore' },
};

const VERSIONS = { cam: '2019-01-16', sts: '2018-08-13' } as const;

export type Reply = { readonly upstream: Upstream; readonly answer: Answer; readonly error?: string };
export type Call = (
  where: { readonly site: Site; readonly service: keyof typeof VERSIONS; readonly pair: KeyPair },
  action: string,
  parameters: Readonly<Record<string, Body>>,
  signal: AbortSignal,
) => Promise<Reply>;

const RESPONSE = z.object({
  Response: z.object({ RequestId: z.string(), Error: z.object({ Code: z.string() }).optional() }),
});

export function createCall({ upstream: clientFor, clock }: Tools): Call {
  return async ({ site, service, pair }, action, parameters, signal) => {
    const { domain, region } = DOMAINS[site];
    const host = `${service}.${domain}`;
    const upstream = clientFor(`https://${host}`);
    const version = VERSIONS[service];
    const payload = JSON.stringify(parameters);
    const headers = signedHeaders({ host, service, action, version, region, payload }, pair, clock.now());
    const answer = await upstream.request({
      method: 'POST',
      path: '/',
      headers,
      json: parameters,
      statuses: [200],
      signal,
      byRightOf: pair.secret,
      ...(action !== 'UpdateAccessKey' && { readOnly: true }),
    });
    const error = answer.json(RESPONSE).Response.Error?.Code;
    if (error === undefined) return { upstream, answer };
    if (error.startsWith('RequestLimitExceeded')) throw new Failure('throttled', { target: upstream.base });
    if (error.startsWith('InternalError')) throw new Failure('upstream-error', { target: upstream.base });
    if (error === 'AuthFailure.SignatureExpire') throw new Failure('wrong-clock', { target: upstream.base });
    return { upstream, answer, error };
  };
}

const OF_THE_CREDENTIAL: ReadonlySet<string> = new Set([
  'AuthFailure.InvalidSecretId',
  'AuthFailure.SecretIdNotFound',
  'AuthFailure.SignatureFailure',
]);

export function isForbidden(error: string): boolean {
  return /^(?:AuthFailure\.)?UnauthorizedOperation/.test(error);
}

/** What an error means of a call with the operator's credential. */
export function operatorFailure({ upstream, answer, error = '' }: Reply): Failure {
  if (OF_THE_CREDENTIAL.has(error)) return new Failure('credential-refused', { target: upstream.base });
  if (isForbidden(error)) return new Failure('permission-missing', { target: upstream.base });
  return unexpected(upstream, answer);
}
