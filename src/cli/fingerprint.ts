import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CommandError, type Io, printLines, readStdin } from './io.ts';

interface Options {
  readonly config?: string;
  readonly type: string;
}

export function registerFingerprint(program: Command, io: Io): void {
  program
    .command('fingerprint')
    .description(
      'print the fingerprint of a secret, read from standard input, for the list of what is ignored',
    )
    .requiredOption('--type <type>', 'type string of the token, as `quash types` lists them')
    .action(async (_options: unknown, command: Command) =>
      fingerprint(io, command.optsWithGlobals<Options>()),
    );
}

async function fingerprint(io: Io, options: Options): Promise<void> {
  const [{ createProviders, loadSetup }, { loadKeys }, { Vault }, { Secret }, { keptText }] =
    await Promise.all([
      import('./setup.ts'),
      import('../vault/keys.ts'),
      import('../vault/seal.ts'),
      import('../words/secret.ts'),
      import('../provider/recognise.ts'),
    ]);
  const setup = await loadSetup(io, options.config);
  const { registry, upstream } = createProviders(setup, io);
  await upstream.close();
  const text = await readStdin(io);
  const routed = registry.route(options.type, text);
  if (!routed.ok && routed.why === 'unsupported-type') {
    throw new CommandError(`No enabled provider takes type ${options.type}; \`quash types\` lists all.`);
  }
  const kept = routed.ok ? routed.token : keptText(text);
  if (kept === '') throw new CommandError('Standard input holds no secret.');
  const vault = new Vault(await loadKeys(resolve(io.cwd, setup.config.ledger.keysFile)));
  printLines(io.stdout, [vault.fingerprint(routed.provider, new Secret(kept))]);
}
