/** Plays a list of exchanges strictly in order, on a real HTTP server, and notes everything that it was sent. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { inspect, isDeepStrictEqual } from 'node:util';
import type { Connections } from '../../src/upstream/connections.ts';

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
  /** For the client, where no server listens. */
  readonly connections?: Connections;
}

export interface ScriptedUpstreamOptions {
  /** PEM texts; the server then speaks https. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Called when a request has arrived whole, before it is answered. */
  readonly onRequest?: (request: RecordedRequest) => void;
}

/** The exchanges, and how far they were played. */
export class PlayedScript {
  readonly requests: RecordedRequest[] = [];
  readonly #exchanges: readonly Exchange[];
  readonly #problems: string[] = [];
  #played = 0;

  constructor(exchanges: readonly Exchange[]) {
    this.#exchanges = exchanges;
  }

  /** The answer to a request that has arrived whole: 599 when it is not the next one of the script. */
  next(request: RecordedRequest): ScriptedAnswer {
    this.requests.push(request);
    const exchange = this.#exchanges[this.#played];
    const differences = exchange ? compare(exchange.expect, request) : ONE_TOO_MANY;
    if (exchange && differences.length === 0) {
      this.#played++;
      return exchange.answer;
    }
    const call = `${request.method} ${request.url}, call ${this.requests.length}:`;
    this.#problems.push([call, ...differences].join('\n  '));
    return { status: 599 };
  }

  /** @throws {Error} that says which calls differed from the script, were too many, or did not come */
  verify(): void {
    const missing = this.#exchanges
      .slice(this.#played)
      .map(({ expect }) => `${expect.method} ${expect.path} did not come`);
    const problems = [...this.#problems, ...missing];
    if (problems.length > 0) throw new Error(problems.join('\n'));
  }
}

const ONE_TOO_MANY = [
  'it is one call too many: the script lacks it, or an answer before, which may be a broken one, was taken for a good one',
];

/** Listens on a free port of 127.0.0.1. */
export async function startScriptedUpstream(
  exchanges: readonly Exchange[],
  options: ScriptedUpstreamOptions = {},
): Promise<ScriptedUpstream> {
  const script = new PlayedScript(exchanges);
  const listener: RequestListener = async (incoming, response) => {
    const request = await record(incoming).catch(() => undefined);
    if (!request) return;
    const answer = script.next(request);
    options.onRequest?.(request);
    play(answer, response);
  };

  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  // A connection that ended while it was idle would look like a failed call.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests: script.requests,
    verify: () => script.verify(),
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

/** The differences between the request and the script; empty when it fits. */
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
  const plain = plainForm(answer);
  if (plain) {
    const { status, headers, body } = wireForm(plain);
    // What the script says is all that there is: no test goes by the time of the machine.
    response.sendDate = false;
    response.writeHead(status, headers).end(body);
  } else if ('fault' in answer) {
    breakOff(answer, response);
  }
}

function breakOff({ fault, status = 200 }: FaultyAnswer, response: ServerResponse): void {
  if (fault === 'reset') response.destroy();
  if (fault === 'reset-mid-body') {
    response.writeHead(status, { ...JSON_TYPE, 'content-length': '1000' });
    response.write(BEGUN_JSON, () => response.destroy());
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** A body that breaks off. */
export const BEGUN_JSON = `{"message":"${UPSTREAM_MARKER}`;

/** Longer than any answer may be unless its caller says so. */
export const LONG_JSON = JSON.stringify({ message: UPSTREAM_MARKER, filler: 'x'.repeat(2 * 1024 * 1024) });

/** The answer as it goes over the wire. */
export function wireForm({ status, headers, json, text }: PlainAnswer): {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
} {
  const isJson = json !== undefined;
  return {
    status,
    headers: { ...(isJson && JSON_TYPE), ...headers },
    body: isJson ? JSON.stringify(json) : text,
  };
}

/** Undefined for a fault after which no whole answer comes. */
export function plainForm(answer: ScriptedAnswer): PlainAnswer | undefined {
  if (!('fault' in answer)) return answer;
  const { fault, status = 200 } = answer;
  const headers = { 'content-type': 'text/html' };
  const text = `<!doctype html><title>${UPSTREAM_MARKER}</title>`;
  const busy = { ...headers, 'retry-after': String(FAULT_RETRY_AFTER_MS / 1000) };
  switch (fault) {
    case 'redirect':
      return { status: 302, headers: { location: '/elsewhere' } };
    case 'oversized':
      return { status, headers: JSON_TYPE, text: LONG_JSON };
    case 'html':
      return { status, headers, text };
    case 'bad-json':
      return { status, headers: JSON_TYPE, text: BEGUN_JSON };
    case 'html-401':
    case 'html-403':
    case 'html-404':
      return { status: Number(fault.slice('html-'.length)), headers, text };
    case 'status-500':
    case 'status-502':
      return { status: Number(fault.slice('status-'.length)), headers, text };
    case 'status-429':
    case 'status-503':
      return { status: Number(fault.slice('status-'.length)), headers: busy, text };
    case 'timeout':
    case 'reset':
    case 'reset-mid-body':
      return undefined;
  }
}
