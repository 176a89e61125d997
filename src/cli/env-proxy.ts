/** The proxy that the environment names for the commands' own calls. The service has `upstream.proxy` alone. */
import type { Dispatcher } from 'undici';
import type { Environment } from '../config/environment.ts';
import { isLoopback } from '../server/address.ts';
import { createBypass, noProxyOf } from '../upstream/no-proxy.ts';
import { CommandError } from './io.ts';

/**
 * `HTTPS_PROXY` or `HTTP_PROXY` by the scheme of the URL, in small letters first; null for none. This machine and what
 * `NO_PROXY` names are called without.
 * @throws {CommandError}
 */
export function envProxy(url: string, env: Environment): string | null {
  const target = new URL(url);
  const name = target.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const given = env[name.toLowerCase()] || env[name];
  if (!given || isLoopback(target.hostname) || createBypass(noProxyOf(env))(target)) return null;
  const proxy = given.includes('://') ? given : `http://${given}`;
  if (/^https?:/i.test(proxy) && URL.canParse(proxy)) return proxy;
  // Not quoted: a password may stand in it.
  throw new CommandError(`${name} is no address of an HTTP proxy.`);
}

/** Undefined where no proxy is asked for. @throws {CommandError} */
export async function envDispatcher(url: string, env: Environment): Promise<Dispatcher | undefined> {
  const proxy = envProxy(url, env);
  if (proxy === null) return undefined;
  const { ProxyAgent } = await import('undici');
  return new ProxyAgent(proxy);
}
