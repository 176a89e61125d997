/** `quash sweep`: has a running Quash go through the open secret findings of a GitLab, and tells how far it is. */
import type { Command } from 'commander';
import type { SourceInstance } from '../gitlab/instances.ts';
import type { EntryDetails } from '../ledger/entry.ts';
import type { UpstreamFactory } from '../upstream/client.ts';
import type { AdminOptions } from './admin-client.ts';
import { CommandError, type Io, printJson, printLines, sayOnce, tableLines } from './io.ts';

interface Options extends AdminOptions {
  readonly group?: string;
  readonly project?: string;
  readonly all?: true;
  readonly instance?: string;
  readonly since?: string;
  readonly dryRun?: true;
}

const POLL_MS = 1_000;
const SAID_EVERY = 100;
/** In place of a type that GitLab could not list. */
const NOT_LISTED = '(not listed)';

export function registerSweep(program: Command, io: Io): void {
  program
    .command('sweep')
    .description('hand over what GitLab has found before, and in projects that are not public')
    .option('--group <path>', 'all projects of a group, and of the groups below it')
    .option('--project <path>', 'one project')
    .option('--all', 'all projects that the user of readToken sees')
    .option('--instance <url>', 'which of gitlab.instances, where several have a readToken')
    .option('--since <date>', 'only what was detected since, e.g. 2026-01-31')
    .option('--dry-run', 'ask GitLab what there is, and hand over nothing')
    .option('--url <url>', 'address of the admin port (default: as configured)')
    .option('--json', 'print JSON')
    .addHelpText('after', AFTER)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const scopes = [options.group, options.project, options.all].filter((each) => each !== undefined);
      if (scopes.length !== 1) command.error('error: give one of --group, --project and --all');
      if (options.since !== undefined && Number.isNaN(Date.parse(options.since))) {
        command.error(`error: no date: ${options.since}`);
      }
      await (options.dryRun ? dryRun(io, options) : sweep(io, options));
    });
}

const AFTER = `
The service does the work: it goes on when this command ends, or is killed itself and started again, and the same
command then shows how far it is. \`quash pause gitlab-sweep\` lets all sweeps wait, \`quash dismiss ID\` ends one.
Exit codes: 0 it came to its end, 1 it did not, 2 wrong usage.`;

async function sweep(io: Io, options: Options): Promise<void> {
  const { connectAdmin } = await import('./admin-client.ts');
  const { systemClock } = await import('../words/clock.ts');
  const { group, project, all, instance, since } = options;
  const from = since === undefined ? {} : { since: new Date(since).toISOString() };
  const admin = await connectAdmin(io, options);
  const body = { group, project, all, instance, ...from };
  let entry = (await admin.call('POST', '/sweeps', body)) as EntryDetails;
  const say = sayOnce(io);
  while (entry.state === 'queued') {
    say(`${entry.id}  ${stateOf(entry, systemClock.now())}`);
    await systemClock.sleep(POLL_MS);
    entry = (await admin.call('GET', `/revocations/${entry.id}`)) as EntryDetails;
  }
  say('');
  const { outcome, state } = entry;
  if (options.json) printJson(io.stdout, entry);
  else if (outcome?.evidence) printLines(io.stdout, [`${countsOf(outcome.evidence)}.`]);
  if (state === 'done') return;
  const why = outcome?.advice ?? `The sweep is ${state}.`;
  // It counts as open until somebody decides, also where the group was only misspelt.
  const next =
    state === 'attention'
      ? ` Until then, or \`quash dismiss ${entry.id} --reason WHY\`, it needs a person.`
      : '';
  throw new CommandError(why + next);
}

type Counts = NonNullable<NonNullable<EntryDetails['outcome']>['evidence']>;

function countsOf({ projects, leftOut, findings, found, unsupported, unread }: Counts): string {
  return [
    ...(projects === undefined ? [] : [counted(Number(projects), 'project')]),
    ...(leftOut === undefined ? [] : [`${leftOut} of them left out, as their findings cannot be listed`]),
    `${counted(Number(findings ?? 0), 'finding')}: ${counted(Number(found ?? 0), 'secret')} handed over`,
    `${unsupported ?? 0} of types that nobody takes`,
    `${unread ?? 0} to be read one by one`,
  ].join(', ');
}

