/** An upstream at which some calls take all the time that there is. */
import type { UpstreamRequest } from '../../src/provider/upstream.ts';
import type { UpstreamFactory } from '../../src/upstream/client.ts';

export interface SlowCalls {
  readonly isSlow: (request: UpstreamRequest) => boolean;
  /** Of the delivery under way; it ends in the first slow call. */
  readonly lease: { over: AbortController };
}

export function slowUpstream(
  factory: Pick<UpstreamFactory, 'for'>,
  { isSlow, lease }: SlowCalls,
): Pick<UpstreamFactory, 'for'> {
  return {
    for(caller, url) {
      const upstream = factory.for(caller, url);
      return {
        base: upstream.base,
        async request(request) {
          if (isSlow(request)) lease.over.abort(new DOMException('The lease is over.', 'TimeoutError'));
          return upstream.request(request);
        },
      };
    },
  };
}
