/** What the commands build from the configuration before they do their work. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, type Fault, pathText, systemCode } from '../config/faults.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { customDefinitions } from '../custom/definition.ts';
import { sourceDefinitions } from '../gitlab/sources.ts';
import type { Tracer } from '../observe/tracing.ts';
import { createOpenId, type OpenId } from '../openid/openid.ts';
import { createContextReader, type ReadContext } from '../provider/context.ts';
import { guarded } from '../provider/possession.ts';
import { ConfigFault, type ProviderDefinition, type ProviderLog, type Tools } from '../provider/provider.ts';
import { createRegistry, type Registry } from '../provider/registry.ts';
import type { Workload } from '../provider/workload.ts';
import { createUpstreamFactory, type UpstreamFactory, type UpstreamOptions } from '../upstream/client.ts';
import { noProxyOf } from '../upstream/no-proxy.ts';
import { type Clock, systemClock } from '../words/clock.ts';
import type { Io } from './io.ts';
import { createWorkload } from './workload.ts';

export interface Setup extends LoadedConfig {
  readonly definitions: readonly ProviderDefinition[];
}

/** @throws {ConfigError} */
export async function loadSetup(io: Io, file: string | undefined): Promise<Setup> {
  const definitions = await io.definitions();
  const { config, ...loaded } = loadConfig({ file, env: io.env, cwd: io.cwd, definitions });
  const noProxy = [...config.upstream.noProxy, ...noProxyOf(io.env)];
  return { ...loaded, config: { ...config, upstream: { ...config.upstream, noProxy } }, definitions };
}

export interface ProviderOptions extends Pick<Io, 'cwd'>, Partial<Pick<Io, 'env'>> {
  readonly clock?: Clock;
  readonly log?: (providerId: string) => ProviderLog;
  readonly onRequest?: UpstreamOptions['onRequest'];
  readonly tracer?: Tracer;
  /** For tests; default is that of this process. */
  readonly workload?: Workload;
}

export interface ReadyProviders {
  readonly registry: Registry;
  readonly upstream: UpstreamFactory;
  readonly readContext: ReadContext;
  /** Of `admin.oidc`. */
  readonly openid: OpenId | undefined;
  readonly ca?: string;
}

const SILENT: ProviderLog = { warn: () => {}, info: () => {} };

/**
 * Creates all providers with the clients that they use; calls nothing upstream.
 * @throws {ConfigError} with the faults of all providers
 */
export function createProviders(setup: Setup, options: ProviderOptions): ReadyProviders {
  const { config } = setup;
  const registryConfig = { ...config, providers: { ...config.providers, ...config.custom } };
  const takes = (type: string) => registry.advertised.includes(type);
  const sources = sourceDefinitions(config.gitlab.instances, takes);
  const taken = sources.filter(({ id }) => Object.hasOwn(config.custom, id));
  if (taken.length > 0) {
    const message = 'expected an id that no built-in provider has';
    throw new ConfigError(taken.map(({ id }) => faultOf(setup, ['custom', id], message)));
  }
  // The operator's own first: where they share a type with another, they are asked first.
  const definitions = [...customDefinitions(config.custom), ...setup.definitions, ...sources];
  const clock = options.clock ?? systemClock;
  const upstream = upstreamFactory(setup, options, clock);
  const toolsFor = (providerId: string): Tools => ({
    upstream: (baseUrl) => guarded(upstream.for(providerId, baseUrl)),
    workload:
      options.workload ?? createWorkload(options, (origin) => guarded(upstream.metadata(providerId, origin))),
    clock,
    log: options.log?.(providerId) ?? SILENT,
  });
  const readContext = createContextReader(config.gitlab.instances, (url) => upstream.for('context', url));
  let registry: Registry;
  try {
    registry = createRegistry(registryConfig, definitions, toolsFor);
    const openid = openIdOf(config.admin, upstream, clock);
    return { registry, upstream, readContext, openid, ...readCa(setup, options.cwd) };
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
  }
  // One by one now, so that the operator learns of all faults at once.
  const faults = definitions.flatMap((definition): Fault[] => {
    try {
      createRegistry(registryConfig, [definition], toolsFor);
      return [];
    } catch (error) {
      if (!(error instanceof ConfigFault)) throw error;
      const section = Object.hasOwn(config.custom, definition.id) ? 'custom' : 'providers';
      return [faultOf(setup, [section, definition.id, ...error.path], error.message)];
    }
  });
  throw new ConfigError(faults);
}

function openIdOf(
  { oidc, publicUrl }: Config['admin'],
  upstream: UpstreamFactory,
  clock: Clock,
): OpenId | undefined {
  if (oidc === undefined || publicUrl === undefined) return undefined;
  return createOpenId(oidc, { publicUrl, upstream: (origin) => upstream.for('sign-in', origin), clock });
}

/** The extra certificates of `upstream.caFile`. @throws {ConfigError} */
export function readCa(setup: Setup, cwd: string): { readonly ca?: string } {
  const { caFile } = setup.config.upstream;
  if (caFile === null) return {};
  try {
    return { ca: readFileSync(resolve(cwd, caFile), 'utf8') };
  } catch (error) {
    const message = `${caFile} cannot be read (${systemCode(error)})`;
    throw new ConfigError([faultOf(setup, ['upstream', 'caFile'], message)]);
  }
}

function upstreamFactory(setup: Setup, options: ProviderOptions, clock: Clock): UpstreamFactory {
  const { timeoutMs, proxy, noProxy, allowPrivate } = setup.config.upstream;
  const ca = readCa(setup, options.cwd);
  try {
    return createUpstreamFactory({
      timeoutMs,
      ...{ proxy, noProxy },
      allowPrivate,
      clock,
      ...ca,
      ...(options.onRequest && { onRequest: options.onRequest }),
      ...(options.tracer && { tracer: options.tracer }),
    });
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    throw new ConfigError([faultOf(setup, ['upstream', ...error.path], error.message)]);
  }
}

function faultOf(setup: Setup, path: readonly PropertyKey[], message: string): Fault {
  return { source: setup.source ?? 'configuration', path: pathText(path), message };
}
