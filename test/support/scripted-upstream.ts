/** A real HTTP server that plays a list of exchanges strictly in order and notes everything that it was sent. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { inspect, isDeepStrictEqual } from 'node:util';

export interface Exchange {
  readonly expect: ExpectedRequest;
  readonly answer: ScriptedAnswer;
}

/** A request without `json` and `form` must have no body. */
export interface ExpectedRequest {
  readonly method: string;
  /** As the server sees it: the base URL's prefix and the query included. */
  readonly path: string;
  /** By lower-case name; undefined: the header must be absent. */
  readonly headers?: Readonly<Record<string, string | RegExp | undefined>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
}

export type ScriptedAnswer = PlainAnswer | FaultyAnswer;

export interface PlainAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** At most one of the two; neither: an empty body. */
  readonly json?: unknown;
  readonly text?: string;
}

interface FaultyAnswer {
  readonly fault: Fault;
  /** What the broken body comes with, for the faults of a body. Default 200. */
  readonly status?: number;
}

export const FAULTS = [
  'timeout',
  'reset',
  'reset-mid-body',
  'redirect',
  'oversized',
  'html',
  'bad-json',
  'html-401',
  'html-403',
  'html-404',
  'status-429',
  'status-500',
  'status-502',
  'status-503',
] as const;

export type Fault = (typeof FAULTS)[number];

/** `Retry-After` of the faults `status-429` and `status-503`. */
export const FAULT_RETRY_AFTER_MS = 7000;

/** Stands in every faulty body, so that a test can see whether an upstream's words get out. */
export const UPSTREAM_MARKER = 'words-of-the-upstream';

export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface ScriptedUpstream {
  /** Origin, without a trailing slash. */
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  /** @throws {Error} that says which calls differed from the script, were too many, or did not come */
  verify(): void;
  /** Drops every connection from now on. The port stays taken: on a free one another test's server might answer. */
  fail(): void;
  close(): Promise<void>;
}

export interface ScriptedUpstreamOptions {
  /** PEM texts; the server then speaks https. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Called when a request has arrived whole, before it is answered. */
  readonly onRequest?: (request: RecordedRequest) => void;
}

const ONE_TOO_MANY = [
  'it is one call too many: the script lacks it, or an answer before, which may be a broken one, was taken for a good one',
];

/** Listens on a free port of 127.0.0.1. */
export async function startScriptedUpstream(
  exchanges: readonly Exchange[],
  options: ScriptedUpstreamOptions = {},
): Promise<ScriptedUpstream> {
  const requests: RecordedRequest[] = [];
  const problems: string[] = [];
  let played = 0;

  const listener: RequestListener = async (incoming, response) => {
    const request = await record(incoming).catch(() => undefined);
    if (!request) return;
    requests.push(request);
    options.onRequest?.(request);
    const exchange = exchanges[played];
    const differences = exchange ? compare(exchange.expect, request) : ONE_TOO_MANY;
    if (exchange && differences.length === 0) {
      played++;
      play(exchange.answer, response);
    } else {
      problems.push(
        [`${request.method} ${request.url}, call ${requests.length}:`, ...differences].join('\n  '),
      );
      response.writeHead(599).end();
    }
  };

  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  // A connection that ended while it was idle would look like a failed call.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    verify() {
      const missing = exchanges
        .slice(played)
        .map(({ expect }) => `${expect.method} ${expect.path} did not come`);
      if (problems.length + missing.length > 0) throw new Error([...problems, ...missing].join('\n'));
    },
    fail() {
      server.on('connection', (socket) => socket.destroy());
      server.closeAllConnections();
    },
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Reads the whole request. */
export async function record(incoming: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return {
    method: incoming.method ?? '',
    url: incoming.url ?? '',
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

/** What about the request is not as expected; empty when it fits. */
export function compare(expected: ExpectedRequest, actual: RecordedRequest): string[] {
  const differences: string[] = [];
  const differs = (what: string, wanted: unknown, got: unknown): void => {
    differences.push(`${what}: wanted ${inspect(wanted, { depth: 8 })}, got ${inspect(got, { depth: 8 })}`);
  };
  if (actual.method !== expected.method) differs('method', expected.method, actual.method);
  if (actual.url !== expected.path) differs('path', expected.path, actual.url);
  for (const [name, wanted] of Object.entries(expected.headers ?? {})) {
    const got = actual.headers[name];
    const fits = wanted instanceof RegExp ? typeof got === 'string' && wanted.test(got) : got === wanted;
    if (!fits) differs(`header ${name}`, wanted, got);
  }
  const wantedBody = expected.json ?? expected.form;
  const gotBody = readBody(expected, actual);
  if (!isDeepStrictEqual(gotBody, wantedBody)) differs('body', wantedBody, gotBody);
  return differences;
}

/** The body in the form that is expected, or as plain text where it is not of that form. */
function readBody(expected: ExpectedRequest, { headers, body }: RecordedRequest): unknown {
  const type = String(headers['content-type']);
  if (expected.form && type === 'application/x-www-form-urlencoded') {
    return Object.fromEntries(new URLSearchParams(body));
  }
  if (expected.json !== undefined && type.includes('json')) {
    try {
      return JSON.parse(body);
    } catch {
      return body;
    }
  }
  return body === '' ? undefined : body;
}

export function play(answer: ScriptedAnswer, response: ServerResponse): void {
  if ('fault' in answer) {
    playFault(answer.fault, answer.status ?? 200, response);
    return;
  }
  const isJson = answer.json !== undefined;
  response
    .writeHead(answer.status, { ...(isJson && { 'content-type': 'application/json' }), ...answer.headers })
    .end(isJson ? JSON.stringify(answer.json) : answer.text);
}

function playFault(fault: Fault, status: number, response: ServerResponse): void {
  const json = { 'content-type': 'application/json' };
  const html = { 'content-type': 'text/html' };
  const page = `<!doctype html><title>${UPSTREAM_MARKER}</title>`;
  const retryAfter = { 'retry-after': String(FAULT_RETRY_AFTER_MS / 1000) };
  const faults: Readonly<Record<Fault, () => void>> = {
    timeout: () => {},
    reset: () => response.destroy(),
    'reset-mid-body': () => {
      response.writeHead(status, { ...json, 'content-length': '1000' });
      response.write(`{"message":"${UPSTREAM_MARKER}`, () => response.destroy());
    },
    redirect: () => response.writeHead(302, { location: '/elsewhere' }).end(),
    oversized: () =>
      response
        .writeHead(status, json)
        .end(JSON.stringify({ message: UPSTREAM_MARKER, filler: 'x'.repeat(2 * 1024 * 1024) })),
    html: () => response.writeHead(status, html).end(page),
    'bad-json': () => response.writeHead(status, json).end(`{"message":"${UPSTREAM_MARKER}`),
    'html-401': () => response.writeHead(401, html).end(page),
    'html-403': () => response.writeHead(403, html).end(page),
    'html-404': () => response.writeHead(404, html).end(page),
    'status-429': () => response.writeHead(429, { ...html, ...retryAfter }).end(page),
    'status-500': () => response.writeHead(500, html).end(page),
    'status-502': () => response.writeHead(502, html).end(page),
    'status-503': () => response.writeHead(503, { ...html, ...retryAfter }).end(page),
  };
  faults[fault]();
}
