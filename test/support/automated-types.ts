import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { definitions } from '../../providers/index.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import { systemClock } from '../../src/words/clock.ts';
import type { ProviderSpec } from '../contract/provider-suite.ts';

const PROVIDERS = resolve(import.meta.dirname, '../../providers');

/**
 * Types whose tokens are revoked without a person: of kinds that a contract case plays, that prove the leak, and whose
 * provider is not experimental.
 */
export async function automatedTypes(): Promise<ReadonlySet<string>> {
  const able = definitions.filter(({ lastResort, stability }) => !lastResort && stability !== 'experimental');
  return new Set((await Promise.all(able.map(typesOf))).flat());
}

async function typesOf({ id }: ProviderDefinition): Promise<readonly string[]> {
  const path = join(PROVIDERS, id, 'cases.ts');
  if (!existsSync(path)) return [];
  const cases: readonly ProviderSpec<unknown>[] = (await import(path)).cases;
  const upstream = createUpstreamFactory({
    ...{ timeoutMs: 1_000, proxy: null, allowPrivate: [], clock: systemClock },
  });
  const types = cases.flatMap(({ definition, config, kind }) => {
    const tools = {
      upstream: (baseUrl: string) => upstream.for(id, baseUrl),
      clock: systemClock,
      log: { warn: () => {}, info: () => {} },
    };
    const { kinds } = definition.create(definition.config.parse(config(`https://${id}.example.com`)), tools);
    return kinds.flatMap((one) => (one.id === kind && one.possession !== 'unproven' ? one.types : []));
  });
  await upstream.close();
  return types;
}
