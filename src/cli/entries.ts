/** The commands that show the ledger of a running Quash, and steer its lanes. */

import { Argument, type Command, InvalidArgumentError } from 'commander';
import type { ProviderState, ShownEntry } from '../admin/operations.ts';
import type { Entry, ListPage } from '../ledger/entry.ts';
import { subjectLines } from '../words/subject.ts';
import type { AdminClient, AdminOptions } from './admin-client.ts';
import { addFilters, type FilterOptions, filterOf, refuseUnknownProvider } from './entry-filter.ts';
import { type Io, printJson, printLines, tableLines } from './io.ts';
import { waitText } from './status.ts';

interface ModeOptions extends AdminOptions {
  readonly provider?: string;
}

const AS_CONFIGURED = 'as-configured';

interface ListOptions extends AdminOptions, FilterOptions {
  readonly limit: number;
  readonly all?: boolean;
  readonly cursor?: string;
}

interface Providers {
  readonly providers: readonly ProviderState[];
}

/** Of the admin API. */
const MAX_PAGE = 200;
const DEFAULT_LIMIT = 50;

export function registerEntries(program: Command, io: Io): void {
  const add = (usage: string, description: string) =>
    program
      .command(usage)
      .description(description)
      .option('--url <url>', 'address of the admin port (default: as configured)')
      .option('--json', 'print JSON');

  addFilters(add('list', 'list reported tokens, newest first'))
    .option('--limit <n>', `at most so many, 1 to ${MAX_PAGE}`, toLimit, DEFAULT_LIMIT)
    .option('--all', 'all of them')
    .option('--cursor <cursor>', 'go on behind an earlier page')
    .action((_options: unknown, command: Command) => list(io, command.optsWithGlobals<ListOptions>()));
  add('show <id>', "tell one token's story").action((id: string, _options: unknown, command: Command) =>
    show(io, id, command.optsWithGlobals<AdminOptions>()),
  );
  add('pause <provider>', "stop a provider's lane").action(
    (provider: string, _options: unknown, command: Command) =>
      steer(io, provider, 'pause', command.optsWithGlobals<AdminOptions>()),
  );
  add('resume <provider>', "start a provider's lane again; its safety valve forgets its hour").action(
    (provider: string, _options: unknown, command: Command) =>
      steer(io, provider, 'resume', command.optsWithGlobals<AdminOptions>()),
  );
  add('mode', 'set a mode in place of the configured one; revoke for a single provider alone')
    .addArgument(new Argument('<mode>', 'the mode').choices(['revoke', 'hold', 'dry-run', AS_CONFIGURED]))
    .option('--provider <id>', 'for this provider only')
    .action((mode: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ModeOptions>();
      if (mode === 'revoke' && options.provider === undefined)
        command.error(
          'error: revoke is set for one provider, by --provider ID; for all by revocation.mode in the configuration',
        );
      return setMode(io, mode, options);
    });
}

function toLimit(text: string): number {
  const limit = /^\d+$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_PAGE)
    throw new InvalidArgumentError(`Expected a number from 1 to ${MAX_PAGE}.`);
  return limit;
}

/** Pages may be shorter than asked for, where the filters fit few of many. */
async function list(io: Io, options: ListOptions): Promise<void> {
  const { connectAdmin } = await import('./admin-client.ts');
  const admin = await connectAdmin(io, options);
  const entries: Entry[] = [];
  let { cursor } = options;
  do {
    const limit = options.all ? MAX_PAGE : options.limit - entries.length;
    const query = new URLSearchParams({
      ...filterOf(options),
      limit: String(limit),
      ...(cursor !== undefined && { cursor }),
    });
    const page = (await admin.call('GET', `/revocations?${query}`)) as ListPage;
    entries.push(...page.entries);
    cursor = page.cursor;
  } while (cursor !== undefined && (options.all || entries.length < options.limit));
  if (entries.length === 0) await refuseUnknownProvider(admin, filterOf(options));
  if (options.json) return printJson(io.stdout, { entries, ...(cursor !== undefined && { cursor }) });
  const rows = entries.map((entry) => [
    entry.id,
    entry.provider,
    entry.kind,
    entry.state,
    outcomeText(entry),
    new Date(entry.firstReportedAt).toISOString(),
    `${entry.reports}×`,
    entry.projects.join(' '),
  ]);
  const columns = ['ID', 'PROVIDER', 'KIND', 'STATE', 'OUTCOME', 'FIRST REPORTED', 'REPORTS', 'PROJECT'];
  printLines(io.stdout, tableLines([columns, ...rows]));
  if (cursor !== undefined) printLines(io.stderr, [`More: --cursor ${cursor}, or --all`]);
}

