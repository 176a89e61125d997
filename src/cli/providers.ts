import type { Command } from 'commander';
import type { TokenKind } from '../provider/provider.ts';
import type { RegisteredProvider } from '../provider/registry.ts';
import { type Io, printJson, printLines, tableLines } from './io.ts';

interface Options {
  readonly config?: string;
  readonly json?: boolean;
}

export function registerProviders(program: Command, io: Io): void {
  program
    .command('providers')
    .description('list the providers, what each needs and whether it is enabled')
    .option('--json', 'print JSON')
    .action(async (_options: unknown, command: Command) => providers(io, command.optsWithGlobals<Options>()));
}

async function providers(io: Io, options: Options): Promise<void> {
  const { createProviders, loadSetup } = await import('./setup.ts');
  const { registry, upstream } = createProviders(await loadSetup(io, options.config), io);
  await upstream.close();
  const listed = registry.providers.filter(({ definition }) => !definition.internal).map(readOut);
  if (options.json) {
    printJson(io.stdout, listed);
    return;
  }
  const rows = listed.map(({ id, enabled, stability, types, needs }) => {
    return [id, enabled ? 'yes' : 'no', stability, String(types.length), needs];
  });
  printLines(io.stdout, tableLines([['ID', 'ENABLED', 'STABILITY', 'TYPES', 'NEEDS'], ...rows]));
}

function readOut({ definition, provider, enabled }: RegisteredProvider) {
  const { id, title, types, needs, stability, docs } = definition;
  return { id, title, types, needs, enabled, stability, docs, kinds: (provider?.kinds ?? []).map(kindOut) };
}

/** What an operator needs to know before a kind is acted on: the proof, the places that are asked, and the undo. */
function kindOut({ id, types, effect, warning, possession, places, whole, undo }: TokenKind) {
  return {
    ...{ id, types, effect, possession, places, undo },
    whole: typeof whole === 'function' ? 'checksum' : whole,
    ...(warning !== undefined && { warning }),
  };
}
