/** The connections of the HTTP client: direct ones to checked addresses, or through the operator's proxy. */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, Pool, ProxyAgent } from 'undici';
import { ConfigFault } from '../provider/provider.ts';
import type { AddressGuard } from './address-guard.ts';
import { createBypass } from './no-proxy.ts';

export interface ConnectionOptions {
  /** For one whole exchange, from the lookup of the host to the end of the body. */
  readonly timeoutMs: number;
  /** URL of an HTTP proxy, which may hold credentials; its own address is not guarded. */
  readonly proxy: string | null;
  /** What is called without the proxy; see {@link createBypass}. */
  readonly noProxy?: readonly string[];
  /** PEM certificates trusted besides the built-in ones. */
  readonly ca?: string;
}

export interface Connection {
  readonly dispatcher: Dispatcher;
  /** Whether it is the proxy that is connected to. */
  readonly isProxied: boolean;
}

export interface Connections {
  to(origin: string): Connection;
  /** Ends all at once. */
  destroy(): Promise<void>;
}

/** @throws {ConfigFault} when an option cannot work; its path is the option's key below `upstream` */
export function createConnections(options: ConnectionOptions, guard: AddressGuard): Connections {
  // HTTP/1.1 alone: a connection carries one exchange, so breaking off one of them harms no other.
  const shared = { allowH2: false, connectTimeout: options.timeoutMs };
  const trust = options.ca === undefined ? {} : { secureContext: trusting(options.ca) };
  const direct = new Agent({ ...shared, connect: { ...trust, lookup: guard.lookup } });
  if (options.proxy === null) {
    return { to: () => ({ dispatcher: direct, isProxied: false }), destroy: () => direct.destroy() };
  }
  checkProxy(options.proxy);
  const proxied = new ProxyAgent({
    ...shared,
    uri: options.proxy,
    requestTls: trust,
    proxyTls: trust,
    // An aborted exchange leaves its CONNECT running, so CONNECT needs a time limit of its own.
    clientFactory: (origin, pool) => new Pool(origin, { ...pool, headersTimeout: options.timeoutMs }),
  });
  const isBypassed = createBypass(options.noProxy ?? []);
  return {
    to(origin) {
      const isProxied = !isBypassed(new URL(origin));
      return { dispatcher: isProxied ? proxied : direct, isProxied };
    },
    async destroy() {
      await Promise.all([direct.destroy(), proxied.destroy()]);
    },
  };
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
    // Node's TLS ignores text that is no certificate, and the operator's authority would be missing silently.
    new X509Certificate(ca);
  } catch {
    throw new ConfigFault(['caFile'], 'expected certificates in PEM');
  }
  return createSecureContext({ ca: [...getCACertificates('default'), ca] });
}
