/**
 * The kinds of tokens of every provider, for its page. Kinds exist only once a provider is configured, so each is created
 * with the configurations of its own contract cases.
 */
import { existsSync } from 'node:fs';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../provider/provider.ts';

export interface ProviderKinds {
  readonly definition: ProviderDefinition;
  /** Each kind once, in the order in which the cases have them. */
  readonly kinds: readonly TokenKind[];
}

interface ExampleCase {
  readonly definition: ProviderDefinition;
  config(baseUrl: string): unknown;
}

/** A provider without cases has no kinds here. */
export async function exampleKinds(
  definitions: readonly ProviderDefinition[],
): Promise<readonly ProviderKinds[]> {
  return Promise.all(
    definitions.map(async (definition) => {
      const kinds = new Map<string, TokenKind>();
      for (const { config } of await casesOf(definition)) {
        const { kinds: some } = created(definition, config(`https://${definition.id}.example.com`));
        for (const kind of some) if (!kinds.has(kind.id)) kinds.set(kind.id, kind);
      }
      return { definition, kinds: [...kinds.values()] };
    }),
  );
}

async function casesOf({ id }: ProviderDefinition): Promise<readonly ExampleCase[]> {
  const file = new URL(`../../providers/${id}/cases.ts`, import.meta.url);
  if (!existsSync(file)) return [];
  const { cases } = (await import(file.href)) as { readonly cases: readonly ExampleCase[] };
  return cases;
}

function created({ config, create }: ProviderDefinition, own: unknown): Provider {
  return create(config.parse(own), SILENT);
}

/** Creating a provider calls nobody. */
const SILENT: Tools = {
  upstream: (base) => ({
    base,
    request: () => Promise.reject(new Error('A provider that is only described calls nobody.')),
  }),
  clock: { now: () => 0, sleep: () => Promise.resolve() },
  log: { info() {}, warn() {} },
};
