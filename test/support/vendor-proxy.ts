/** A proxy that intercepts TLS and plays all vendors of the world at once, each request by one script's next call. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { compare, type Exchange, play, type RecordedRequest, record } from './scripted-upstream.ts';
import { createTestCertificate } from './tls.ts';

export interface VendorScript {
  readonly name: string;
  /** Whose script it is: what one script of a provider logged in, the others need not. */
  readonly provider: string;
  readonly calls: readonly VendorCall[];
  /** Its last call may come again: a proof that is asked for several times. */
  readonly repeatsLast: boolean;
  /** It is looked at before a person approves it, so that its questions come once more than the script has them. */
  readonly isLookedAt?: boolean;
  /** Of a pair whose other half acts: both may make the same calls, and what is left of one may stay unplayed. */
  readonly isOtherHalf?: boolean;
}

export interface VendorCall {
  readonly host: string;
  readonly exchange: Exchange;
}

export interface VendorProxy extends InterceptingProxy {
  /** Requests that fit no script's next call, with what is wrong with them, and hosts that no script has. */
  unexpected(): readonly string[];
  /** Scripts that were not played to their end, each with the call that it waits for. */
  unfinished(): readonly string[];
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

function pathOf(url: string): string | undefined {
  return url.split('?')[0];
}

/** Such a signature is another one each time, so the contract cases have a text in its place. */
const PS256_JWT = /eyJhbGciOiJQUzI1Ni[\w-]+\.[\w-]+\.[\w-]+/g;

async function recordComparable(incoming: IncomingMessage): Promise<RecordedRequest> {
  const request = await record(incoming);
  return { ...request, body: request.body.replace(PS256_JWT, 'signed.jwt.text') };
}

export type AnswerVendorCall = (
  host: string,
  request: RecordedRequest,
  response: ServerResponse,
) => void | Promise<void>;

export interface InterceptingProxy {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  close(): Promise<void>;
}

/** Terminates TLS for each of these hosts, and forwards the requests. */
export async function startInterceptingProxy(
  hosts: ReadonlySet<string>,
  answer: AnswerVendorCall,
  onConnect: (host: string) => void = () => {},
): Promise<InterceptingProxy> {
  const certificate = createTestCertificate([...hosts].map((host) => `DNS:${host}`).join(','));
  // Made once: to read a certificate of so many hosts takes longer than a connection.
  const secureContext = createSecureContext({ key: certificate.key, cert: certificate.cert });
  const sockets = new Set<Socket>();
  const hostOf = new WeakMap<Socket, string>();
  // A connection that ended while it was idle would look like a failed call.
  const vendor = createServer({ keepAliveTimeout: 0 }, async (incoming: IncomingMessage, response) => {
    await answer(hostOf.get(incoming.socket) ?? '', await recordComparable(incoming), response);
  });
  const proxy = createServer((_request, response) => response.writeHead(400).end());
  proxy.on('connect', (request, socket: Socket) => {
    const [host = ''] = (request.url ?? '').split(':');
    sockets.add(socket);
    onConnect(host);
    socket.on('error', () => {});
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const tls = new TLSSocket(socket, { isServer: true, secureContext });
    tls.on('error', () => {});
    hostOf.set(tls, host);
    vendor.emit('connection', tls);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    ca: certificate.cert,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

export async function startVendorProxy(scripts: readonly VendorScript[]): Promise<VendorProxy> {
  const hosts = new Set(scripts.flatMap(({ calls }) => calls.map(({ host }) => host)));
  const played = new Map(scripts.map((script) => [script, 0]));
  const answered: VendorCall[] = [];
  const unexpected = new Set<string>();

  const unplayed = (script: VendorScript): readonly VendorCall[] => {
    const left = script.calls.slice(played.get(script) ?? 0);
    return left.length === 0 && script.repeatsLast ? script.calls.slice(-1) : left;
  };
  const isLogin = ({ exchange }: VendorCall) => /\/tokens?$/.test(exchange.expect.path);
  const changesNothing = (call: VendorCall) => call.exchange.expect.method === 'GET' || isLogin(call);
  /** A log-in may be left out once another script of the provider has had its token. */
  const isKnownLogin = ({ provider }: VendorScript, call: VendorCall): boolean =>
    isLogin(call) &&
    scripts.some(
      (other) =>
        other.provider === provider &&
        other.calls.slice(0, played.get(other)).some((each) => isDeepStrictEqual(each, call)),
    );
  const waitingCall = (
    script: VendorScript,
    host: string,
    request: RecordedRequest,
  ): VendorCall | undefined => {
    const [next, afterLogin] = unplayed(script);
    const candidates = next && afterLogin && isKnownLogin(script, next) ? [next, afterLogin] : [next];
    return candidates.find(
      (call) => call?.host === host && compare(call.exchange.expect, request).length === 0,
    );
  };
  const describeUnexpected = (host: string, request: RecordedRequest): string => {
    const differences = scripts
      .flatMap((script) => unplayed(script).slice(0, 1))
      .filter((call) => call.host === host && pathOf(call.exchange.expect.path) === pathOf(request.url))
      .flatMap((call) => compare(call.exchange.expect, request));
    return [`${request.method} https://${host}${request.url}`, ...differences].join('\n  ');
  };
  const answer: AnswerVendorCall = (host, request, response) => {
    for (const script of scripts) {
      const call = waitingCall(script, host, request);
      if (!call) continue;
      played.set(script, script.calls.indexOf(call) + 1);
      answered.push(call);
      play(call.exchange.answer, response);
      return;
    }
    const ofPairs = scripts.filter(({ isOtherHalf }) => isOtherHalf).map(({ provider }) => provider);
    const mayRepeat = (call: VendorCall) =>
      scripts.some(
        ({ provider, isLookedAt, calls }) =>
          calls.includes(call) && (ofPairs.includes(provider) || (isLookedAt && changesNothing(call))),
      );
    const before = answered.findLast(
      (call) => mayRepeat(call) && call.host === host && compare(call.exchange.expect, request).length === 0,
    );
    if (before) return play(before.exchange.answer, response);
    // Both halves at once may ask before one acts, which no script has.
    for (const script of scripts.filter(({ provider }) => ofPairs.includes(provider))) {
      const later = unplayed(script).find(
        (call) => call.host === host && compare(call.exchange.expect, request).length === 0,
      );
      if (!later) continue;
      played.set(script, script.calls.indexOf(later) + 1);
      answered.push(later);
      return play(later.exchange.answer, response);
    }
    unexpected.add(describeUnexpected(host, request));
    response.writeHead(599).end();
  };
  const proxy = await startInterceptingProxy(hosts, answer, (host) => {
    if (!hosts.has(host)) unexpected.add(`CONNECT ${host}`);
  });

  return {
    ...proxy,
    unexpected: () => [...unexpected],
    unfinished: () =>
      scripts.flatMap((script) => {
        if (script.isOtherHalf) return [];
        const call = script.calls[played.get(script) ?? 0];
        return call
          ? [
              `${script.name}: ${call.exchange.expect.method} https://${call.host}${call.exchange.expect.path}`,
            ]
          : [];
      }),
  };
}
