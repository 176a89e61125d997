/** Maps a call without an answer, or with an unexpected status, to a failure. */
import { errors } from 'undici';
import { Failure, type FailureCode } from '../provider/failure.ts';
import type { Answer } from '../provider/upstream.ts';
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
  const retryAfterMs = pausing ? retryAfter(header('retry-after'), nowMs) : undefined;
  return new Failure(code, { target, status, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}

function statusCode(status: number): FailureCode {
  if (status === 429) return 'throttled';
  if (status === 502 || status === 503 || status === 504) return 'unavailable';
  return status >= 500 ? 'upstream-error' : 'unexpected-answer';
}

/** Seconds or an HTTP date; undefined when it is neither. */
function retryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const isDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value);
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : isDate ? Date.parse(value) - nowMs : Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

/** Certificate errors. Waiting does not cure them: somebody has to change a setting. */
const CERTIFICATE_CODES: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'INVALID_CA',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The cause is the error's code alone: the error itself may hold the request's headers. */
export function transportFailure(target: string, error: unknown, timedOut: boolean): Failure {
  const cause = errorCode(error);
  const code = timedOut ? 'timeout' : classify(error, cause);
  return new Failure(code, { target, ...(cause !== undefined && { cause }) });
}

function classify(error: unknown, code: string | undefined): FailureCode {
  if (error instanceof BlockedAddress) return 'blocked-address';
  if (error instanceof errors.HTTPParserError) return 'unexpected-answer';
  if (code === undefined) return 'internal';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return 'timeout';
  if (CERTIFICATE_CODES.has(code)) return 'misconfigured';
  // Every request is checked before it is sent, so the library reports an invalid argument for the proxy's 407 alone.
  if (code === 'UND_ERR_INVALID_ARG') return 'misconfigured';
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'unexpected-answer';
  return 'unreachable';
}

/** The code of the innermost error that has one: a proxy's errors wrap those of the connection. */
function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const own = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return errorCode(error.cause) ?? own;
}
