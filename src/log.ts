import { type Logger, pino } from 'pino';
import type { Observe, QuashEvent } from './events.ts';
import type { ProviderLog } from './provider/provider.ts';

export type { Logger } from 'pino';

/** JSON lines on standard output: one object each with `time` (ISO 8601), `level` and `event`. */
export function createLog(level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination ? pino(options, destination) : pino(options);
}

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Writes every event as one line, so that all that was decided about a token can be found by its entry's id. */
export function logEvents(log: Logger): Observe {
  return (event) => {
    const { type, ...fields } = event;
    log[levelOf(event)]({ event: type, ...('error' in fields ? { error: frames(fields.error) } : fields) });
  };
}

function levelOf(event: QuashEvent): Level {
  switch (event.type) {
    case 'attempted':
    case 'http-answered':
    case 'lease-lost':
      return 'debug';
    case 'report-accepted':
      return event.invalid > 0 ? 'warn' : 'info';
    case 'settled':
      if (event.outcome?.reason === 'wrong-record') return 'error';
      return event.state === 'attention' ? 'warn' : 'info';
    case 'provider-note':
      return event.level;
    case 'lane-paused':
    case 'lane-parked':
    case 'ledger-warning':
    case 'work-without-provider':
      return 'warn';
    case 'internal-error':
    case 'unseal-failed':
    case 'ledger-unavailable':
    case 'reload-failed':
      return 'error';
    default:
      return 'info';
  }
}

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

/** Where it happened, not what it says: a message may quote what was being worked on. */
function frames(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  // A message of several lines could otherwise pass for frames.
  const stack = error.stack?.replace(error.message, '').split('\n') ?? [];
  const frames = stack.map((line) => line.trim()).filter((line) => line.startsWith('at '));
  return [error.name, ...frames].join(' ');
}
