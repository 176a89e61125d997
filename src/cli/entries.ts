/** The commands that work the ledger of a running Quash. */
import { Argument, type Command } from 'commander';
import type { ProviderState } from '../admin/operations.ts';
import type { Entry, EntryDetails, ListPage } from '../ledger/entry.ts';
import type { AdminOptions } from './admin-client.ts';
import { type Io, printJson, printLines, tableLines } from './io.ts';

interface ModeOptions extends AdminOptions {
  readonly provider?: string;
}

const AS_CONFIGURED = 'as-configured';

interface ListOptions extends AdminOptions {
  readonly state?: string;
  readonly provider?: string;
  readonly type?: string;
  readonly since?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

export function registerEntries(program: Command, io: Io): void {
  const add = (usage: string, description: string) =>
    program
      .command(usage)
      .description(description)
      .option('--url <url>', 'address of the admin port (default: as configured)')
      .option('--json', 'print JSON');

  add('list', 'list reported tokens, newest first')
    .option('--state <state>', 'queued, held, attention, done or dismissed')
    .option('--provider <id>', 'of this provider only')
    .option('--type <type>', 'of this type string only')
    .option('--since <time>', 'first reported since, e.g. 2026-01-31T00:00:00Z')
    .option('--limit <n>', 'at most so many')
    .option('--cursor <cursor>', 'go on behind an earlier page')
    .action((_options: unknown, command: Command) => list(io, command.optsWithGlobals<ListOptions>()));
  add('show <id>', "tell one token's story").action((id: string, _options: unknown, command: Command) =>
    show(io, id, command.optsWithGlobals<AdminOptions>()),
  );
  add('retry <id...>', 'try tokens again that need attention').action(
    (ids: string[], _options: unknown, command: Command) =>
      act(io, ids, 'retry', command.optsWithGlobals<AdminOptions>()),
  );
  add('approve <id...>', 'let tokens be revoked that are held').action(
    (ids: string[], _options: unknown, command: Command) =>
      act(io, ids, 'approve', command.optsWithGlobals<AdminOptions>()),
  );
  add('dismiss <id...>', 'decide that nothing is to be done about tokens')
    .requiredOption('--reason <reason>', 'why; kept in the history')
    .action((ids: string[], { reason }: { reason: string }, command: Command) =>
      act(io, ids, 'dismiss', command.optsWithGlobals<AdminOptions>(), { reason }),
    );
  add('pause <provider>', "stop a provider's lane").action(
    (provider: string, _options: unknown, command: Command) =>
      steer(io, provider, 'pause', command.optsWithGlobals<AdminOptions>()),
  );
  add('resume <provider>', "start a provider's lane again; its safety valve forgets its hour").action(
    (provider: string, _options: unknown, command: Command) =>
      steer(io, provider, 'resume', command.optsWithGlobals<AdminOptions>()),
  );
  add('mode', 'set a mode in place of the configured one, for a provider or for all')
    .addArgument(new Argument('<mode>', 'the mode').choices(['revoke', 'hold', 'dry-run', AS_CONFIGURED]))
    .option('--provider <id>', 'for this provider only')
    .action((mode: string, _options: unknown, command: Command) =>
      setMode(io, mode, command.optsWithGlobals<ModeOptions>()),
    );
}

async function call(
  io: Io,
  options: AdminOptions,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
) {
  const { connectAdmin } = await import('./admin-client.ts');
  return (await connectAdmin(io, options)).call(method, path, body);
}

async function list(io: Io, options: ListOptions): Promise<void> {
  const { state, provider, type, since, limit, cursor } = options;
  const filter = Object.entries({ state, provider, type, since, limit, cursor }).filter(
    ([, value]) => value !== undefined,
  );
  const query = new URLSearchParams(filter as [string, string][]);
  const page = (await call(io, options, 'GET', `/revocations?${query}`)) as ListPage;
  if (options.json) return printJson(io.stdout, page);
  const rows = page.entries.map((entry) => [
    entry.id,
    entry.provider,
    entry.kind,
    entry.state,
    outcomeText(entry),
    new Date(entry.firstReportedAt).toISOString(),
    `${entry.reports}×`,
  ]);
  printLines(
    io.stdout,
    tableLines([['ID', 'PROVIDER', 'KIND', 'STATE', 'OUTCOME', 'FIRST REPORTED', 'REPORTS'], ...rows]),
  );
  if (page.cursor !== undefined) printLines(io.stderr, [`More: --cursor ${page.cursor}`]);
}

async function show(io: Io, id: string, options: AdminOptions): Promise<void> {
  const entry = (await call(io, options, 'GET', `/revocations/${encodeURIComponent(id)}`)) as EntryDetails;
  if (options.json) printJson(io.stdout, entry);
  else printLines(io.stdout, story(entry));
}

function story(entry: EntryDetails): readonly string[] {
  const { outcome } = entry;
  return [
    ...tableLines([
      ['provider', entry.provider],
      ['kind', entry.kind],
      ['types', entry.types.join(', ')],
      ['state', entry.state],
      ['outcome', outcomeText(entry)],
      ['reports', String(entry.reports)],
      ...(entry.dueAt === null ? [] : [['next try', new Date(entry.dueAt).toISOString()]]),
    ]),
    ...(outcome?.advice === undefined ? [] : [outcome.advice]),
    ...(outcome?.evidence === undefined ? [] : [JSON.stringify(outcome.evidence)]),
    '',
    ...entry.locations,
    '',
    ...entry.history.map(({ at, event, by, code, message, outcome: end }) =>
      [new Date(at).toISOString(), event, by && `by ${by}`, end?.kind, code, message]
        .filter(Boolean)
        .join('  '),
    ),
  ];
}

function outcomeText({ outcome }: Entry): string {
  if (!outcome) return '';
  return [outcome.kind, outcome.verified ? '(verified)' : '', outcome.reason ?? ''].filter(Boolean).join(' ');
}

/** One after the other, and no further than the first that cannot be done. */
async function act(
  io: Io,
  ids: readonly string[],
  action: string,
  options: AdminOptions,
  body?: unknown,
): Promise<void> {
  for (const id of ids) {
    const path = `/revocations/${encodeURIComponent(id)}/${action}`;
    const entry = (await call(io, options, 'POST', path, body)) as Entry;
    if (options.json) printJson(io.stdout, entry);
    else printLines(io.stdout, [`${entry.id} is now ${entry.state}.`]);
  }
}

async function steer(io: Io, provider: string, action: string, options: AdminOptions): Promise<void> {
  const path = `/providers/${encodeURIComponent(provider)}/${action}`;
  const state = (await call(io, options, 'POST', path)) as ProviderState;
  if (options.json) return printJson(io.stdout, state);
  const stands = state.lane?.parked === true;
  printLines(io.stdout, [
    `The lane of ${provider} ${stands ? 'stands still until it is resumed' : 'works'}.`,
  ]);
}

async function setMode(io: Io, text: string, options: ModeOptions): Promise<void> {
  const { provider } = options;
  const mode = text === AS_CONFIGURED ? null : text;
  const path = provider === undefined ? '/mode' : `/providers/${encodeURIComponent(provider)}/mode`;
  const answer = await call(io, options, 'PUT', path, { mode });
  if (options.json) return printJson(io.stdout, answer);
  const whose = provider ?? 'all providers';
  printLines(io.stdout, [`The mode of ${whose} is ${mode === null ? 'as configured' : `now ${mode}`}.`]);
}
