/** What an operator has set and nothing follows from. */
import { z } from 'zod';
import type { RegisteredProvider, Registry } from '../provider/registry.ts';
import { createGlob } from '../words/glob.ts';
import { pathText } from './faults.ts';
import type { Config } from './schema.ts';
import { isDeprecated, shapeOf, unwrap } from './schema-walk.ts';

/** @returns a sentence for each key, with its path */
export function unusedKeys(
  { types, providers, ignore, gitlab }: Config,
  registry: Registry,
): readonly string[] {
  const idle = registry.providers.filter(({ enabled }) => !enabled);
  const deprecated = registry.providers.flatMap(({ definition: { id, config } }) =>
    deprecatedKeys(config, providers[id], ['providers', id]),
  );
  const ofIdle = idle.flatMap((registered) => {
    const { id } = registered.definition;
    const own = Object.keys(types).filter((type) => types[type] === id);
    return [
      ...(providers[id]?.enabled === true
        ? [`providers.${id}.enabled: it does nothing, as ${lackOf(registered)}.`]
        : []),
      ...own.map((type) => `types.${type}: GitLab is not told this type, as ${lackOf(registered)}.`),
    ];
  });
  const taken = new Set(registry.advertised);
  const ofIgnored = ignore.flatMap(({ type }, index) =>
    type === undefined || taken.has(type)
      ? []
      : [`ignore[${index}].type: no provider that is on takes ${type}, so that GitLab does not send it.`],
  );
  return [...ofIdle, ...ofIgnored, ...everywhere(ignore), ...givenTwice(gitlab.instances), ...deprecated];
}

/** Where a rule for this place is for any other one, too. */
const ANYWHERE = ['https://gitlab.invalid/a/b/-/c/d', 'e'];

function everywhere(ignore: Config['ignore']): readonly string[] {
  return ignore.flatMap(({ type, fingerprint, location }, index) =>
    type === undefined && fingerprint === undefined && ANYWHERE.every(createGlob(location ?? ''))
      ? [`ignore[${index}].location: it is any place, so that nothing at all is revoked.`]
      : [],
  );
}

/** The lines around a leak are read by the first entry of an address, with its tokens alone. */
function givenTwice(instances: readonly { readonly url: string }[]): readonly string[] {
  const addresses = instances.map(({ url }) => url.replace(/\/+$/, ''));
  return addresses.flatMap((address, index) => {
    const first = addresses.indexOf(address);
    return first === index
      ? []
      : [
          `gitlab.instances[${index}]: it has the address of gitlab.instances[${first}]; write the tokens of both into one.`,
        ];
  });
}

/** What the schema says of such a key says what to do about it. */
function deprecatedKeys(schema: z.ZodType, value: unknown, path: readonly PropertyKey[]): readonly string[] {
  if (Array.isArray(value)) {
    const list = unwrap(schema);
    if (!(list instanceof z.ZodArray)) return [];
    return value.flatMap((item, index) => deprecatedKeys(list.element as z.ZodType, item, [...path, index]));
  }
  if (typeof value !== 'object' || value === null) return [];
  const given = new Map<string, unknown>(Object.entries(value));
  return Object.entries(shapeOf(schema)).flatMap(([key, child]) => {
    if (given.get(key) === undefined) return [];
    const at = [...path, key];
    return isDeprecated(child)
      ? [`${pathText(at)}: ${child.description}`]
      : deprecatedKeys(child, given.get(key), at);
  });
}

function lackOf({ definition: { id, needs }, provider }: RegisteredProvider): string {
  return provider ? `provider ${id} lacks what it needs: ${needs}` : `provider ${id} is turned off`;
}
