/** What providers note and call, as events: the observers know no provider, and providers no observer. */
import type { Observe } from '../observe/events.ts';
import type { ProviderLog } from '../provider/provider.ts';
import type { RequestInfo } from '../upstream/client.ts';

/** A provider's own notes, as events. */
export function providerLog(observe: Observe): (provider: string) => ProviderLog {
  return (provider) => {
    const at =
      (level: 'info' | 'warn'): ProviderLog[typeof level] =>
      (note, fields = {}) =>
        observe({ type: 'provider-note', provider, level, note, fields });
    return { info: at('info'), warn: at('warn') };
  };
}

/** Providers' calls, as events. */
export function upstreamLog(observe: Observe): (info: RequestInfo) => void {
  return ({ ms, ...call }) => observe({ type: 'upstream-called', ...call, durationMs: Math.round(ms) });
}
