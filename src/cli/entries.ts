/** The commands that work the ledger of a running Quash. */
import type { Command } from 'commander';
import type { Entry, EntryDetails, LaneState, ListPage } from '../ledger/ledger.ts';
import type { AdminOptions } from './admin-client.ts';
import { type Io, printJson, printLines, tableLines } from './io.ts';

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
  add('retry <id>', 'try a token again that needs attention').action(
    (id: string, _options: unknown, command: Command) =>
      act(io, id, 'retry', command.optsWithGlobals<AdminOptions>()),
  );
  add('approve <id>', 'let a token be revoked that is held').action(
    (id: string, _options: unknown, command: Command) =>
      act(io, id, 'approve', command.optsWithGlobals<AdminOptions>()),
  );
  add('dismiss <id>', 'decide that nothing is to be done about a token')
    .requiredOption('--reason <reason>', 'why; kept in its history')
    .action((id: string, { reason }: { reason: string }, command: Command) =>
      act(io, id, 'dismiss', command.optsWithGlobals<AdminOptions>(), { reason }),
    );
  add('pause <provider>', "stop a provider's lane").action(
    (provider: string, _options: unknown, command: Command) =>
      steer(io, provider, 'pause', command.optsWithGlobals<AdminOptions>()),
  );
  add('resume <provider>', "start a provider's lane again, also one that the safety valve has parked").action(
    (provider: string, _options: unknown, command: Command) =>
      steer(io, provider, 'resume', command.optsWithGlobals<AdminOptions>()),
  );
}

async function call(io: Io, options: AdminOptions, method: 'GET' | 'POST', path: string, body?: unknown) {
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

async function act(io: Io, id: string, action: string, options: AdminOptions, body?: unknown): Promise<void> {
  const entry = (await call(
    io,
    options,
    'POST',
    `/revocations/${encodeURIComponent(id)}/${action}`,
    body,
  )) as Entry;
  if (options.json) printJson(io.stdout, entry);
  else printLines(io.stdout, [`${entry.id} is now ${entry.state}.`]);
}

async function steer(io: Io, provider: string, action: string, options: AdminOptions): Promise<void> {
  const lane = (await call(
    io,
    options,
    'POST',
    `/providers/${encodeURIComponent(provider)}/${action}`,
  )) as LaneState;
  if (options.json) printJson(io.stdout, lane);
  else
    printLines(io.stdout, [
      `The lane of ${provider} ${lane.parked ? 'stands still until it is resumed' : 'works'}.`,
    ]);
}
