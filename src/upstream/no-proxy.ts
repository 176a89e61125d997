/** Which hosts are called without the proxy, in the way in which other programs read `NO_PROXY`. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Whether a URL is called without the proxy. */
export type Bypass = (url: URL) => boolean;

type Rule = (host: string, port: string) => boolean;

/**
 * @param entries each a name, which stands for what is below it, too; `.name` or `*.name` for that alone; an address or a
 * CIDR range, which fit what is written as an address; `*`. Names and addresses may have a port.
 */
export function createBypass(entries: readonly string[]): Bypass {
  const rules = entries.map(ruleOf);
  return ({ hostname, port, protocol }) => {
    const host = unbracketed(hostname);
    return rules.some((fits) => fits(host, port || (protocol === 'https:' ? '443' : '80')));
  };
}

/** The entries of the environment, none where it has none. */
export function noProxyOf(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return (env.no_proxy ?? env.NO_PROXY ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
}

/** The name or address in an entry, and the port that it has. */
function partsOf(entry: string): { readonly name: string; readonly port: string | undefined } {
  const text = entry.toLowerCase();
  if (isIP(text) !== 0) return { name: text, port: undefined };
  const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
  return { name: unbracketed(name), port };
}

function ruleOf(entry: string): Rule {
  if (entry === '*') return () => true;
  if (ipaddr.isValidCIDR(entry)) {
    const [range, bits] = ipaddr.parseCIDR(entry);
    return (host) => {
      const address = isIP(host) === 0 ? undefined : ipaddr.process(host);
      return address?.kind() === range.kind() && address.match(range, bits);
    };
  }
  const { name, port } = partsOf(entry);
  const below = name.replace(/^\*?\./, '.');
  const isName = below.startsWith('.') ? endsWith(below) : isOrEndsWith(name);
  return (host, called) => (port === undefined || port === called) && isName(host);
}

function endsWith(suffix: string): (host: string) => boolean {
  return (host) => isIP(host) === 0 && host.endsWith(suffix);
}

function isOrEndsWith(name: string): (host: string) => boolean {
  if (isIP(name) !== 0) return (host) => isIP(host) !== 0 && sameAddress(host, name);
  return (host) => host === name || endsWith(`.${name}`)(host);
}

function sameAddress(one: string, other: string): boolean {
  return ipaddr.process(one).toString() === ipaddr.process(other).toString();
}

function unbracketed(host: string): string {
  return host.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}