function counted(count: number, what: string): string {
  return `${count} ${count === 1 ? what : `${what}s`}`;
}

/** How far it is stands with its last step since it was asked for: an earlier sweep of the same may have come to its end. */
export function stateOf({ history, dueAt }: Pick<EntryDetails, 'history' | 'dueAt'>, now: number): string {
  const own = history.slice(history.findLastIndex(({ event }) => event === 'reported') + 1);
  const last = own.at(-1);
  const counts = own.findLast(({ outcome }) => outcome?.evidence !== undefined)?.outcome?.evidence;
  // Of one that is in hand it is the end of the lease.
  const isPutOff = dueAt !== null && dueAt === last?.dueAt && dueAt > now + POLL_MS;
  const waits = isPutOff ? `, waits until ${new Date(dueAt).toISOString()}` : '';
  const why = last?.message === undefined ? '' : ` (${last.message})`;
  return `${counts ? countsOf(counts) : 'begins'}${waits}${waits && why}`;
}

/** Asks GitLab from here, and the service nothing. */
async function dryRun(io: Io, options: Options): Promise<void> {
  const { createProviders, loadSetup } = await import('./setup.ts');
  const setup = await loadSetup(io, options.config);
  const { registry, upstream } = createProviders(setup, io);
  try {
    const { types, leftOut } = await countTypes(io, options, setup.config.gitlab.instances, upstream);
    const counts = [...types].map(([type, count]) => {
      return { type, count, taken: registry.advertised.includes(type) };
    });
    const findings = counts.reduce((sum, { count }) => sum + count, 0);
    if (options.json) return printJson(io.stdout, { findings, types: counts, leftOut });
    const rows = counts.map(({ type, count, taken }) => {
      const becomes = type === NOT_LISTED ? 'would be read by itself' : 'nobody takes it';
      return [type, String(count), taken ? 'would be handed over' : becomes];
    });
    const missing =
      leftOut === 0 ? [] : [`${counted(leftOut, 'project')} left out, as their findings cannot be listed.`];
    printLines(io.stdout, [`${counted(findings, 'open finding')}.`, ...missing, ...tableLines(rows)]);
  } finally {
    await upstream.close();
  }
}

async function countTypes(
  io: Io,
  { group, project, since, instance }: Options,
  instances: readonly SourceInstance[],
  upstream: UpstreamFactory,
): Promise<{ readonly types: ReadonlyMap<string, number>; readonly leftOut: number }> {
  const { createSources } = await import('../gitlab/instances.ts');
  const { NoSuchScope, openFindings, POSITION } = await import('../gitlab/open-findings.ts');
  const { instanceMeant, WHICH_INSTANCE } = await import('../gitlab/sweep-order.ts');
  const { systemClock: clock } = await import('../words/clock.ts');
  const sources = createSources(instances, { upstream: (url) => upstream.for('gitlab-sweep', url), clock });
  const bases = sources.map(({ base }) => base);
  const meant = instanceMeant(bases, instance);
  const source = sources.find(({ base }) => base === meant);
  if (!source) throw new CommandError(WHICH_INSTANCE);
  const scope = { group, project, ...(since !== undefined && { since: Date.parse(since) }) };
  const walk = { from: POSITION.parse({}), signal: new AbortController().signal };
  const say = sayOnce(io);
  const types = new Map<string, number>();
  let [findings, leftOut] = [0, 0];
  try {
    for await (const { position, finding, isBare } of openFindings(source.findings, scope, walk)) {
      ({ leftOut } = position);
      if (!finding) continue;
      const type = isBare ? NOT_LISTED : finding.type;
      types.set(type, (types.get(type) ?? 0) + 1);
      findings += 1;
      if (findings % SAID_EVERY === 0) say(`${findings} findings`);
      await clock.sleep(source.allowance.restMs);
    }
  } catch (error) {
    if (error instanceof NoSuchScope) throw new CommandError(error.message);
    throw error;
  }
  say('');
  return { types, leftOut };
}
