import type { Command } from 'commander';
import { type Io, printJson, printLines } from './io.ts';

interface Options {
  readonly config?: string;
  readonly json?: boolean;
}

export function registerTypes(program: Command, io: Io): void {
  program
    .command('types')
    .description('list the type strings that GitLab is told')
    .option('--json', 'print JSON')
    .action(async (_options: unknown, command: Command) => types(io, command.optsWithGlobals<Options>()));
}

async function types(io: Io, options: Options): Promise<void> {
  const { createProviders, loadSetup } = await import('./setup.ts');
  const { registry, upstream } = createProviders(await loadSetup(io, options.config), io);
  await upstream.close();
  if (options.json) printJson(io.stdout, registry.advertised);
  else printLines(io.stdout, registry.advertised);
}
