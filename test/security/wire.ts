/** The API behind the service's own listener, and clients without manners. */
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { listen, type Patience } from '../../src/server/listen.ts';
import { type HttpFixtureOptions, httpFixture, TOKEN } from '../support/http-fixture.ts';

export interface WireOptions extends HttpFixtureOptions {
  readonly patience?: Patience;
}

export interface Wire extends ReturnType<typeof httpFixture> {
  client(): Client;
}

interface Client {
  /** One character is one byte. */
  send(bytes: string | Uint8Array): void;
  /** Of the answers so far. */
  statuses(): readonly number[];
  received(): string;
  /** Once the server has closed the connection. */
  readonly closed: Promise<void>;
}

export async function openWire({ patience, ...options }: WireOptions = {}): Promise<Wire> {
  const fixture = httpFixture(options);
  const listener = await listen(fixture.app, { host: '127.0.0.1', port: 0 }, patience);
  onTestFinished(() => listener.close(0));
  return { ...fixture, client: () => openClient(listener.url) };
}

/** Closes with the running test. @param url where the server listens */
function openClient(url: string): Client {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    received += chunk;
  });
  // The other side may have closed while something was still being sent.
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  return {
    send: (bytes) => void socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    statuses: () => [...received.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, code]) => Number(code)),
    received: () => received,
    closed: new Promise((resolve) => socket.on('close', () => resolve())),
  };
}

/** @param headers each ends with CRLF */
export function get(headers = ''): string {
  return `GET /v1/revocable_token_types HTTP/1.1\r\nHost: x\r\nAuthorization: ${TOKEN}\r\n${headers}\r\n`;
}

/** @param headers each ends with CRLF */
export function post(headers: string, body = ''): string {
  return `POST /v1/revoke_tokens HTTP/1.1\r\nHost: x\r\nAuthorization: ${TOKEN}\r\n${headers}\r\n${body}`;
}
