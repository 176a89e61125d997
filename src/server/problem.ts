import type { ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { LedgerError } from '../ledger/ledger.ts';
import { currentRequestId } from '../observe/request-scope.ts';

export interface ProblemOptions {
  readonly detail?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the document; no secret and no upstream text. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** An answer other than success, as `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  readonly status: ContentfulStatusCode;
  readonly options: ProblemOptions;

  constructor(status: ContentfulStatusCode, title: string, options: ProblemOptions = {}) {
    super(title);
    this.name = 'Problem';
    this.status = status;
    this.options = options;
  }

  toResponse(): Response {
    const { detail, headers, extra } = this.options;
    const about = { type: 'about:blank', title: this.message, status: this.status, detail };
    const document = { ...about, requestId: currentRequestId(), ...extra };
    return new Response(JSON.stringify(document), {
      status: this.status,
      headers: { 'content-type': 'application/problem+json', ...headers },
    });
  }
}

const LEDGER_RETRY_SECONDS = 10;
const BACKLOG_RETRY_SECONDS = 60;
/** Large requests are written in parts, of which some may be durable. */
const IN_PART = 'A part of this request may be done already. Send it again later: it goes on from there.';

/** What only asks has done nothing, and whoever asks wants to know why. */
const SEE_LOG = 'The log of Quash says why: look for ledger-unavailable.';

/**
 * The only place where an error becomes a status. An unknown error is a 500 without detail.
 * @param method of the request; without it, what failed may have changed something
 */
export function toProblem(error: unknown, method?: string): Problem {
  if (error instanceof Problem) return error;
  // The framework throws this for a body that it cannot read. Its message may quote the body.
  if (error instanceof HTTPException) return new Problem(error.status, 'Bad request');
  if (!(error instanceof LedgerError)) return new Problem(500, 'Internal error');
  if (error.code === 'backlog-full') {
    return new Problem(429, 'Too many tokens are queued', {
      detail: IN_PART,
      headers: retryAfter(BACKLOG_RETRY_SECONDS),
    });
  }
  const asks = method === 'GET' || method === 'HEAD';
  return new Problem(503, asks ? 'The ledger cannot be used' : 'The ledger cannot be written', {
    detail: asks ? SEE_LOG : IN_PART,
    headers: retryAfter(LEDGER_RETRY_SECONDS),
  });
}

/** For Hono's `onError`; `report` is called for errors that are not the request's fault. */
export function answerProblem(report: (error: unknown) => void): ErrorHandler {
  return (error, { req }) => {
    if (!isFaultOfRequest(error)) report(error);
    return toProblem(error, req.method).toResponse();
  };
}

export function isFaultOfRequest(error: unknown): boolean {
  return error instanceof Problem || error instanceof HTTPException;
}

export function retryAfter(seconds: number): Record<string, string> {
  return { 'retry-after': String(Math.max(1, Math.ceil(seconds))) };
}
