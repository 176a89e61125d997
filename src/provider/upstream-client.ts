/** The HTTP client behind {@link Upstream}. It alone reveals a secret to the network. */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, errors, Pool, ProxyAgent } from 'undici';
import type { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import type { Clock } from '../clock.ts';
import { Secret } from '../secret.ts';
import { type Tracer, untraced } from '../tracing.ts';
import { type AddressGuard, BlockedAddress, createAddressGuard, type Resolve } from './address-guard.ts';
import { Failure, type FailureCode } from './failure.ts';
import { ConfigFault } from './provider.ts';
import type { Answer, Body, Upstream, UpstreamRequest } from './upstream.ts';

export interface UpstreamOptions {
  /** For one whole exchange, from the lookup of the host to the end of the body. */
  readonly timeoutMs: number;
  /** URL of an HTTP proxy, which may hold credentials; its own address is not guarded. */
  readonly proxy: string | null;
  /** PEM certificates trusted besides the built-in ones. */
  readonly ca?: string;
  /** Host names, addresses and CIDR ranges that need not be public. */
  readonly allowPrivate: readonly string[];
  readonly clock: Clock;
  /** Told of every exchange once it is over; neither `status` nor `code` when the caller gave it up. */
  readonly onRequest?: (info: RequestInfo) => void;
  readonly tracer?: Tracer;
  /** For tests; default is the operating system's resolver. */
  readonly resolve?: Resolve;
}

export interface RequestInfo {
  readonly provider: string;
  /** Origin. */
  readonly target: string;
  readonly status?: number;
  readonly code?: FailureCode;
  readonly ms: number;
}

export interface UpstreamFactory {
  /**
   * @param baseUrl http or https, from code or from the operator's configuration
   * @throws {ConfigFault} when it cannot be a base URL; the message does not repeat it
   */
  for(providerId: string, baseUrl: string): Upstream;
  /** Ends all connections at once; an exchange under way fails. */
  close(): Promise<void>;
}

const USER_AGENT = `quash/${packageJson.version} (+secret revocation)`;
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

/** @throws {ConfigFault} when an option cannot work; its path is the option's key below `upstream` */
export function createUpstreamFactory(options: UpstreamOptions): UpstreamFactory {
  const guard = createAddressGuard(options.allowPrivate, options.resolve);
  const dispatcher = createDispatcher(options, guard);
  return {
    for(providerId, baseUrl) {
      const base = parseBase(baseUrl);
      const send = createSender(base, options, guard, dispatcher);
      return { base: base.href, request: (request) => reported(providerId, base, options, request, send) };
    },
    close: () => dispatcher.destroy(),
  };
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

function createDispatcher(options: UpstreamOptions, guard: AddressGuard): Dispatcher {
  // HTTP/1.1 alone: a connection carries one exchange, so breaking off one of them harms no other.
  const shared = { allowH2: false, connectTimeout: options.timeoutMs };
  const trust = options.ca === undefined ? {} : { secureContext: trusting(options.ca) };
  if (options.proxy === null) return new Agent({ ...shared, connect: { ...trust, lookup: guard.lookup } });
  checkProxy(options.proxy);
  return new ProxyAgent({
    ...shared,
    uri: options.proxy,
    requestTls: trust,
    proxyTls: trust,
    // An exchange that is given up leaves its CONNECT behind, so that one needs a limit of its own.
    clientFactory: (origin, pool) => new Pool(origin, { ...pool, headersTimeout: options.timeoutMs }),
  });
}

function checkProxy(proxy: string): void {
  const refuse = (message: string) => new ConfigFault(['proxy'], message);
  const url = /^https?:\/\//i.test(proxy) ? URL.parse(proxy) : null;
  if (url === null) throw refuse('The proxy must be an http or https URL.');
  if (/[?#]/.test(proxy) || url.pathname !== '/')
    throw refuse('The proxy must be a URL without a path, a query and a fragment.');
  // The library would send the address as the name in the TLS handshake, which TLS forbids.
  if (url.protocol === 'https:' && isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) {
    throw refuse('An https proxy must be given by its host name, not by an address.');
  }
}

/** Built once: parsing all the roots for each connection would cost more than the connection. */
function trusting(ca: string) {
  try {
    // TLS itself would pass over what is no certificate, and trust nobody more than before.
    new X509Certificate(ca);
  } catch {
    throw new ConfigFault(['caFile'], 'expected certificates in PEM');
  }
  return createSecureContext({ ca: [...getCACertificates('default'), ca] });
}

interface Base {
  readonly origin: string;
  readonly hostname: string;
  /** Path without a trailing slash; empty for none. */
  readonly prefix: string;
  readonly href: string;
}

function parseBase(baseUrl: string): Base {
  const refuse = (message: string) => new ConfigFault([], message);
  const url = URL.parse(baseUrl);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw refuse('The base URL must be an http or https URL.');
  }
  if (url.username !== '' || url.password !== '') throw refuse('The base URL must not hold credentials.');
  if (/[?#]/.test(baseUrl)) throw refuse('The base URL must not have a query or a fragment.');
  const prefix = url.pathname.replace(/\/+$/, '');
  return { origin: url.origin, hostname: url.hostname, prefix, href: url.origin + prefix };
}

/** Other programs' trace ids are not sent along: they would tell a vendor about us, and nothing to us. */
function reported(
  provider: string,
  { origin, hostname }: Base,
  { onRequest, tracer = untraced }: UpstreamOptions,
  request: UpstreamRequest,
  send: (request: UpstreamRequest) => Promise<Answer>,
): Promise<Answer> {
  const startedAt = performance.now();
  const report = (end: { status?: number; code?: FailureCode }): void =>
    onRequest?.({ provider, target: origin, ms: performance.now() - startedAt, ...end });
  const attributes = { 'quash.provider': provider, 'server.address': hostname };
  return tracer.within({ name: request.method, kind: 'client', attributes }, async () => {
    try {
      const answer = await send(request);
      report({ status: answer.status });
      return answer;
    } catch (error) {
      if (!(error instanceof Failure)) report({});
      else report({ code: error.code, ...(error.status !== undefined && { status: error.status }) });
      throw error;
    }
  });
}

function createSender(
  base: Base,
  options: UpstreamOptions,
  guard: AddressGuard,
  dispatcher: Dispatcher,
): (request: UpstreamRequest) => Promise<Answer> {
  return async (request) => {
    const path = targetPath(base, request);
    const headers = wireHeaders(base, request);
    const body = wireBody(request);
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const signal = AbortSignal.any([request.signal, timeout]);
    try {
      signal.throwIfAborted();
      guard.checkLiteral(base.hostname);
      const { origin } = base;
      const { method } = request;
      const response = await orAborted(
        () => dispatcher.request({ origin, path, method, headers, body, signal }),
        signal,
      );
      if (request.statuses.includes(response.statusCode)) return await readAnswer(base, response);
      // The status decides, whatever becomes of the rest; reading it lets the connection be used again.
      await response.body.dump().catch(() => undefined);
      const header = (name: string) => headerOf(response, name);
      throw statusFailure(base.origin, { status: response.statusCode, header }, options.clock.now());
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      if (error instanceof Failure) throw error;
      throw transportFailure(base, error, timeout.aborted);
    }
  };
}

/** The library heeds an abort only once it has a connection, which a silent host or proxy may never grant. */
function orAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work().then(resolve, reject);
  });
}

/** The path and query that go over the wire. A path that the URL parser would rewrite could leave the base, so it is refused. */
function targetPath(base: Base, request: UpstreamRequest): string {
  const path = textOf(request.path);
  const url = URL.parse(base.href + path);
  const kept =
    url !== null &&
    url.origin === base.origin &&
    url.pathname === base.prefix + path &&
    /^\/(?!\/)/.test(path);
  if (!kept) throw new Failure('internal', { target: base.origin });
  for (const [name, value] of Object.entries(request.query ?? {})) {
    url.searchParams.set(name, typeof value === 'number' ? String(value) : textOf(value));
  }
  return url.pathname + url.search;
}

function wireHeaders(base: Base, request: UpstreamRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  if (request.json !== undefined) headers['content-type'] = 'application/json';
  if (request.form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    headers[name.toLowerCase()] = textOf(value);
  }
  headers['user-agent'] = USER_AGENT;
  if (!Object.entries(headers).every(isValidHeader)) throw new Failure('internal', { target: base.origin });
  return headers;
}

/** Checked here because the HTTP library's own error would be indistinguishable from others. */
function isValidHeader([name, value]: [string, string]): boolean {
  return /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

function wireBody(request: UpstreamRequest): string | null {
  if (request.json !== undefined) return JSON.stringify(revealed(request.json));
  if (request.form === undefined) return null;
  const fields = Object.entries(request.form).map(([name, value]) => [name, textOf(value)]);
  return new URLSearchParams(fields).toString();
}

function textOf(value: string | Secret): string {
  return value instanceof Secret ? value.reveal() : value;
}

function revealed(body: Body | undefined): unknown {
  if (body instanceof Secret) return body.reveal();
  if (Array.isArray(body)) return body.map(revealed);
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, revealed(value)]));
}

