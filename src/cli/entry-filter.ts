/** Which entries a command is about: the filters of the admin API. */
import { type Command, Option } from 'commander';
import { STATES } from '../ledger/entry.ts';
import { OUTCOME_KINDS } from '../words/outcome.ts';
import type { AdminClient } from './admin-client.ts';
import { CommandError, EXIT } from './io.ts';

export type FilterOptions = Readonly<Partial<Record<(typeof FILTERS)[number], string | undefined>>>;

const FILTERS = [
  'state',
  'provider',
  'type',
  'outcome',
  'reason',
  'project',
  'path',
  'caller',
  'since',
  'until',
] as const;

/** @param reason the name of that filter, where another option has it */
export function addFilters(
  command: Command,
  { reason = '--reason' }: { readonly reason?: string } = {},
): Command {
  return command
    .addOption(new Option('--state <state>', 'in this state only').choices(STATES))
    .option('--provider <id>', 'of this provider only')
    .option('--type <type>', 'of this type string only')
    .addOption(new Option('--outcome <kind>', 'that ended or wait like this').choices(OUTCOME_KINDS))
    .option(`${reason} <reason>`, 'for this reason only, e.g. not-permitted')
    .option('--project <project>', 'of a project, or of a group with everything below it: path or URL')
    .option('--path <path>', 'in this file, or below this folder, of a project; * and ** stand for any')
    .option('--caller <name>', 'first reported by this caller')
    .option('--since <time>', 'first reported since, e.g. 2026-01-31 or 2026-01-31T00:00:00Z')
    .option('--until <time>', 'first reported before');
}

/** Those that were given. */
export function filterOf(options: FilterOptions): Readonly<Record<string, string>> {
  return Object.fromEntries(
    FILTERS.flatMap((name) => {
      const value = options[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Of a filter that fits nothing: a misspelt provider looks like one without a leak. @throws {CommandError} */
export async function refuseUnknownProvider(
  admin: AdminClient,
  { provider }: Readonly<Record<string, string>>,
): Promise<void> {
  if (provider === undefined) return;
  const { providers } = (await admin.call('GET', '/providers')) as {
    readonly providers: readonly { readonly id: string }[];
  };
  if (providers.some(({ id }) => id === provider)) return;
  throw new CommandError(`No such provider: ${provider}; \`quash providers\` lists them.`, {
    exitCode: EXIT.usage,
  });
}
