/** `quash ledger copy`: moves a ledger to another storage, or to another number of partitions. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Count } from '../ledger/entry.ts';
import type { LedgerSettings } from '../open-ledger.ts';
import { keysForRedis } from './generated-tokens.ts';
import { CommandError, EXIT, type Io, printJson, printLines, sayOnce, tableLines } from './io.ts';

interface Options {
  readonly config?: string;
  readonly to: string;
  readonly partitions?: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly caFile?: string;
  readonly json?: true;
}

export function registerLedger(program: Command, io: Io): void {
  const ledger = program.command('ledger').description('move the ledger to another storage');
  ledger
    .command('copy')
    .description('copy the whole ledger to an empty place, while Quash is stopped')
    .requiredOption('--to <url>', 'sqlite:PATH or a Redis URL, as in ledger.url')
    .option('--partitions <number>', 'ledger.partitions of the new ledger (default: 1)')
    .option('--username <name>', 'user of the Redis that is copied to')
    .option('--password-file <file>', 'password of the Redis that is copied to')
    .option('--ca-file <file>', 'authority to trust of the Redis that is copied to, with rediss')
    .option('--json', 'print JSON')
    .addHelpText('after', AFTER)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      if (options.partitions !== undefined && !/^[1-9]\d{0,2}$/.test(options.partitions)) {
        command.error('error: --partitions wants a number from 1 on');
      }
      await copy(io, options);
    });
  ledger
    .command('reopen')
    .description('let Quash start again with a ledger that was copied')
    .addHelpText('after', AFTER_REOPEN)
    .action(async (_options: unknown, command: Command) => reopen(io, command.optsWithGlobals<Options>()));
}

const AFTER_REOPEN = `
Quash does not start with a ledger that was copied, as it would revoke again what the copy revokes. Go back to it only
where no Quash has worked with the copy, or what it did there may be done once more; and start none with the copy again.`;

/** Entries between two lines, where there is no terminal. */
const LINE_EVERY = 10_000;

const AFTER = `
Stop every replica first, and keep the key file: both ledgers have the same. What Quash had in hand when it stopped is
due again when its lease would have ended. A copy that was ended by anything goes on when the same command is run again;
until it is complete, no Quash opens the new ledger. From its beginning on, none opens the old one, which is left as it
is: with both, what waits would be revoked twice. quash ledger reopen gives the copy up.
Exit codes: 0 all is there, 1 it is not, 2 wrong usage.`;

async function copy(io: Io, options: Options): Promise<void> {
  const { copyLedger, handOverTo } = await import('../ledger/copy.ts');
  const { openCopySource, openCopyTarget } = await import('../open-ledger.ts');
  const { config, settings, vault } = await configured(io, options);
  await using source = closing(await openCopySource(settings, vault));
  await using target = closing(await openCopyTarget(await targetSettings(io, options), vault));
  const total = sumOf(await source.opened.count());
  const say = sayOnce(io);
  let next = 0;
  const result = await copyLedger(source.opened, target.opened, handOverTo(options.to), (entries) => {
    if (entries < next) return;
    say(`${entries} of ${total} entries`);
    next = entries + (io.stderr.isTTY ? 1 : LINE_EVERY);
  });
  say('');
  const { from, to, isComplete } = result;
  if (options.json) printJson(io.stdout, result);
  else printLines(io.stdout, tableLines(rowsOf(from, to)));
  if (!isComplete)
    throw new CommandError('The two ledgers do not have the same entries. Empty the new one and copy again.');
  if (!options.json)
    printLines(io.stdout, [
      `All ${total} entries are there. Set ledger.url, and ledger.partitions, to the new ledger.`,
      ...(options.to.startsWith('sqlite:') ? [] : keysForRedis(config, io.cwd)),
    ]);
}

async function reopen(io: Io, options: Options): Promise<void> {
  const { openCopySource } = await import('../open-ledger.ts');
  const { settings, vault } = await configured(io, options);
  await using source = closing(await openCopySource(settings, vault));
  const handedOver = await source.opened.takeBack();
  printLines(io.stdout, [
    handedOver === undefined
      ? 'This ledger was not copied: Quash starts with it.'
      : `Quash starts with this ledger again. Start none with ${handedOver.to}.`,
  ]);
}

/** The ledger of the configuration. */
async function configured(io: Io, { config: file }: Options) {
  const { loadSetup } = await import('./setup.ts');
  const { loadKeys } = await import('../vault/keys.ts');
  const { Vault } = await import('../vault/seal.ts');
  const { config } = await loadSetup(io, file);
  const warn = (sentence: string) => printLines(io.stderr, [sentence]);
  const vault = new Vault(await loadKeys(resolve(io.cwd, config.ledger.keysFile), warn));
  return { config, settings: config.ledger, vault };
}

async function targetSettings(
  { cwd }: Io,
  { to, partitions, username, passwordFile, caFile }: Options,
): Promise<LedgerSettings> {
  const { Secret } = await import('../words/secret.ts');
  const { faultOfUrl } = await import('../open-ledger.ts');
  const fault = await faultOfUrl(to);
  if (fault !== undefined) throw new CommandError(fault, { exitCode: EXIT.usage });
  const password = passwordFile && (await passwordFrom(resolve(cwd, passwordFile)));
  return {
    ...{ url: to, username, partitions: Number(partitions ?? 1) },
    ...(password && { password: new Secret(password) }),
    ...(caFile && { tls: { caFile: resolve(cwd, caFile) } }),
  };
}

async function passwordFrom(path: string): Promise<string> {
  const { systemCode } = await import('../config/faults.ts');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CommandError(`${path} cannot be read (${systemCode(error)}).`, { exitCode: EXIT.usage });
  });
  return text.replace(/\r?\n$/, '');
}

function closing<Opened extends { close(): Promise<void> }>(opened: Opened) {
  return { opened, [Symbol.asyncDispose]: () => opened.close() };
}

function rowsOf(from: readonly Count[], to: readonly Count[]): readonly (readonly string[])[] {
  const states = [...new Set([...from, ...to].map(({ state }) => state))];
  const entriesIn = (counts: readonly Count[], state: string) =>
    String(sumOf(counts.filter((count) => count.state === state)));
  return [
    ['state', 'old ledger', 'new ledger'],
    ...states.map((state) => [state, entriesIn(from, state), entriesIn(to, state)]),
  ];
}

function sumOf(counts: readonly Count[]): number {
  return counts.reduce((sum, { entries }) => sum + entries, 0);
}
