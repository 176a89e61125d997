import { type Logger, pino } from 'pino';
import type { Observe, QuashEvent } from './events.ts';
import { currentRequestId } from './request-scope.ts';

export type { Logger } from 'pino';

export interface LogOptions {
  readonly level: string;
  /** Default is standard output. */
  readonly destination?: { write(line: string): void };
  /** Sees every line before it is written; the last line of defence against a secret in it. */
  readonly scrub?: (line: string) => string;
}

/**
 * JSON lines: one object each with `time` (ISO 8601), `level` and `event`, and the `requestId` of the request in
 * which it happened.
 */
export function createLog({ level, destination, scrub }: LogOptions): Logger {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: () => {
      const requestId = currentRequestId();
      return requestId === undefined ? {} : { requestId };
    },
    ...(scrub && { hooks: { streamWrite: scrub } }),
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
    case 'upstream-called':
    case 'lease-lost':
      return 'debug';
    case 'put-off':
      // These two are normal operation; the other reasons are failures.
      return event.why === 'continued' || event.why === 'paced' ? 'debug' : 'info';
    case 'report-accepted':
      return event.invalid > 0 ? 'warn' : 'info';
    case 'event-ignored':
      return event.message === undefined ? 'debug' : 'warn';
    case 'settled':
      if (event.outcome?.reason === 'wrong-record') return 'error';
      return event.state === 'attention' ? 'warn' : 'info';
    case 'ledger-durability':
      return event.durable ? 'info' : 'warn';
    case 'provider-note':
      return event.level;
    case 'notice-failed':
    case 'notices-missed':
    case 'owners-left-out':
    case 'write-back-refused':
    case 'request-refused':
    case 'sign-in-failed':
    case 'lane-paused':
    case 'lane-parked':
    case 'valve-closed':
    case 'share-used-up':
    case 'ledger-made':
    case 'ledger-warning':
    case 'config-warning':
    case 'work-without-provider':
    case 'traces-lost':
      return 'warn';
    case 'internal-error':
    case 'unseal-failed':
    case 'entry-altered':
    case 'ledger-unavailable':
    case 'reload-failed':
      return 'error';
    default:
      return 'info';
  }
}

/** The stack frames without the message, which may quote the data that was being processed. */
function frames(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  // A message of several lines could otherwise pass for frames.
  const stack = error.stack?.replace(error.message, '').split('\n') ?? [];
  const frames = stack.map((line) => line.trim()).filter((line) => line.startsWith('at '));
  return [error.name, ...frames].join(' ');
}
