/** Listening sockets, and the time limits for clients that send slowly or nothing. */
import type { IncomingMessage, Server } from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Certificates, Section } from './certificates.ts';

/** What the Node.js server passes along; absent when an app is called directly. */
export interface Bindings {
  readonly incoming?: Pick<IncomingMessage, 'socket' | 'iterator'>;
}

export interface Listener {
  /** E.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** For connections that are made from now on; only where it listens with TLS. */
  renew(certificates: Certificates): void;
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

export interface Address {
  readonly host: string;
  readonly port: number;
  /** Where the configuration has it. */
  readonly section?: Section;
  /** With `ca`, clients are asked for a certificate. */
  readonly certificates?: Certificates | undefined;
  /** Whether the handshake of a client without a right certificate fails; otherwise the app has to look. Default true. */
  readonly refusesClients?: boolean;
}

/** An address that cannot be listened on. One sentence, which names the key to change. */
export class ListenError extends Error {
  /** Of the operating system. */
  readonly code: string;

  constructor({ host, port, section = 'listen' }: Address, cause: Error) {
    const code = 'code' in cause ? String(cause.code) : cause.name;
    const why: Record<string, string> = {
      EADDRINUSE: `${section}.port ${port} is in use on ${host}: stop the process that has it, or set another ${section}.port.`,
      EACCES: `${section}.port ${port} needs rights that this process lacks: set a ${section}.port above 1023.`,
      EADDRNOTAVAIL: `${section}.host ${host} is no address of this machine.`,
      EAFNOSUPPORT: `${section}.host ${host} is an IPv6 address, and this machine has no IPv6.`,
      EINVAL: `${section}.host ${host} cannot be bound; a link-local address needs its interface, as in fe80::1%eth0.`,
      ENOTFOUND: `${section}.host ${host} is not known to the name server.`,
    };
    super(why[code] ?? `${section}.host ${host} with ${section}.port ${port} cannot be used (${code}).`, {
      cause,
    });
    this.name = 'ListenError';
    this.code = code;
  }
}

/** Every address of the machine, of both families. */
const ANY = '::';
const ANY_IPV4 = '0.0.0.0';
const NO_IPV6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'];

/**
 * Where there is no IPv6, `::` means all addresses that there are.
 * @throws {ListenError}
 */
export async function listen(
  app: Pick<Hono<{ Bindings: Bindings }>, 'fetch'>,
  address: Address,
  patience: Patience = PATIENCE,
): Promise<Listener> {
  try {
    return await bind(app, address, patience);
  } catch (error) {
    const hasNoIpv6 = error instanceof ListenError && NO_IPV6.includes(error.code);
    if (address.host !== ANY || !hasNoIpv6) throw error;
    return bind(app, { ...address, host: ANY_IPV4 }, patience);
  }
}

function bind(
  app: Pick<Hono<{ Bindings: Bindings }>, 'fetch'>,
  address: Address,
  { headersMs, requestMs }: Patience,
): Promise<Listener> {
  const { certificates } = address;
  const serverOptions = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: headersMs / LOOKS_PER_LIMIT,
    ...(certificates && tlsOptions(address, certificates, headersMs)),
  };
  const createServer = certificates && https.createServer;
  return new Promise((resolve, reject) => {
    const refuse = (error: Error) => reject(new ListenError(address, error));
    const { host: hostname, port } = address;
    const options = { fetch: app.fetch, hostname, port, serverOptions };
    const server = serve({ ...options, ...(createServer && { createServer }) }, (bound) => {
      server.off('error', refuse);
      resolve({
        url: urlOf(bound, certificates ? 'https' : 'http'),
        renew: (fresh) => (server as https.Server).setSecureContext(fresh),
        close: (graceMs) => close(server, sockets, graceMs),
      });
    });
    const sockets = socketsOf(server);
    server.once('error', refuse);
  });
}

function urlOf({ address, port, family }: AddressInfo, scheme: string): string {
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function tlsOptions(
  { refusesClients = true }: Address,
  certificates: Certificates,
  handshakeTimeout: number,
): https.ServerOptions {
  const requestCert = certificates.ca !== undefined;
  return { ...certificates, requestCert, rejectUnauthorized: refusesClients, handshakeTimeout };
}

/** The open connections; Node.js itself does not close those whose handshake has not ended. */
function socketsOf(server: ServerType): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  (server as Server).on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

function close(server: ServerType, sockets: ReadonlySet<Socket>, graceMs: number): Promise<void> {
  const http = server as Server;
  return new Promise((resolve) => {
    const impatience = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, graceMs);
    // Repeated, because a connection becomes idle whenever its request ends, and would stay open for the next one.
    const tidying = setInterval(() => http.closeIdleConnections(), TIDY_EVERY_MS);
    http.close(() => {
      clearTimeout(impatience);
      clearInterval(tidying);
      resolve();
    });
  });
}
