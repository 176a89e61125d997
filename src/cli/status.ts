/** `quash status`: what the overview of the dashboard says, in a terminal. */
import type { Command } from 'commander';
import type { LaneWait } from '../admin/dashboard/words.ts';
import type { Overview, ProviderState } from '../admin/operations.ts';
import { type Cause, STATES, type State } from '../ledger/entry.ts';
import type { Mode } from '../words/mode.ts';
import type { AdminOptions } from './admin-client.ts';
import { type Io, printJson, printLines, tableLines } from './io.ts';

export function registerStatus(program: Command, io: Io): void {
  program
    .command('status')
    .description('tell whether leaks are open, which providers are not worked with, and what needs a person')
    .option('--url <url>', 'address of the admin port (default: as configured)')
    .option('--json', 'print JSON')
    .action((_options: unknown, command: Command) => status(io, command.optsWithGlobals<AdminOptions>()));
}

interface Status {
  readonly overview: Overview;
  readonly generalMode: Mode | null;
  readonly providers: readonly ProviderState[];
  readonly causes: readonly Cause[];
}

async function status(io: Io, options: AdminOptions): Promise<void> {
  const { connectAdmin } = await import('./admin-client.ts');
  const { systemClock } = await import('../words/clock.ts');
  const admin = await connectAdmin(io, options);
  const overview = (await admin.call('GET', '/stats?window=24h')) as Overview;
  const { modeOverride: generalMode, providers } = (await admin.call('GET', '/providers')) as {
    readonly modeOverride: Mode | null;
    readonly providers: readonly ProviderState[];
  };
  const { causes } = (await admin.call('GET', '/causes')) as { readonly causes: readonly Cause[] };
  if (options.json) {
    const { entries, ledgerWarnings, oldestQueuedAt, created, dead } = overview;
    return printJson(io.stdout, {
      ...{
        entries,
        ledgerWarnings,
        oldestQueuedAt,
        created,
        dead,
        modeOverride: generalMode,
        providers: providers.filter(isUsed),
        causes,
      },
    });
  }
  printLines(io.stdout, await statusLines({ overview, generalMode, providers, causes }, systemClock.now()));
}

/** Has leaks that are open, or does not do what it does by itself. */
function isUsed({ enabled, lane, entries, modeOverride }: ProviderState): boolean {
  const isOpen = OPEN.some((state) => (entries[state] ?? 0) > 0);
  return isOpen || modeOverride !== null || (enabled && lane !== null && (lane.parked || lane.streak > 0));
}

const OPEN: readonly State[] = ['queued', 'held', 'attention'];

/** What `quash status` prints. */
export async function statusLines({ overview, generalMode, providers, causes }: Status, now: number) {
  const { goneWithLeaks, stoppedWithLeaks, verdictOf } = await import('../admin/dashboard/verdict.ts');
  const { waitOf } = await import('../admin/dashboard/words.ts');
  const { sentence } = verdictOf({
    ...{ overview, generalMode, now },
    stopped: stoppedWithLeaks(providers, overview, now),
  });
  const used = providers.filter(isUsed);
  const gone = goneWithLeaks(providers, overview.providers).map(({ provider, open }) => [
    ...[provider, '', '', '', ''],
    `Off, and not in the configuration; open: ${open}`,
  ]);
  const ofProviders = used.map((provider) => [
    provider.id,
    ...OPEN.map((state) => String(provider.entries[state] ?? 0)),
    modeText(provider),
    provider.enabled ? (waitText(waitOf(provider.lane, now)) ?? 'Works') : 'Off',
  ]);
  const rows = [...ofProviders, ...gone];
  const columns = ['PROVIDER', ...OPEN.map((state) => state.toUpperCase()), 'MODE', 'LANE'];
  return [
    sentence,
    ...overview.ledgerWarnings.map((message) => `Ledger: ${message}`),
    ...(generalMode === null ? [] : [`The mode of all providers was set to ${generalMode}.`]),
    '',
    ...tableLines(STATES.map((state) => [state, String(overview.entries[state]), more(state, overview)])),
    ...(rows.length === 0 ? [] : ['', ...tableLines([columns, ...rows])]),
    ...laneHints(used, now),
    ...(causes.length === 0
      ? []
      : ['', ...tableLines([CAUSE_COLUMNS, ...causes.map(causeRow)]), ...causeHints(causes)]),
  ];
}

/** What helps in the lanes as they are, and nothing else. */
function laneHints(providers: readonly ProviderState[], now: number): readonly string[] {
  const lanes = providers.flatMap(({ enabled, lane }) => (enabled && lane ? lane : []));
  const isParked = lanes.some(({ parked }) => parked);
  const isPaused = lanes.some(({ parked, pausedUntil }) => !parked && pausedUntil > now);
  const isValve = lanes.some(
    ({ valveOpensAt, shareOpensAt }) => valveOpensAt !== null || shareOpensAt !== null,
  );
  return [
    ...(isPaused ? HINTS_OF_PAUSES : []),
    ...(isParked ? ['Stands still: `quash resume PROVIDER` goes on.'] : []),
    ...(isValve ? HINTS_OF_VALVE : []),
  ];
}

const HINTS_OF_PAUSES = [
  'Paused: `quash check --online` tells what is wrong with a credential of Quash, and `target` of `lane-paused` in the log',
  'which server it is. `quash resume PROVIDER` tries at once.',
];
const HINTS_OF_VALVE = [
  'Safety valve: `quash resume PROVIDER` lets as many again through; for more, raise maxPerHour of that provider.',
];

function causeHints(causes: readonly Cause[]): readonly string[] {
  const states = [...new Set(causes.map(({ state }) => state))].sort();
  const lists = states.map((state) => `\`quash list --state ${state}\``).join(' and ');
  const have = states.length === 1 ? 'has' : 'have';
  return [
    `${lists} ${have} their ids, and \`quash show ID\` says what to do.`,
    '`quash approve`, `retry` and `dismiss` take ids, or --provider, --outcome and --reason for all of a cause (`dismiss`:',
    '--with-reason).',
  ];
}

function more(state: State, { oldestQueuedAt, dead }: Overview): string {
  if (state === 'queued' && oldestQueuedAt !== null)
    return `the oldest since ${new Date(oldestQueuedAt).toISOString()}`;
  return state === 'done' ? `${dead} shown to be dead in the last 24 hours` : '';
}

function modeText({ modes, modeOverride }: ProviderState): string {
  return `${modes.join(', ')}${modeOverride === null ? '' : ' (set)'}`;
}

export function waitText(wait: LaneWait | undefined): string | undefined {
  if (!wait) return undefined;
  return wait.until === null ? wait.words : `${wait.words}, until ${new Date(wait.until).toISOString()}`;
}

const CAUSE_COLUMNS = ['STATE', 'PROVIDER', 'OUTCOME', 'REASON', 'LEAKS'];

function causeRow({ state, provider, outcome, reason, entries }: Cause): readonly string[] {
  return [state, provider, outcome, reason, String(entries)];
}
