/** Decides which addresses a provider's host may have, so that nobody can point Quash at an internal service. */
import { promises as dns, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ConfigFault } from '../provider/provider.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

export interface AddressGuard {
  /**
   * Checks a host that is written as an address, as no lookup happens for it; any other host passes.
   * @throws {BlockedAddress}
   */
  checkLiteral(hostname: string): void;
  /** For sockets: resolves once, checks every address, and hands on the checked ones, so a second answer cannot slip in. */
  readonly lookup: LookupFunction;
}

/** The host has an address that the operator did not allow. */
export class BlockedAddress extends Error {
  constructor() {
    super('The address is not allowed.');
    this.name = 'BlockedAddress';
  }
}

/**
 * @param allowPrivate exact host names, addresses and CIDR ranges that need not be public
 * @throws {ConfigFault} when an entry is none of these
 */
export function createAddressGuard(
  allowPrivate: readonly string[],
  resolve: Resolve = (hostname) => dns.lookup(hostname, { all: true }),
): AddressGuard {
  const allowed = parseAllowList(allowPrivate);

  const check = (hostname: string, text: string): void => {
    if (!ipaddr.isValid(text)) throw new BlockedAddress();
    const address = unwrap(ipaddr.parse(text));
    if (allowed.ranges.some((range) => contains(range, address))) return;
    const reach = reachOf(address);
    if (reach === 'public' || (reach === 'private' && allowed.hosts.has(withoutDot(hostname)))) return;
    throw new BlockedAddress();
  };

  const resolveChecked = async (hostname: string): Promise<LookupAddress[]> => {
    const addresses = await resolve(hostname);
    for (const { address } of addresses) check(hostname, address);
    return [...addresses];
  };

  return {
    checkLiteral(hostname) {
      const literal = hostname.replace(/^\[|\]$/g, '');
      if (isIP(literal) !== 0) check(hostname, literal);
    },
    lookup(hostname, options, callback) {
      resolveChecked(hostname).then(
        (addresses) => {
          const first = addresses[0];
          if (!first) callback(Object.assign(new Error('No address.'), { code: 'ENOTFOUND' }), '');
          else if (options.all) callback(null, addresses);
          else callback(null, first.address, first.family);
        },
        (error) => callback(error, ''),
      );
    },
  };
}

interface AllowList {
  readonly hosts: ReadonlySet<string>;
  readonly ranges: readonly [Address, number][];
}

function parseAllowList(entries: readonly string[]): AllowList {
  const hosts = new Set<string>();
  const ranges: [Address, number][] = [];
  for (const entry of entries) {
    const literal = entry.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0) ranges.push(single(unwrap(ipaddr.parse(literal))));
    else if (ipaddr.isValidCIDR(entry)) ranges.push(unwrapRange(ipaddr.parseCIDR(entry)));
    else if (/^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(entry)) hosts.add(withoutDot(entry));
    else {
      throw new ConfigFault(
        ['allowPrivate'],
        'An entry of allowPrivate is neither a host name, an address nor a CIDR range.',
      );
    }
  }
  return { hosts, ranges };
}

function single(address: Address): [Address, number] {
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function withoutDot(hostname: string): string {
  return hostname.toLowerCase().replace(/\.$/, '');
}

/** A range of IPv4 addresses that are written as IPv6 ones. */
function unwrapRange([address, bits]: [Address, number]): [Address, number] {
  if (!(address instanceof ipaddr.IPv6) || !address.isIPv4MappedAddress() || bits < 96)
    return [address, bits];
  return [address.toIPv4Address(), bits - 96];
}

const NAT64 = ipaddr.parseCIDR('64:ff9b::/96');

/** The address that a connection reaches: an IPv6 address may embed an IPv4 one. */
function unwrap(address: Address): Address {
  if (!(address instanceof ipaddr.IPv6)) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  if (contains(NAT64, address)) return new ipaddr.IPv4(address.toByteArray().slice(12));
  return address;
}

/**
 * Where clouds serve a machine's own credentials. Allowing a host name is not enough to reach these: whoever
 * controls the name would decide, so the operator has to write the address.
 */
const METADATA = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::/32',
  '100.100.100.200/32',
  '168.63.129.16/32',
].map((cidr) => ipaddr.parseCIDR(cidr));

/** The only part of IPv6 that is handed out for the public; the library counts unassigned space as `unicast` too. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

function reachOf(address: Address): 'public' | 'private' | 'metadata' {
  if (METADATA.some((range) => contains(range, address))) return 'metadata';
  if (address.range() !== 'unicast') return 'private';
  return address.kind() === 'ipv4' || contains(GLOBAL_IPV6, address) ? 'public' : 'private';
}

function contains([range, bits]: readonly [Address, number], address: Address): boolean {
  return range.kind() === address.kind() && address.match(range, bits);
}
