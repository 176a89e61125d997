/** What an operator has set and nothing follows from. */
import type { RegisteredProvider, Registry } from '../provider/registry.ts';
import type { Config } from './schema.ts';

/** @returns a sentence for each key, with its path */
export function unusedKeys(
  { types, providers }: Pick<Config, 'types' | 'providers'>,
  registry: Registry,
): readonly string[] {
  const idle = registry.providers.filter(({ enabled }) => !enabled);
  return idle.flatMap((registered) => {
    const { id } = registered.definition;
    const own = Object.keys(types).filter((type) => types[type] === id);
    return [
      ...(providers[id]?.enabled === true
        ? [`providers.${id}.enabled: it does nothing, as ${lackOf(registered)}.`]
        : []),
      ...own.map((type) => `types.${type}: GitLab is not told this type, as ${lackOf(registered)}.`),
    ];
  });
}

function lackOf({ definition: { id, needs }, provider }: RegisteredProvider): string {
  return provider ? `provider ${id} lacks what it needs: ${needs}` : `provider ${id} is turned off`;
}
