/** Maps a call without an answer, or with an unexpected status, to a failure. */
import { errors } from 'undici';
import { Failure, type FailureCode } from '../provider/failure.ts';
import type { Answer } from '../provider/upstream.ts';
import { type ConnectionFault, connectionFault, errorCode, proxyRefusal } from '../words/connection-fault.ts';
import { msUntil, parseHttpDate } from '../words/http-date.ts';
import { BlockedAddress } from './address-guard.ts';

const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * The failure that an answer's status means, unless the caller knows better.
 * @param header gives the answer's headers, of which `Retry-After` counts
 */
export function statusFailure(
  target: string,
  { status, header }: Pick<Answer, 'status' | 'header'>,
  nowMs: number,
  code = statusCode(status),
): Failure {
  const pausing = code === 'throttled' || code === 'unavailable';
  const retryAfterMs = pausing ? retryAfter(header, nowMs) : undefined;
  return new Failure(code, { target, status, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}

function statusCode(status: number): FailureCode {
  if (status === 429) return 'throttled';
  if (status === 502 || status === 503 || status === 504) return 'unavailable';
  return status >= 500 ? 'upstream-error' : 'unexpected-answer';
}

const SECONDS = /^\d+(?:\.\d+)?$/;

/**
 * Seconds, which have a fraction at Shopify and others, or an HTTP date; undefined when it is neither. A proxy may add its own:
 * then the longest one holds.
 */
function retryAfter(header: Answer['header'], nowMs: number): number | undefined {
  const value = header('retry-after');
  if (value === undefined) return undefined;
  const endsAt = parseHttpDate(value);
  if (endsAt !== undefined) return within(msUntil(endsAt, header, nowMs));
  const seconds = value.split(',').map((each) => each.trim());
  return seconds.every((each) => SECONDS.test(each))
    ? within(Math.max(...seconds.map(Number)) * 1000)
    : undefined;
}

function within(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms), 0), MAX_RETRY_AFTER_MS);
}

const CODES: Readonly<Record<ConnectionFault, FailureCode>> = {
  certificate: 'untrusted-certificate',
  'no-tls': 'misconfigured',
  'unknown-host': 'unknown-host',
  refused: 'connection-refused',
  'no-route': 'no-route',
  timeout: 'timeout',
};

/** Before a tunnel is open, the proxy is all that is connected to. */
const PROXYS_OWN: ReadonlySet<ConnectionFault | undefined> = new Set(['unknown-host', 'refused', 'no-route']);

/** The cause is the error's code alone: the error itself may hold the request's headers. */
export function transportFailure(
  target: string,
  error: unknown,
  { timedOut, isProxied }: { readonly timedOut: boolean; readonly isProxied: boolean },
): Failure {
  const cause = errorCode(error);
  const status = isProxied ? proxyRefusal(error) : undefined;
  const code = timedOut
    ? 'timeout'
    : status === undefined
      ? classify(error, cause, isProxied)
      : 'proxy-failed';
  return new Failure(code, {
    target,
    ...(cause !== undefined && { cause }),
    ...(status !== undefined && { status }),
  });
}

function classify(error: unknown, code: string | undefined, isProxied: boolean): FailureCode {
  if (error instanceof BlockedAddress) return 'blocked-address';
  if (error instanceof errors.HTTPParserError) return 'unexpected-answer';
  if (code === undefined) return 'internal';
  const fault = connectionFault(code);
  if (isProxied && PROXYS_OWN.has(fault)) return 'proxy-failed';
  if (fault) return CODES[fault];
  return code === 'UND_ERR_HEADERS_OVERFLOW' ? 'unexpected-answer' : 'unreachable';
}
