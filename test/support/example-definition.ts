import { z } from 'zod';
import type { Provider, ProviderDefinition } from '../../src/provider/provider.ts';
import { TRUSTED } from './trusted-kind.ts';

/** A provider that does nothing, for tests of what is around providers. */
export function exampleDefinition<Config>(
  id: string,
  config: z.ZodType<Config>,
  overrides: Partial<ProviderDefinition<Config>> = {},
): ProviderDefinition {
  const provider: Provider = {
    kinds: [{ id: 'token', types: [`${id}_token`], pattern: /example-[a-z]+/, effect: 'token', ...TRUSTED }],
    revoke: async () => ({ outcome: 'accepted' }),
  };
  const definition: ProviderDefinition<Config> = {
    id,
    title: `Example ${id}`,
    docs: 'https://docs.example.com/revoke',
    stability: 'stable',
    needs: 'nothing',
    exactness: 'by value',
    proof: 'none',
    effect: 'the token only',
    types: [`${id}_token`],
    config,
    create: () => provider,
    ...overrides,
  };
  return definition as ProviderDefinition;
}

/** One that needs nothing. */
export function simpleDefinition(id: string): ProviderDefinition {
  return exampleDefinition(id, z.strictObject({}));
}
