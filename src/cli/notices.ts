/** `quash notices`: what became of notices, and sending some again. */
import { type Command, InvalidArgumentError } from 'commander';
import { MAX_NOTICES, type NoticeSummary } from '../ledger/notice.ts';
import type { AdminOptions } from './admin-client.ts';
import { type Io, printJson, printLines, tableLines } from './io.ts';

interface Options extends AdminOptions {
  readonly failed?: true;
  readonly limit: number;
  readonly sendAgain?: readonly string[];
}

export function registerNotices(program: Command, io: Io): void {
  program
    .command('notices')
    .description('list who was told and whether that was delivered, or send notices again')
    .option('--failed', 'only what was not delivered')
    .option('--limit <number>', `how many, at most ${MAX_NOTICES}`, toLimit, 50)
    .option('--send-again <id...>', 'send these again')
    .option('--url <url>', 'address of the admin port (default: as configured)')
    .option('--json', 'print JSON')
    .action((_options: unknown, command: Command) => run(io, command.optsWithGlobals<Options>()));
}

async function run(io: Io, { failed, limit, sendAgain, json, ...options }: Options): Promise<void> {
  const { connectAdmin } = await import('./admin-client.ts');
  const admin = await connectAdmin(io, options);
  for (const id of sendAgain ?? []) {
    const { channel } = (await admin.call(
      'POST',
      `/notices/${encodeURIComponent(id)}/send-again`,
    )) as NoticeSummary;
    if (!json) printLines(io.stdout, [`${id} is sent to ${channel} again.`]);
  }
  if (sendAgain && !json) return;
  const query = `limit=${limit}${failed ? '&delivered=false' : ''}`;
  const { notices } = (await admin.call('GET', `/notices?${query}`)) as {
    readonly notices: readonly NoticeSummary[];
  };
  if (json) return printJson(io.stdout, { notices });
  const rows = notices.map(({ id, channel, target, counts, lastAt, attempts, answer }) => {
    const told = counts.map(({ event, provider, entries }) => `${provider}: ${entries} ${event}`).join(', ');
    const result = answer.delivered ? 'delivered' : `failed (${answer.code ?? 'unknown'})`;
    return [id, channel, target, told, new Date(lastAt).toISOString(), String(attempts), result];
  });
  const head = ['ID', 'CHANNEL', 'TO', 'TELLS OF', 'LAST TRIED', 'ATTEMPTS', 'RESULT'];
  printLines(io.stdout, tableLines([head, ...rows]));
}

function toLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_NOTICES) return limit;
  throw new InvalidArgumentError(`Expected a number from 1 to ${MAX_NOTICES}.`);
}