async function show(io: Io, id: string, options: AdminOptions): Promise<void> {
  const { connectAdmin } = await import('./admin-client.ts');
  const admin = await connectAdmin(io, options);
  const entry = (await admin.call('GET', `/revocations/${encodeURIComponent(id)}`)) as ShownEntry;
  if (options.json) return printJson(io.stdout, entry);
  printLines(io.stdout, story(entry, entry.state === 'queued' ? await laneWait(admin, entry) : undefined));
}

/** Why the provider does not work on it, which the entry itself does not tell. */
async function laneWait(admin: AdminClient, { provider }: Entry): Promise<string | undefined> {
  const { waitOf } = await import('../admin/dashboard/words.ts');
  const { systemClock } = await import('../words/clock.ts');
  const { providers } = (await admin.call('GET', '/providers')) as Providers;
  const found = providers.find(({ id }) => id === provider);
  if (!found?.enabled) return 'The provider is off';
  return waitText(waitOf(found.lane, systemClock.now()));
}

/** What `quash show` prints. @param wait of its lane */
export function story(entry: ShownEntry, wait?: string): readonly string[] {
  const { outcome } = entry;
  return [
    ...tableLines([
      ['provider', entry.provider],
      ['kind', entry.kind],
      ['types', entry.types.join(', ')],
      ['state', entry.state],
      ['outcome', outcomeText(entry)],
      ['reports', String(entry.reports)],
      ['first reported', new Date(entry.firstReportedAt).toISOString()],
      ...(entry.caller === null ? [] : [['reported by', entry.caller]]),
      ...subjectLines(entry.subject ?? {}).map(([label, value]) => [label.toLowerCase(), value]),
      ...nextTry(entry),
      ...(wait === undefined ? [] : [['waits for', wait]]),
      ...Object.entries(outcome?.evidence ?? {}).map(([name, value]) => [
        'evidence',
        `${name}: ${factText(value)}`,
      ]),
    ]),
    ...(outcome?.advice === undefined ? [] : [outcome.advice]),
    ...(entry.warning === undefined ? [] : [`If you approve it: ${entry.warning}`]),
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

function factText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What is due since before the last thing that happened waits for nothing but its turn. */
function nextTry({ dueAt, history }: ShownEntry): readonly (readonly string[])[] {
  if (dueAt === null) return [];
  const isDue = dueAt <= (history.at(-1)?.at ?? 0);
  return [['next try', isDue ? 'in its turn' : new Date(dueAt).toISOString()]];
}

function outcomeText({ outcome }: Entry): string {
  if (!outcome) return '';
  return [outcome.kind, outcome.verified ? '(verified)' : '', outcome.reason ?? ''].filter(Boolean).join(' ');
}

async function steer(io: Io, provider: string, action: string, options: AdminOptions): Promise<void> {
  const { connectAdmin } = await import('./admin-client.ts');
  const admin = await connectAdmin(io, options);
  await refuseUnknownProvider(admin, { provider });
  const path = `/providers/${encodeURIComponent(provider)}/${action}`;
  const state = (await admin.call('POST', path)) as ProviderState;
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
  const { connectAdmin } = await import('./admin-client.ts');
  const admin = await connectAdmin(io, options);
  if (provider !== undefined) await refuseUnknownProvider(admin, { provider });
  const answer = await admin.call('PUT', path, { mode });
  if (options.json) return printJson(io.stdout, answer);
  const whose = provider ?? 'all providers';
  const others = provider === undefined ? await withModesOfTheirOwn(admin) : [];
  printLines(io.stdout, [
    `The mode of ${whose} is ${mode === null ? 'as configured' : `now ${mode}`}.`,
    ...others.map((each) => `It leaves out ${each}, which was set for that provider alone.`),
  ]);
}

/** What is set for all does not touch them, which whoever wants to stop all has to know. */
async function withModesOfTheirOwn(admin: AdminClient): Promise<readonly string[]> {
  const { providers } = (await admin.call('GET', '/providers')) as Providers;
  return providers.flatMap(({ id, modeOverride }) =>
    modeOverride === null ? [] : [`${id} (${modeOverride})`],
  );
}