async function readAnswer(base: Base, response: Dispatcher.ResponseData): Promise<Answer> {
  const status = response.statusCode;
  const text = await readText(base, response);
  const maybeJson = <T>(schema: z.ZodType<T>): T | undefined => {
    const json = parsedJson(text);
    return json === undefined ? undefined : schema.safeParse(json).data;
  };
  return {
    status,
    text,
    header: (name) => headerOf(response, name),
    maybeJson,
    json(schema) {
      const value = maybeJson(schema);
      if (value === undefined) throw new Failure('unexpected-answer', { target: base.origin, status });
      return value;
    },
  };
}

/** Leaving the loop early destroys the socket. */
async function readText(base: Base, response: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new Failure('unexpected-answer', { target: base.origin, status: response.statusCode });
    }
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function headerOf(response: Dispatcher.ResponseData, name: string): string | undefined {
  const value = response.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}

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

/** Faults of the certificate, which waiting does not cure: somebody has to change a setting. */
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
function transportFailure(base: Base, error: unknown, timedOut: boolean): Failure {
  const cause = errorCode(error);
  const code = timedOut ? 'timeout' : classify(error, cause);
  return new Failure(code, { target: base.origin, ...(cause !== undefined && { cause }) });
}

function classify(error: unknown, code: string | undefined): FailureCode {
  if (error instanceof BlockedAddress) return 'blocked-address';
  if (error instanceof errors.HTTPParserError) return 'unexpected-answer';
  if (code === undefined) return 'internal';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return 'timeout';
  if (CERTIFICATE_CODES.has(code)) return 'misconfigured';
  // Everything that we send is checked before, so what the library still calls invalid is the proxy's 407.
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
