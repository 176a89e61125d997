/** Where a notice is posted to: an URL that is a secret as a whole, sent through the hardened client. */
import type { Answer, Upstream, UpstreamRequest } from '../provider/upstream.ts';
import { Secret } from '../words/secret.ts';

export interface Target {
  readonly upstream: Upstream;
  readonly path: Secret;
  readonly query: Readonly<Record<string, Secret>>;
}

/** Any answer of the 200s says that it was taken. */
const TAKEN = Array.from({ length: 100 }, (_, index) => 200 + index);

/**
 * @param url http or https, without credentials
 * @param upstreamFor the hardened client for an origin
 */
export function createTarget(url: Secret, upstreamFor: (origin: string) => Upstream): Target {
  const { origin, pathname, searchParams } = new URL(url.reveal());
  return {
    upstream: upstreamFor(origin),
    path: new Secret(pathname),
    query: Object.fromEntries([...searchParams].map(([name, value]) => [name, new Secret(value)])),
  };
}

/** All of it that may be shown. */
export function originOf(url: Secret): string {
  return new URL(url.reveal()).origin;
}

/** @throws {Failure} unless it was taken */
export function post(
  { upstream, path, query }: Target,
  request: Pick<UpstreamRequest, 'headers' | 'json' | 'signal'>,
): Promise<Answer> {
  return upstream.request({ method: 'POST', path, query, statuses: TAKEN, ...request });
}
