/** An upstream without a socket: requests as they would go over the wire, answered by a function. */

import type { Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import { answerOf } from '../../src/upstream/client.ts';
import { statusFailure } from '../../src/upstream/failed-call.ts';
import { parseBase, wireRequest } from '../../src/upstream/wire-request.ts';
import type { PlainAnswer, RecordedRequest } from './scripted-upstream.ts';

export interface MemoryCall {
  readonly request: RecordedRequest;
  /** As the adapter asked for it. */
  readonly asked: UpstreamRequest;
  readonly host: string;
}

/**
 * @param baseUrl of the vendor; `https://api.example.com/v1` becomes the path prefix `/api.example.com/v1`, as on the
 *   scripted upstream, unless it begins with `benchUrl`
 */
export function memoryUpstream(
  baseUrl: string,
  {
    benchUrl,
    now,
    answer,
  }: {
    readonly benchUrl: string;
    readonly now: () => number;
    answer(call: MemoryCall): PlainAnswer;
  },
): Upstream {
  const base = parseBase(baseUrl);
  const isOwn = baseUrl.startsWith(benchUrl);
  const prefix = isOwn ? '' : `/${base.origin.replace(/^https?:\/\//, '')}`;
  return {
    base: base.href,
    async request(asked) {
      asked.signal.throwIfAborted();
      const wire = wireRequest(base, asked);
      const headers = Object.fromEntries(
        Object.entries(wire.headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
      const request = { method: wire.method, url: prefix + wire.path, headers, body: wire.body ?? '' };
      const { status, headers: given = {}, json, text } = answer({ request, asked, host: base.hostname });
      const header = (name: string) =>
        Object.entries(given).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
      const body = json === undefined ? (text ?? '') : JSON.stringify(json);
      if (!asked.statuses.includes(status)) throw statusFailure(base.origin, { status, header }, now());
      return answerOf(base, { status, header, text: body });
    },
  };
}
