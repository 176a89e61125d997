/** Puts the parts together: the only file that knows them all. */

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import type { Hono } from 'hono';
import type { AdminSettings } from './admin/api.ts';
import { createAdminApp } from './admin/app.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config/schema.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';
import { createPace } from './dispatch/pace.ts';
import type { Observe } from './events.ts';
import { type Bindings, createApp } from './http/app.ts';
import { createAuthenticator } from './http/auth.ts';
import { BodyParser } from './http/body.ts';
import { createLimits } from './http/limits.ts';
import type { HttpSettings } from './http/settings.ts';
import type { Keys } from './ledger/keys.ts';
import { type Ledger, LedgerError } from './ledger/ledger.ts';
import { type OpenedLedger, openLedger } from './ledger/open.ts';
import { Vault } from './ledger/seal.ts';
import type { ReadContext } from './provider/context.ts';
import type { Registry } from './provider/registry.ts';
import type { UpstreamFactory } from './provider/upstream-client.ts';

/** `api` takes reports, `worker` revokes; several replicas of each share one Redis. */
export type Role = 'all' | 'api' | 'worker';

/** The providers of one configuration, and the HTTP client that they share. */
export interface Providers {
  readonly registry: Registry;
  readonly upstream: UpstreamFactory;
  readonly readContext: ReadContext;
}

export interface ServiceOptions {
  readonly config: Config;
  /** Closed by the service. */
  readonly providers: Providers;
  readonly keys: Keys;
  readonly role: Role;
  readonly observe: Observe;
  readonly clock?: Clock;
}

/** The providers are closed by the service, whatever comes of them. */
export type NextSettings = Pick<ServiceOptions, 'config' | 'providers' | 'keys'>;

export interface Service {
  /** Where it listens, e.g. `http://127.0.0.1:8080`; undefined for a worker. */
  readonly apiUrl: string | undefined;
  readonly adminUrl: string;
  /**
   * Goes on with another configuration, without a lost request: providers, tokens, limits, modes and sealing keys.
   * Addresses and the ledger stay as they are until a restart.
   * @throws {LedgerError} `wrong-keys` when the key file is another one; then nothing has changed
   */
  reload(next: NextSettings): Promise<void>;
  /** Takes no more requests, finishes or gives back what is in hand, and ends within about `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** Slow clients get this long for a whole request; GitLab itself gives up after 30 s. */
const REQUEST_TIMEOUT_MS = 60_000;
const HEADERS_TIMEOUT_MS = 10_000;
const RELOAD_GRACE_MS = 10_000;
const TIDY_EVERY_MS = 50;

/**
 * Opens the ledger, listens and starts to revoke.
 * @throws {LedgerError} when the ledger cannot be opened
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const vault = new Vault(options.keys);
  const opened = await openLedger(options.config.ledger, vault.keyCheck());
  try {
    return await start(options, vault, opened);
  } catch (error) {
    // Nothing may keep a process alive that could not start.
    await Promise.all([options.providers.upstream.close(), opened.close()]);
    throw error;
  }
}

async function start(options: ServiceOptions, vault: Vault, opened: OpenedLedger): Promise<Service> {
  const { config, role, observe, clock = systemClock } = options;
  const { ledger, redis } = opened;
  let { providers } = options;
  for (const message of await ledger.warnings()) observe({ type: 'ledger-warning', message });

  const parser = new BodyParser();
  const dispatcher = new Dispatcher({
    ledger,
    vault,
    clock,
    observe,
    pace: createPace(redis),
    random: Math.random,
  });
  let settings = httpSettings(config, providers.registry, redis);
  let adminSettings = adminSettingsOf(config, settings);
  let draining = false;
  let changing: Promise<void> = Promise.resolve();

  const app = createApp({
    basePath: config.listen.basePath,
    settings: () => settings,
    ledger,
    vault,
    parser,
    clock,
    observe,
  });
  const adminApp = createAdminApp({
    settings: () => adminSettings,
    ledger,
    clock,
    observe,
    draining: () => draining,
  });
  const works = role !== 'api';
  if (works) await reportOrphans(ledger, providers.registry, observe);
  const api = role === 'worker' ? undefined : await listen(app, config.listen);
  const admin = await listen(adminApp, config.admin).catch(async (error: unknown) => {
    await api?.close(0);
    throw error;
  });
  // Nothing that may fail comes behind this: what runs and listens by now would be left over.
  if (works) dispatcher.start(providers.registry, dispatchSettings(config, providers));
  observe({ type: 'listening', api: api?.url ?? 'none', admin: admin.url, role });

  async function change(next: NextSettings): Promise<void> {
    if (draining) return next.providers.upstream.close();
    if (!vault.replaceKeys(next.keys)) {
      await next.providers.upstream.close();
      throw new LedgerError('wrong-keys', 'The key file is not the one that the ledger was opened with.');
    }
    const replaced = providers;
    providers = next.providers;
    settings = httpSettings(next.config, providers.registry, redis);
    adminSettings = adminSettingsOf(next.config, settings);
    if (works) await dispatcher.stop(RELOAD_GRACE_MS);
    if (works && !draining) dispatcher.start(providers.registry, dispatchSettings(next.config, providers));
    await replaced.upstream.close();
    observe({ type: 'reloaded', types: providers.registry.advertised.length });
    if (works && !draining) await reportOrphans(ledger, providers.registry, observe);
  }

  return {
    apiUrl: api?.url,
    adminUrl: admin.url,
    reload(next) {
      // One after the other: of two at once, one's lanes would never be stopped.
      const changed = changing.then(() => change(next));
      changing = changed.catch(() => {});
      return changed;
    },
    async stop(graceMs) {
      draining = true;
      await Promise.all([api?.close(graceMs), dispatcher.stop(graceMs)]);
      await changing;
      await admin.close(0);
      await parser.close();
      await providers.upstream.close();
      await opened.close();
    },
  };
}

function httpSettings(config: Config, registry: Registry, redis: unknown): HttpSettings {
  return {
    registry,
    authenticator: createAuthenticator(config.auth.tokens),
    limits: createLimits(config.limits, redis),
    bodyBytes: config.limits.bodyBytes,
    backlog: config.limits.backlog,
    onInvalidItem: config.onInvalidItem,
  };
}

function adminSettingsOf({ admin }: Config, { registry, limits }: HttpSettings): AdminSettings {
  return { registry, limits, authenticator: createAuthenticator(admin.tokens) };
}

function dispatchSettings(config: Config, { readContext }: Providers) {
  return {
    readContext,
    leaseMs: config.revocation.leaseSeconds * 1000,
    retentionDays: config.ledger.retentionDays,
  };
}

/** A provider that was turned off may have left work behind; it waits, and somebody should know. */
async function reportOrphans(ledger: Ledger, registry: Registry, observe: Observe): Promise<void> {
  for (const { provider, state, entries } of await ledger.count()) {
    if (state === 'queued' && !registry.find(provider)?.enabled) {
      observe({ type: 'work-without-provider', provider, entries });
    }
  }
}

interface Listener {
  readonly url: string;
  /** Lets requests under way end, for at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

function listen(
  app: Pick<Hono<{ Bindings: Bindings }>, 'fetch'>,
  { host, port }: { host: string; port: number },
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const serverOptions = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS };
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
    // Again and again: a connection whose request has ended would be kept open for the next one.
    const tidying = setInterval(() => http.closeIdleConnections(), TIDY_EVERY_MS);
    http.close(() => {
      clearTimeout(impatience);
      clearInterval(tidying);
      resolve();
    });
  });
}
