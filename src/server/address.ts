/** What the addresses of this machine and of those who call it mean. */
import ipaddr from 'ipaddr.js';

/** @param host a name or an address, an IPv6 address with or without brackets */
export function isLoopback(host: string): boolean {
  const literal = host.replace(/^\[|\]$/g, '');
  // An IPv4 address may be written as an IPv6 one.
  if (ipaddr.isValid(literal)) return ipaddr.process(literal).range() === 'loopback';
  return /^(?:.+\.)?localhost$/i.test(host);
}

/** What a server hands to the application with a request. */
export interface Connected {
  readonly incoming?: { readonly socket: { readonly remoteAddress?: string | undefined } };
}

/** Who is connected, be it a proxy; undefined without a socket, or once it has gone. */
export function remoteAddressOf(env: Connected | undefined): string | undefined {
  return env?.incoming?.socket.remoteAddress;
}

const SITE_BITS = 64;

/**
 * The part of a caller's address that its failures are counted by: an IPv4 address as a whole, also of one who reached a
 * socket for IPv6; of an IPv6 address the network, as whoever has one address of it has all.
 */
export function countedAddress(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined || !ipaddr.isValid(remoteAddress)) return 'unknown';
  const address = ipaddr.process(remoteAddress);
  if (address instanceof ipaddr.IPv4) return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toNormalizedString()}/${SITE_BITS}`)}/${SITE_BITS}`;
}
