/** The hardened HTTP client of all providers. */
import type { z } from 'zod';
import { Secret } from '../words/secret.ts';

/** A JSON body whose secrets are revealed by the client at the last moment. */
export type Body =
  | string
  | number
  | boolean
  | null
  | Secret
  | readonly Body[]
  | { readonly [key: string]: Body | undefined };

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /**
   * Appended to the base URL's path; starts with `/`; the caller encodes its variable parts. Made with `secretPath`
   * where the vendor takes a secret nowhere but in the URL.
   */
  readonly path: string | Secret;
  readonly query?: Readonly<Record<string, string | number | Secret>>;
  /** A `Secret` is revealed when it is sent. {@link bearer} and {@link basic} make the usual ones. */
  readonly headers?: Readonly<Record<string, string | Secret>>;
  readonly json?: Body;
  readonly form?: Readonly<Record<string, string | Secret>>;
  /**
   * The statuses that the caller understands; such an answer is returned. Any other is thrown as a {@link Failure}:
   * 429 `throttled`, 502, 503 and 504 `unavailable` (all with `Retry-After`), other 5xx `upstream-error`, the rest
   * `unexpected-answer`.
   */
  readonly statuses: readonly number[];
  readonly signal: AbortSignal;
  /** The call changes nothing upstream, although its method is not GET: a search, a log-in, an introspection. */
  readonly readOnly?: true;
  /** How long the body may be, for a list that comes in one piece. Default 1 MiB, at most 32 MiB. */
  readonly maxBytes?: number;
  /** The call changes something upstream, although its method is GET. */
  readonly changes?: true;
  /**
   * The secret by whose right the call is made, where nothing that is sent shows it: it signs the call, or got the access
   * token that the call shows. Not sent.
   */
  readonly byRightOf?: Secret;
}

export interface Answer {
  readonly status: number;
  /** A header's value, by its name in any case. */
  header(name: string): string | undefined;
  /** The body as text, at most `maxBytes` of the request. Never log it and never put it into a message. */
  readonly text: string;
  /**
   * The body, parsed and validated.
   * @throws {Failure} `unexpected-answer` when it is no JSON or not of that shape
   */
  json<T>(schema: z.core.$ZodType<T>): T;
  /** Like {@link json}, but undefined when the body has not that shape. */
  maybeJson<T>(schema: z.core.$ZodType<T>): T | undefined;
}

export interface Upstream {
  /** The origin and path prefix, without a trailing slash; for names and messages. */
  readonly base: string;
  /** @throws {Failure} */
  request(request: UpstreamRequest): Promise<Answer>;
}

/** The cause of an `internal` failure: a header would have a line break in it, or a character that none has. */
export class UnsendableHeader extends Error {
  constructor() {
    super('A header cannot carry this text.');
    this.name = 'UnsendableHeader';
  }
}

/** Where a call goes, whatever path the base URL has: of {@link Upstream.base}, or of a failure's target. */
export function originOf(base: string): string {
  return URL.parse(base)?.origin ?? base;
}

/** `Authorization: Bearer …` */
export function bearer(secret: Secret): Secret {
  return new Secret(`Bearer ${secret.reveal()}`);
}

/** `Authorization: Basic …` */
export function basic(username: string, password: Secret): Secret {
  return new Secret(`Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`);
}

/**
 * A path with a secret in it, for the few APIs that take it nowhere else. Each value is percent-encoded.
 * @example secretPath`/webhooks/${id}/${token}`
 */
export function secretPath(fixed: TemplateStringsArray, ...values: readonly (string | Secret)[]): Secret {
  const encoded = values.map((value) => encodeURIComponent(textOf(value)));
  return new Secret(String.raw({ raw: fixed.raw }, ...encoded));
}

export function textOf(value: string | Secret): string {
  return value instanceof Secret ? value.reveal() : value;
}
