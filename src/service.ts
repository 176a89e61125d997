/** Puts the parts together: the only file that knows them all. */

import { adminSettings } from './admin/access.ts';
import { createAdminApp } from './admin/app.ts';
import type { Config } from './config/schema.ts';
import { changedStartKeys } from './config/start-keys.ts';
import { unusedKeys } from './config/unused-keys.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';
import { createPace } from './dispatch/pace.ts';
import { stepLimitMs } from './dispatch/policy.ts';
import { SweepSchedule, startSweep } from './gitlab/sweep-start.ts';
import { createApp } from './http/app.ts';
import { BodyParser } from './http/body.ts';
import { takeGathered } from './http/gathered.ts';
import { TakenDeliveries } from './http/hooks.ts';
import { ModeOverrides } from './http/mode-overrides.ts';
import { type HttpSettings, httpSettings } from './http/settings.ts';
import { type Ledger, LedgerError } from './ledger/ledger.ts';
import type { Channel } from './notify/channel.ts';
import { noticeChannels } from './notify/channels.ts';
import { channelName } from './notify/config.ts';
import { deliveryLimitMs, Notifier } from './notify/notifier.ts';
import { failureEvent, type Observe } from './observe/events.ts';
import { LedgerWatch } from './observe/ledger-watch.ts';
import type { Metrics } from './observe/metrics.ts';
import type { Tracer } from './observe/tracing.ts';
import { type OpenedLedger, openLedger } from './open-ledger.ts';
import type { OpenId } from './openid/openid.ts';
import type { ReadContext } from './provider/context.ts';
import type { Registry } from './provider/registry.ts';
import { reviewEarlierEnds } from './review/review.ts';
import { openPort } from './server/port.ts';
import type { UpstreamFactory } from './upstream/client.ts';
import type { Keys } from './vault/keys.ts';
import { Vault } from './vault/seal.ts';
import { type Clock, systemClock } from './words/clock.ts';
import { Secret } from './words/secret.ts';
import { writeBackChannels } from './write-back/channel.ts';

/** `api` takes reports, `worker` revokes; several replicas of each share one Redis. */
export type Role = 'all' | 'api' | 'worker';

/** The providers of one configuration, and what else calls by the HTTP client that they share. */
interface Providers {
  readonly registry: Registry;
  readonly upstream: UpstreamFactory;
  readonly readContext: ReadContext;
  /** Who signs persons in to the dashboard. */
  readonly openid?: OpenId | undefined;
  /** PEM certificates trusted besides the built-in ones. */
  readonly ca?: string;
}

export interface ServiceOptions {
  readonly config: Config;
  /** Closed by the service. */
  readonly providers: Providers;
  readonly keys: Keys;
  readonly role: Role;
  readonly observe: Observe;
  readonly clock?: Clock;
  /** For `/metrics`; has to be among those who observe. */
  readonly metrics?: Pick<Metrics, 'render'>;
  readonly tracer?: Tracer;
  /** Told of each token that is worked on. */
  readonly watch?: (text: string) => void;
}

/** The providers are closed by the service, whatever comes of them. */
type NextSettings = Pick<ServiceOptions, 'config' | 'providers' | 'keys'>;

