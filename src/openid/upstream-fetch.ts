import type { CustomFetch } from 'openid-client';
import { Failure } from '../provider/failure.ts';
import type { Upstream, UpstreamRequest } from '../provider/upstream.ts';

/** What an issuer answers by its protocol; whatever else comes is thrown as a failure. */
const STATUSES = [200, 400, 401, 403, 404];
const HEADERS = ['content-type', 'www-authenticate'];

/**
 * Lets the library call through the hardened client, with its proxy, authorities and limits.
 * @param upstream bound to an origin: an issuer's document may name endpoints on other hosts than its own
 */
export function upstreamFetch(upstream: (origin: string) => Upstream): CustomFetch {
  return async (address, { method, headers, body, signal }) => {
    const { origin, pathname, searchParams } = new URL(address);
    const form = body instanceof URLSearchParams ? { form: Object.fromEntries(body) } : {};
    if (body && !('form' in form)) throw new Failure('internal', { target: origin });
    const answer = await upstream(origin).request({
      method: method as UpstreamRequest['method'],
      path: pathname,
      query: Object.fromEntries(searchParams),
      ...{ headers, ...form, statuses: STATUSES, signal: signal ?? new AbortController().signal },
    });
    const given = HEADERS.flatMap((name): [string, string][] => {
      const value = answer.header(name);
      return value === undefined ? [] : [[name, value]];
    });
    return new Response(answer.text, { status: answer.status, headers: given });
  };
}
