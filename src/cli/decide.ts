/** The commands by which a person decides about tokens, one or many. */
import type { Command } from 'commander';
import type { Action, ManyDecided } from '../admin/decisions.ts';
import type { AdminClient, AdminOptions } from './admin-client.ts';
import { addFilters, type FilterOptions, filterOf, refuseUnknownProvider } from './entry-filter.ts';
import { CommandError, EXIT, type Io, printJson, printLines } from './io.ts';

interface DecideOptions extends AdminOptions, FilterOptions {
  readonly yes?: boolean;
  readonly asOf?: string;
  /** In place of the filter of that name, where `--reason` says why somebody decides. */
  readonly withReason?: string;
}

interface Order {
  readonly action: Action;
  readonly reason?: string;
  readonly ids?: readonly string[];
  readonly filter?: Readonly<Record<string, string>>;
  readonly asOf?: string;
}

/** Of the admin API. */
const MAX_IDS = 1_000;

const DONE: Readonly<Record<Action, string>> = {
  approve: 'approved',
  retry: 'retried',
  dismiss: 'dismissed',
};

export function registerDecide(program: Command, io: Io): void {
  const add = (action: Action, description: string) =>
    program
      .command(`${action} [id...]`)
      .description(`${description}: of these ids or beginnings of ids, or all that the filters fit`)
      .option('--url <url>', 'address of the admin port (default: as configured)')
      .option('--json', 'print JSON')
      .option('--yes', 'with filters: do it; without, it is only counted')
      .option('--as-of <time>', 'leave what has come or changed since then as it is');
  const decides = (action: Action) => (ids: string[], _options: unknown, command: Command) =>
    decide(io, { action, ids, options: command.optsWithGlobals<DecideOptions>() });

  addFilters(add('retry', 'try tokens again that need attention')).action(decides('retry'));
  addFilters(add('approve', 'let tokens be revoked that are held')).action(decides('approve'));
  const dismiss = add('dismiss', 'decide that nothing is to be done about tokens');
  addFilters(dismiss, { reason: '--with-reason' })
    .requiredOption('--reason <reason>', 'why; kept in the history')
    .action(decides('dismiss'));
}

interface Asked {
  readonly action: Action;
  readonly ids: readonly string[];
  readonly options: DecideOptions;
}

async function decide(io: Io, { action, ids, options }: Asked): Promise<void> {
  const { withReason, asOf, ...given } = options;
  const isDismissal = action === 'dismiss';
  const filter = filterOf(isDismissal ? { ...given, reason: withReason } : given);
  const hasFilter = Object.keys(filter).length > 0;
  if (ids.length > 0 === hasFilter) {
    throw new CommandError('Give either ids or filters.', { exitCode: EXIT.usage });
  }
  const reason = isDismissal && options.reason !== undefined ? { reason: options.reason } : {};
  const { connectAdmin } = await import('./admin-client.ts');
  const admin = await connectAdmin(io, options);
  if (hasFilter && !options.yes) {
    const { told, fault } = await inParts(admin, [{ action, filter, ...reason }], { dryRun: true });
    if (fault) throw fault;
    const { done, at } = told;
    if (done === 0) {
      await refuseUnknownProvider(admin, filter);
      const why = told.results[0]?.problem ?? 'no token fits.';
      throw new CommandError(`None would be ${DONE[action]}: ${why}`, { exitCode: EXIT.usage });
    }
    const these = `--yes --as-of ${new Date(at).toISOString()}`;
    throw new CommandError(
      `${done} would be ${DONE[action]}: give ${these} to do it to these, --yes to all by then.`,
      {
        exitCode: EXIT.usage,
      },
    );
  }
  const common = { action, ...reason, ...(asOf !== undefined && { asOf }) };
  const orders = hasFilter ? [{ ...common, filter }] : chunks(ids).map((part) => ({ ...common, ids: part }));
  const tell = (part: ManyDecided) => {
    if (options.json) return;
    const [done, failed] = [
      part.results.filter((each) => each.done),
      part.results.filter((each) => !each.done),
    ];
    printLines(
      io.stdout,
      done.map(({ id, state }) => `${id} is now ${state}.`),
    );
    if (ids.length !== 1)
      printLines(
        io.stderr,
        failed.map(({ id, problem }) => `${id}: ${problem}`),
      );
  };
  const { told: all, fault } = await inParts(admin, orders, { tell });
  if (options.json && (fault === undefined || all.results.length > 0)) printJson(io.stdout, all);
  const [only] = all.results;
  if (fault) {
    const before =
      all.results.length === 0 ? '' : ` Before that, ${all.done} were done, ${all.failed} failed.`;
    throw new CommandError(fault.message + before, { exitCode: fault.exitCode, cause: fault });
  }
  if (all.failed > 0) {
    throw new CommandError(
      ids.length === 1 ? (only?.problem ?? '') : `${all.done} done, ${all.failed} failed.`,
    );
  }
  if (!options.json && ids.length !== 1) printLines(io.stdout, [`${all.done} done.`]);
}

/** Goes on until nothing is left that a filter fits, or a call fails: what was done by then is told all the same. */
async function inParts(
  admin: AdminClient,
  orders: readonly Order[],
  { dryRun = false, tell }: { readonly dryRun?: boolean; readonly tell?: (part: ManyDecided) => void },
): Promise<{ readonly told: ManyDecided; readonly fault: CommandError | undefined }> {
  const parts: ManyDecided[] = [];
  let fault: CommandError | undefined;
  try {
    for (const order of orders) {
      let cursor: string | undefined;
      do {
        const body = { ...order, dryRun, ...(cursor !== undefined && { cursor }) };
        const part = (await admin.call('POST', '/revocations/decide', body)) as ManyDecided;
        tell?.(part);
        parts.push(part);
        cursor = part.cursor;
      } while (cursor !== undefined);
    }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    fault = error;
  }
  const results = parts.flatMap((part) => part.results);
  const done = results.filter((result) => result.done).length;
  const at = Math.min(...parts.map((part) => part.at));
  return { told: { results, done, failed: results.length - done, at }, fault };
}

function chunks(ids: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(ids.length / MAX_IDS) }, (_, part) =>
    ids.slice(part * MAX_IDS, (part + 1) * MAX_IDS),
  );
}
