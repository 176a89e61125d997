/** `quash sessions`: who is signed in to the dashboard, and the end of that. */
import type { Command } from 'commander';
import type { Session } from '../admin/sessions.ts';
import type { AdminOptions } from './admin-client.ts';
import { type Io, printJson, printLines, tableLines } from './io.ts';

interface Options extends AdminOptions {
  readonly end?: readonly string[];
}

export function registerSessions(program: Command, io: Io): void {
  program
    .command('sessions')
    .description('list who is signed in to the dashboard, or end sessions')
    .option('--end <id...>', 'end these')
    .option('--url <url>', 'address of the admin port (default: as configured)')
    .option('--json', 'print JSON')
    .action((_options: unknown, command: Command) => run(io, command.optsWithGlobals<Options>()));
}

async function run(io: Io, options: Options): Promise<void> {
  const { connectAdmin } = await import('./admin-client.ts');
  const admin = await connectAdmin(io, options);
  for (const id of options.end ?? []) {
    await admin.call('DELETE', `/sessions/${encodeURIComponent(id)}`);
    if (!options.json) printLines(io.stdout, [`${id} has ended.`]);
  }
  if (options.end && !options.json) return;
  const { sessions } = (await admin.call('GET', '/sessions')) as { readonly sessions: readonly Session[] };
  if (options.json) return printJson(io.stdout, { sessions });
  const rows = sessions.map(({ id, caller: { name, role }, since, until }) => {
    return [id, name, role, new Date(since).toISOString(), new Date(until).toISOString()];
  });
  printLines(io.stdout, tableLines([['ID', 'WHO', 'ROLE', 'SINCE', 'UNTIL'], ...rows]));
}
