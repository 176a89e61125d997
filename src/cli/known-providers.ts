/** What the command itself knows of providers, whatever the Quash that it talks to was configured with. */
import type { Io } from './io.ts';

export interface KnownProviders {
  /** Which provider takes a type, once it is configured. */
  providerOf(type: string): string | undefined;
  /**
   * Why a text is no token of the type: a reason of the API. Undefined where it is one, and where that cannot be said
   * here: the patterns of some providers depend on their configuration.
   */
  faultOf(type: string, token: string): string | undefined;
}

export async function knownProviders(io: Io, configFile: string | undefined): Promise<KnownProviders> {
  const [{ withAliases }, definitions] = await Promise.all([
    import('../provider/registry.ts'),
    io.definitions(),
  ]);
  const byType = new Map(
    definitions.flatMap(({ id, types, lastResort }) =>
      lastResort ? [] : withAliases(types).map((type) => [type, id] as const),
    ),
  );
  return { providerOf: (type) => byType.get(type), faultOf: await faults(io, configFile) };
}

/** By the configuration where the command runs, which is the defaults alone in a CI job. */
async function faults(io: Io, configFile: string | undefined): Promise<KnownProviders['faultOf']> {
  const [{ createProviders, loadSetup }, { ConfigError }] = await Promise.all([
    import('./setup.ts'),
    import('../config/faults.ts'),
  ]);
  try {
    const { registry, upstream } = createProviders(await loadSetup(io, configFile), io);
    await upstream.close();
    return (type, token) => {
      const routed = registry.route(type, token);
      return !routed.ok && routed.why === 'unusable-token' ? routed.reason : undefined;
    };
  } catch (error) {
    if (error instanceof ConfigError) return () => undefined;
    throw error;
  }
}
