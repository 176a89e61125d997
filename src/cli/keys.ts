import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Io, printLines } from './io.ts';

export function registerKeys(program: Command, io: Io): void {
  const keys = program.command('keys').description('manage the keys that seal tokens at rest');
  keys
    .command('rotate')
    .description('add a new sealing key; older ones still open what they sealed')
    .action(async (_options: unknown, command: Command) => {
      await rotate(io, command.optsWithGlobals<{ config?: string }>().config);
    });
}

async function rotate(io: Io, file: string | undefined): Promise<void> {
  const { loadSetup } = await import('./setup.ts');
  const { rotateKeys } = await import('../vault/keys.ts');
  const { config } = await loadSetup(io, file);
  const path = resolve(io.cwd, config.ledger.keysFile);
  const id = await rotateKeys(path);
  printLines(io.stdout, [
    `Added sealing key ${id} to ${path}.`,
    'Give the file to all replicas, then send SIGHUP to each running Quash so that it uses the new key.',
  ]);
}
