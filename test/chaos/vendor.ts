/** A vendor that fails in every way at once, by script, and keeps the truth about its tokens. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { createTestCertificate, type TestCertificate } from '../support/tls.ts';
import type { Random } from './random.ts';
import type { Fault, FaultKind } from './vendor-faults.ts';

const LONGEST_THOUGHT_MS = 30;

/** One call about a token; times are ours. */
export interface VendorCall {
  readonly startedAt: number;
  endedAt: number;
  /** It asked for the revocation, and the vendor did it, again if it had done it before. */
  readonly revoked: boolean;
  readonly fault?: FaultKind;
  /** The whole answer went out. */
  delivered: boolean;
}

export interface VendorToken {
  revokedAt: number | undefined;
  /** Whether the vendor has ever heard of it. */
  readonly known: boolean;
  /** What is left of its script. */
  readonly faults: Fault[];
  /** How often it is still called alive once it is dead. */
  afterglow: number;
  readonly calls: VendorCall[];
}

export interface Vendor {
  readonly url: string;
  /** Shows the certificate that {@link Vendor.showCertificate} chose. */
  readonly tlsUrl: string;
  /** PEM; what a client has to trust. */
  readonly ca: string;
  readonly tokens: Map<string, VendorToken>;
  /** Calls that never should have come: about a value that nobody issued, or to where a redirect led. */
  readonly astray: readonly string[];
  readonly faults: Readonly<Partial<Record<FaultKind | 'wrong-certificate', number>>>;
  showCertificate(which: 'right' | 'unknown-issuer' | 'wrong-name'): void;
  close(): Promise<void>;
}

export interface VendorOptions {
  /** After so long its client has given up. */
  readonly patienceMs: number;
  /** For dates in its answers: the clock that its clients go by. */
  readonly now: () => number;
  readonly random: Random;
}

/** Starts it on free ports of 127.0.0.1. */
export async function startVendor(options: VendorOptions): Promise<Vendor> {
  const certificates = {
    right: createTestCertificate('IP:127.0.0.1'),
    'unknown-issuer': createTestCertificate('IP:127.0.0.1'),
    'wrong-name': createTestCertificate('DNS:other.example'),
  };
  const vendor = new ScriptedVendor(options);
  const plain = createServer(vendor.answer);
  const tls = createTlsServer(contextOf(certificates.right), vendor.answer);
  tls.on('tlsClientError', () => vendor.count('wrong-certificate'));
  const trap = createServer((request, response) => {
    vendor.astray.push(`a redirect was followed: ${request.method} ${request.url}`);
    response.end();
  });
  const [url, tlsAddress, trapUrl] = await Promise.all([plain, tls, trap].map(listening));
  vendor.trapUrl = `http://${trapUrl}`;
  return {
    url: `http://${url}`,
    tlsUrl: `https://${tlsAddress}`,
    ca: certificates.right.cert + certificates['wrong-name'].cert,
    tokens: vendor.tokens,
    astray: vendor.astray,
    faults: vendor.faults,
    showCertificate: (which) => tls.setSecureContext(contextOf(certificates[which])),
    async close() {
      await Promise.all([plain, tls, trap].map(closed));
    },
  };
}

class ScriptedVendor {
  readonly tokens = new Map<string, VendorToken>();
  readonly astray: string[] = [];
  readonly faults: Partial<Record<FaultKind | 'wrong-certificate', number>> = {};
  trapUrl = '';
  readonly #options: VendorOptions;

  constructor(options: VendorOptions) {
    this.#options = options;
  }

  readonly answer: RequestListener = (request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  };

  count(kind: FaultKind | 'wrong-certificate'): void {
    this.faults[kind] = (this.faults[kind] ?? 0) + 1;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { token: value } = (await json(request)) as { token: string };
    // Each call over TLS sees the certificate of its moment.
    response.setHeader('connection', 'close');
    // A time that an answer names goes by the date of the answer.
    response.setHeader('date', new Date(this.#options.now()).toUTCString());
    const token = this.tokens.get(value);
    if (!token) {
      this.astray.push('a token that was never issued was sent');
      response.writeHead(404).end();
      return;
    }
    const fault = token.faults.shift();
    const revoking = request.url === '/revoke';
    const works = fault === undefined || fault.afterWork;
    await this.#think();
    const call: VendorCall = {
      startedAt: Date.now(),
      endedAt: Number.POSITIVE_INFINITY,
      revoked: revoking && works && token.known,
      ...(fault && { fault: fault.kind }),
      delivered: false,
    };
    token.calls.push(call);
    response.on('close', () => {
      call.endedAt = Date.now();
      call.delivered = fault === undefined && response.writableFinished;
    });
    const [status, body] = works ? this.#work(token, revoking) : [200, {}];
    await this.#think();
    if (!fault) return respond(response, status, JSON.stringify(body));
    this.count(fault.kind);
    await this.#spoil(fault.kind, request, response, JSON.stringify(body));
  }

  /** Before and behind the work, so that whoever dies may do so at either time. */
  #think(): Promise<void> {
    return delay(this.#options.random.between(0, LONGEST_THOUGHT_MS));
  }

  #work(token: VendorToken, revoking: boolean): [status: number, body: object] {
    if (!token.known) return [404, { error: 'unknown' }];
    if (!revoking) {
      const glows = token.revokedAt !== undefined && token.afterglow > 0;
      if (glows) token.afterglow -= 1;
      return [200, { active: token.revokedAt === undefined || glows }];
    }
    if (token.revokedAt !== undefined) return [410, { error: 'gone' }];
    token.revokedAt = Date.now();
    return [200, { revoked: true }];
  }

  async #spoil(kind: FaultKind, request: IncomingMessage, response: ServerResponse, body: string) {
    const { patienceMs, now } = this.#options;
    switch (kind) {
      case 'error':
        return respond(response, 500, '{"error":"internal"}');
      case 'garbage':
        return respond(response, 200, '<html><body>revoked: true</body></html>');
      case 'truncated':
        return respond(response, 200, body.slice(0, -2));
      case 'wrong-json':
        return respond(response, 200, '{"revoked":"perhaps","active":null}');
      case 'redirect':
        return respond(response, 307, '', { location: `${this.trapUrl}${request.url}` });
      case 'throttled':
        return respond(response, 429, '', { 'retry-after': '20' });
      case 'unavailable':
        return respond(response, 503, '', { 'retry-after': new Date(now() + 15_000).toUTCString() });
      case 'bad-gateway':
        return respond(response, 502, '<html>Bad Gateway</html>');
      case 'reset':
        return void response.socket?.resetAndDestroy();
      case 'slow':
        await delay(patienceMs * 1.5);
        return respond(response, 200, body);
      case 'stalled':
        response.writeHead(200, { 'content-length': body.length + 10 }).write(body.slice(0, 5));
        await delay(patienceMs * 1.5);
        return void response.destroy();
    }
  }
}

function respond(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

function contextOf({ key, cert }: TestCertificate) {
  return { key, cert };
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closed(server: Server): Promise<void> {
  const done = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await done;
}
