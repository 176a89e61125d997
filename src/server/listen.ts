/** Listening sockets, and the time limits for clients that send slowly or nothing. */
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

/** By default Node.js looks for slow connections every 30 s, which would make the shorter limit three times as long. */
const LOOKS_PER_LIMIT = 5;

const TIDY_EVERY_MS = 50;

/** @throws when the address cannot be listened on */
export function listen(
  app: Pick<Hono<{ Bindings: Bindings }>, 'fetch'>,
  { host, port }: { readonly host: string; readonly port: number },
  { headersMs, requestMs }: Patience = PATIENCE,
): Promise<Listener> {
  const serverOptions = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: headersMs / LOOKS_PER_LIMIT,
  };
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: host, port, serverOptions }, (address) => {
      server.off('error', reject);
      resolve({ url: urlOf(address), close: (graceMs) => close(server, graceMs) });
    });
    server.once('error', reject);
  });
}

function urlOf({ address, port, family }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function close(server: ServerType, graceMs: number): Promise<void> {
  const http = server as Server;
  return new Promise((resolve) => {
    const impatience = setTimeout(() => http.closeAllConnections(), graceMs);
    // Repeated, because a connection becomes idle whenever its request ends, and would stay open for the next one.
    const tidying = setInterval(() => http.closeIdleConnections(), TIDY_EVERY_MS);
    http.close(() => {
      clearTimeout(impatience);
      clearInterval(tidying);
      resolve();
    });
  });
}