export interface Service {
  /** Where it listens, e.g. `http://127.0.0.1:8080`; undefined for a worker. */
  readonly apiUrl: string | undefined;
  readonly adminUrl: string;
  /**
   * Goes on with another configuration, without a lost request: providers, tokens, limits, modes and sealing keys.
   * Addresses, the places of certificates and the ledger stay as they are until a restart.
   * @throws {LedgerError} `wrong-keys` when the key file is another one; then nothing has changed
   */
  reload(next: NextSettings): Promise<void>;
  /** Takes no more requests, finishes or gives back what is in hand, and ends within about `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** In place of a provider's id, which has no space. */
const CALLER = 'a caller';
const RECEIVER = 'a receiver';
const RELOAD_GRACE_MS = 10_000;

/**
 * Opens the ledger, listens and starts to revoke.
 * @throws {LedgerError} when the ledger cannot be opened
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const vault = new Vault(options.keys, options.watch);
  const opened = await openLedger(options.config.ledger, vault, (message) =>
    options.observe({ type: 'ledger-made', message }),
  );
  try {
    return await start(options, vault, opened);
  } catch (error) {
    // Nothing may keep a process alive that could not start.
    await Promise.all([options.providers.upstream.close(), opened.close()]);
    throw error;
  }
}

async function start(options: ServiceOptions, vault: Vault, opened: OpenedLedger): Promise<Service> {
  const { config, role, observe, clock = systemClock, metrics, tracer } = options;
  const { ledger, redis } = opened;
  let { providers } = options;
  const watch = new LedgerWatch({ ledger, clock, observe });

  const parser = new BodyParser();
  const dispatcher = new Dispatcher({
    ledger,
    vault,
    clock,
    observe,
    pace: createPace(redis),
    tracer,
    random: Math.random,
  });
  const sweeping = { ledger, vault, clock };
  const sweeps = new SweepSchedule(sweeping, (error) => observe(failureEvent('sweep', error)));
  const notifier = new Notifier({ ledger, clock, observe });
  const overrides = new ModeOverrides({ ledger, clock, observe });
  const works = role !== 'api';
  const fingerprint = (token: Secret) => vault.fingerprint(CALLER, token);
  const receiver = (text: string) => vault.fingerprint(RECEIVER, new Secret(text));
  /** The steps of a new configuration that may fail, done first, so that it takes effect as a whole or not at all. */
  const partsOf = (of: Config, by: Providers) => {
    const http = httpSettings(of, { registry: by.registry, overrideOf: overrides.of, redis, fingerprint });
    const channels = works ? channelsOf(of, by, { ledger, clock, observe, fingerprint: receiver }) : [];
    return {
      http,
      admin: adminSettings(
        of,
        { ...http, openid: by.openid, channels: of.notify.map(channelName) },
        fingerprint,
      ),
      channels,
      config: of,
    };
  };
  let parts = partsOf(config, providers);
  let draining = false;
  let changing: Promise<void> = Promise.resolve();

  const app = createApp({
    ...{ host: config.listen.host, basePath: config.listen.basePath },
    settings: () => parts.http,
    ledger,
    vault,
    parser,
    deliveries: new TakenDeliveries(redis),
    clock,
    observe,
    tracer,
  });
  const adminApp = createAdminApp({
    ...{ host: config.admin.host, basePath: config.admin.basePath },
    wantsCertificate: config.admin.tls?.clientCaFile !== undefined,
    settings: () => parts.admin,
    startSweep: (order) => startSweep(order, sweeping),
    ledgerWarnings: () => watch.warnings,
    modesChanged: overrides.refresh,
    fingerprint: (provider, token) => vault.fingerprint(provider, token),
    ledger,
    clock,
    observe,
    metrics,
    tracer,
    draining: () => draining,
  });
  if (works) {
    await reportOrphans(ledger, providers.registry, observe);
    await reviewEarlierEnds({ ledger, clock, observe });
  }
  const world = { clock, observe };
  const api =
    role === 'worker' ? undefined : await openPort(app, { ...config.listen, section: 'listen' }, world);
  // Its probes have no certificate to show.
  const ofAdmin = { ...config.admin, section: 'admin', refusesClients: false } as const;
  const admin = await openPort(adminApp, ofAdmin, world).catch(async (error: unknown) => {
    await api?.close(0);
    throw error;
  });
  // Nothing that may fail comes behind this: what runs and listens by now would be left over.
  await watch.start();
  overrides.start();
  if (works) await startNotifier();
  if (works) await startDispatcher();
  if (works) await startSweeps();
  observe({ type: 'listening', api: api?.url ?? 'none', admin: admin.url, role });
  warnOfUnused();

  function warnOfUnused(): void {
    for (const message of unusedKeys(parts.config, providers.registry))
      observe({ type: 'config-warning', message });
  }

  /** Anew, where it runs already. */
  async function startDispatcher(): Promise<void> {
    await dispatcher.stop(RELOAD_GRACE_MS);
    await dispatcher.tryPausedAgain();
    if (draining) return;
    dispatcher.start(providers.registry, {
      ...dispatchSettings(parts, providers),
      gather: (by, gathered) =>
        takeGathered(by, gathered, { settings: parts.http, ledger, vault, clock, observe }),
    });
  }

