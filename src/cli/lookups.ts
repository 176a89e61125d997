/** The commands that look a secret up, and that write the ledger out for other programs. */
import { EventEmitter, once } from 'node:events';
import { type Command, Option } from 'commander';
import type { EntryDetails } from '../ledger/entry.ts';
import type { AdminOptions } from './admin-client.ts';
import { addFilters, type FilterOptions, filterOf } from './entry-filter.ts';
import { CommandError, type Io, printJson, printLines, readStdin } from './io.ts';

interface FindOptions extends AdminOptions {
  readonly type?: string;
}

interface ExportOptions extends AdminOptions, FilterOptions {
  readonly format: string;
}

export function registerLookups(program: Command, io: Io): void {
  const url = ['--url <url>', 'address of the admin port (default: as configured)'] as const;
  program
    .command('find')
    .description('tell whether a secret, read from standard input, is known; nothing of it is kept')
    .option(...url)
    .option('--json', 'print JSON')
    .option('--type <type>', 'type string under which it may have been reported')
    .action((_options: unknown, command: Command) => find(io, command.optsWithGlobals<FindOptions>()));
  addFilters(program.command('export').description('write the ledger out, newest first, with places'))
    .option(...url)
    .addOption(
      new Option('--format <format>', 'a table, or a line of JSON with the history for each')
        .choices(['csv', 'ndjson'])
        .default('csv'),
    )
    .action((_options: unknown, command: Command) => exportAll(io, command.optsWithGlobals<ExportOptions>()));
}

async function find(io: Io, options: FindOptions): Promise<void> {
  const token = await readStdin(io);
  if (token.trim() === '') throw new CommandError('Standard input holds no secret.');
  const { connectAdmin } = await import('./admin-client.ts');
  const admin = await connectAdmin(io, options);
  const body = { token, ...(options.type !== undefined && { type: options.type }) };
  const found = (await admin.call('POST', '/revocations/find', body)) as { entries: EntryDetails[] };
  if (options.json) printJson(io.stdout, found);
  const lines = found.entries.map(({ id, provider, state }) => `${id} of ${provider} is ${state}.`);
  if (found.entries.length === 0) throw new CommandError('It is not known.');
  if (!options.json) printLines(io.stdout, lines);
}

/** No faster than it is read. */
async function exportAll(io: Io, options: ExportOptions): Promise<void> {
  const { connectAdmin } = await import('./admin-client.ts');
  const admin = await connectAdmin(io, options);
  const query = new URLSearchParams({ ...filterOf(options), format: options.format });
  const { stdout } = io;
  for await (const text of admin.stream(`/export?${query}`)) {
    if (stdout.write(text) === false && stdout instanceof EventEmitter) await once(stdout, 'drain');
  }
}
