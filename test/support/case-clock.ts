import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { FakeClock } from './fake-clock.ts';

/**
 * The provider with the clock of its contract cases, which is in signatures. As there, it moves by what the provider waits
 * for between two steps, and by nothing else.
 */
export function withCaseClock<Config>(definition: ProviderDefinition<Config>): ProviderDefinition<Config> {
  const clock = new FakeClock();
  return {
    ...definition,
    create(config, tools) {
      const provider = definition.create(config, { ...tools, clock });
      return {
        ...provider,
        async revoke(token, step) {
          const result = await provider.revoke(token, step);
          if (result.outcome === 'continue') clock.jump(result.afterMs);
          return result;
        },
      };
    },
  };
}
