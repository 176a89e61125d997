/** Listening sockets, and how long a client may keep one busy without saying anything. */
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import type { Hono } from 'hono';

/** What the Node.js server passes along; absent when an app is called directly. */
export interface Bindings {
  readonly incoming?: Pick<IncomingMessage, 'socket' | 'iterator'>;
}

export interface Listener {
  /** E.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Lets requests under way end, for at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** After these a connection is answered 408 and closed; both count from its first byte, or from its beginning. */
export interface Patience {
  readonly headersMs: number;
  readonly requestMs: number;
}

/** GitLab itself gives up after 30 s. */
const PATIENCE: Patience = { headersMs: 10_000, requestMs: 60_000 };

/** Node.js looks for slow connections every 30 s of itself, which would make the shorter limit three times as long. */
const LOOKS_PER_LIMIT = 5;

const TIDY_EVERY_MS = 50;

export interface Address {
  readonly host: string;
  readonly port: number;
  /** Where the configuration has it. */
  readonly section?: 'listen' | 'admin';
}

/** An address that cannot be listened on. One sentence, which names the key to change. */
export class ListenError extends Error {
  constructor({ host, port, section = 'listen' }: Address, cause: Error) {
    const code = 'code' in cause ? String(cause.code) : cause.name;
    const why: Record<string, string> = {
      EADDRINUSE: `${section}.port ${port} is in use on ${host}: stop the process that has it, or set another ${section}.port.`,
      EACCES: `${section}.port ${port} needs rights that this process lacks: set a ${section}.port above 1023.`,
      EADDRNOTAVAIL: `${section}.host ${host} is no address of this machine.`,
      ENOTFOUND: `${section}.host ${host} is not known to the name server.`,
    };
    super(why[code] ?? `${section}.host ${host} with ${section}.port ${port} cannot be used (${code}).`, {
      cause,
    });
    this.name = 'ListenError';
  }
}

/** @throws {ListenError} */
export function listen(
  app: Pick<Hono<{ Bindings: Bindings }>, 'fetch'>,
  address: Address,
  { headersMs, requestMs }: Patience = PATIENCE,
): Promise<Listener> {
  const serverOptions = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: headersMs / LOOKS_PER_LIMIT,
  };
  return new Promise((resolve, reject) => {
    const refuse = (error: Error) => reject(new ListenError(address, error));
    const { host: hostname, port } = address;
    const server = serve({ fetch: app.fetch, hostname, port, serverOptions }, (bound) => {
      server.off('error', refuse);
      resolve({ url: urlOf(bound), close: (graceMs) => close(server, graceMs) });
    });
    server.once('error', refuse);
  });
}

function urlOf({ address, port, family }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function close(server: ServerType, graceMs: number): Promise<void> {
  const http = server as Server;
  return new Promise((resolve) => {
    const impatience = setTimeout(() => http.closeAllConnections(), graceMs);
    // Again and again: a connection whose request has ended would be kept open for the next one.
    const tidying = setInterval(() => http.closeIdleConnections(), TIDY_EVERY_MS);
    http.close(() => {
      clearTimeout(impatience);
      clearInterval(tidying);
      resolve();
    });
  });
}
