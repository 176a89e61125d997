/** A proxy that intercepts TLS and plays all vendors of the world at once, each request by one script's next call. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { compare, type Exchange, play, type RecordedRequest, record } from './scripted-upstream.ts';
import { createTestCertificate } from './tls.ts';

export interface VendorScript {
  readonly name: string;
  readonly calls: readonly VendorCall[];
  /** Its last call may come again: a proof that is asked for several times. */
  readonly repeatsLast: boolean;
}

export interface VendorCall {
  readonly host: string;
  readonly exchange: Exchange;
}

export interface VendorProxy {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  /** Requests that fit no script's next call, without their secrets. */
  readonly unexpected: readonly string[];
  /** Scripts that were not played to their end, each with the call that it waits for. */
  unfinished(): readonly string[];
  close(): Promise<void>;
}

/**
 * The calls of a contract script as vendors see them: its paths begin with the host, unless the operator configured
 * the base URL.
 */
export function vendorCalls(exchanges: readonly Exchange[], configuredHost: string): VendorCall[] {
  return exchanges.map((exchange) => {
    const [, host, path = '/'] = /^\/([a-z0-9-]+(?:\.[a-z0-9-]+)+)(\/.*)?$/.exec(exchange.expect.path) ?? [];
    if (host === undefined) return { host: configuredHost, exchange };
    return { host, exchange: { ...exchange, expect: { ...exchange.expect, path } } };
  });
}

const NOWHERE = { method: '', path: '' };

function isSamePlace({ expect }: Exchange, { method, url }: RecordedRequest): boolean {
  return expect.method === method && expect.path === url;
}

export async function startVendorProxy(scripts: readonly VendorScript[]): Promise<VendorProxy> {
  const hosts = new Set(scripts.flatMap(({ calls }) => calls.map(({ host }) => host)));
  const certificate = createTestCertificate([...hosts].map((host) => `DNS:${host}`).join(','));
  const played = new Map(scripts.map((script) => [script, 0]));
  const unexpected: string[] = [];
  const sockets = new Set<Socket>();

  const nextCall = (script: VendorScript): VendorCall | undefined => {
    const count = played.get(script) ?? 0;
    return script.calls[count] ?? (script.repeatsLast ? script.calls.at(-1) : undefined);
  };
  /** Our own log-in comes again whenever its token has expired, as those of the scripts have long since. */
  const playedLogin = (host: string, request: RecordedRequest): VendorCall | undefined =>
    scripts
      .flatMap((script) => script.calls.slice(0, played.get(script)))
      .find(
        (call) => call.host === host && /\/tokens?$/.test(request.url) && isSamePlace(call.exchange, request),
      );
  const vendor = createServer(async (incoming: IncomingMessage, response) => {
    const host = hostOf.get(incoming.socket) ?? '';
    const request = await record(incoming);
    const waiting = scripts.filter((script) => {
      const call = nextCall(script);
      return call?.host === host && isSamePlace(call.exchange, request);
    });
    // Signatures and signed tokens depend on the clock, so where no call fits whole, method and path decide.
    const fitting =
      waiting.find((script) => compare(nextCall(script)?.exchange.expect ?? NOWHERE, request).length === 0) ??
      waiting[0];
    const call = fitting && nextCall(fitting);
    const login = fitting ? undefined : playedLogin(host, request);
    if (login) {
      play(login.exchange.answer, response);
      return;
    }
    if (!fitting || !call) {
      unexpected.push(`${request.method} https://${host}${request.url?.split('?')[0]}`);
      response.writeHead(599).end();
      return;
    }
    played.set(fitting, (played.get(fitting) ?? 0) + 1);
    play(call.exchange.answer, response);
  });
  const hostOf = new WeakMap<Socket, string>();

  const proxy = createServer((_request, response) => response.writeHead(400).end());
  proxy.on('connect', (request, socket: Socket) => {
    const [host = ''] = (request.url ?? '').split(':');
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const tls = new TLSSocket(socket, { isServer: true, key: certificate.key, cert: certificate.cert });
    tls.on('error', () => {});
    hostOf.set(tls, host);
    vendor.emit('connection', tls);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    ca: certificate.cert,
    unexpected,
    unfinished: () =>
      scripts.flatMap((script) => {
        const call = script.calls[played.get(script) ?? 0];
        return call
          ? [
              `${script.name}: ${call.exchange.expect.method} https://${call.host}${call.exchange.expect.path}`,
            ]
          : [];
      }),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