  /** Anew, where they run already. */
  async function startSweeps(): Promise<void> {
    await sweeps.stop();
    if (!draining) await sweeps.start(parts.config.gitlab.instances);
  }

  /** Anew, where it runs already. */
  async function startNotifier(): Promise<void> {
    await notifier.stop(RELOAD_GRACE_MS);
    const { revocation, upstream } = parts.config;
    const leaseMs = deliveryLimitMs(revocation.leaseSeconds, upstream.timeoutMs);
    if (!draining) await notifier.start(parts.channels, { leaseMs });
  }

  async function change(next: NextSettings): Promise<void> {
    if (draining) return next.providers.upstream.close();
    const replaced = providers;
    try {
      const fresh = partsOf(next.config, next.providers);
      if (!vault.replaceKeys(next.keys)) throw wrongKeys();
      [parts, providers] = [fresh, next.providers];
    } catch (error) {
      await next.providers.upstream.close();
      throw error;
    }
    await Promise.all([api?.look(), admin.look()]);
    // Side by side: a receiver of notices that hangs must not hold up a revocation.
    if (works) await Promise.all([startDispatcher(), startNotifier(), startSweeps()]);
    await replaced.upstream.close();
    observe({ type: 'reloaded', types: providers.registry.advertised.length });
    const waiting = changedStartKeys(config, next.config);
    if (waiting.length > 0) observe({ type: 'config-warning', message: afterRestart(waiting) });
    warnOfUnused();
    if (!works || draining) return;
    // The new configuration is in force even if the ledger cannot be written.
    await reportOrphans(ledger, providers.registry, observe).catch((error: unknown) =>
      observe(failureEvent('reload', error)),
    );
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
      await Promise.all([
        api?.close(graceMs),
        dispatcher.stop(graceMs),
        notifier.stop(graceMs),
        sweeps.stop(),
        overrides.stop(),
        watch.stop(),
      ]);
      await changing;
      await admin.close(0);
      await parser.close();
      await providers.upstream.close();
      await opened.close();
    },
  };
}

function afterRestart(keys: readonly string[]): string {
  return `Read at the start alone, and as they were then until a restart: ${keys.join(', ')}.`;
}

function wrongKeys(): LedgerError {
  return new LedgerError('wrong-keys', 'The key file is not the one that the ledger was opened with.');
}

function dispatchSettings(
  { config, http }: { readonly config: Config; readonly http: HttpSettings },
  { readContext }: Providers,
) {
  return {
    readContext,
    shareOf: http.shareOf,
    ignores: http.ignores,
    reverifyAfterMs: http.reverifyAfterMs,
    stepLimitMs: stepLimitMs(config.upstream.timeoutMs),
    leaseMs: config.revocation.leaseSeconds * 1000,
    retentionDays: config.ledger.retentionDays,
  };
}

/** All channels: notices, and comments in GitLab. */
function channelsOf(
  { notify, admin, gitlab, upstream: { timeoutMs } }: Config,
  { upstream, ca }: Providers,
  {
    ledger,
    clock,
    observe,
    fingerprint,
  }: { ledger: Ledger; clock: Clock; observe: Observe; fingerprint: (text: string) => string },
): readonly Channel[] {
  const shared = { ledger, upstream, publicUrl: admin.publicUrl };
  return [
    ...noticeChannels(notify, {
      ...shared,
      ...{ clock, observe, timeoutMs, ca, fingerprint, instances: gitlab.instances },
    }),
    ...writeBackChannels({ ...shared, mode: gitlab.writeBack, instances: gitlab.instances, observe }),
  ];
}

/** A provider that was turned off may have left work behind; it waits, and somebody should know. */
async function reportOrphans(ledger: Ledger, registry: Registry, observe: Observe): Promise<void> {
  for (const { provider, state, entries } of await ledger.count()) {
    if (state === 'queued' && !registry.find(provider)?.enabled) {
      observe({ type: 'work-without-provider', provider, entries });
    }
  }
}
