/** Whether lists by what people think in get slower, or larger, as the ledger grows. */
import { exportEntries, exportLines } from '../../../src/admin/export.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { ReportedToken } from '../../../src/ledger/report.ts';
import type { Bench } from '../bench.ts';
import { type BenchLedger, createLedgers } from '../ledgers.ts';
import { below, type Goal, type Row, row } from '../results.ts';
import { median } from '../rounds.ts';
import { flat, makeUpReport, timed } from './scale.ts';

const PART = 'lists';
const FEWEST = 1_000;
const SHORT_SIZES = [100, 400];
const BATCH = 2_000;
const PROJECTS = 2_000;
const GROUPS = 20;
/** One in so many waits for a person; and of these, one in so many for a reason that the others do not have. */
const ATTENTION = 10;
const RARE = 100;
const EXPORTED = 100_000;
const TIMES = 50;
const FLAT_MS = 5;
const GOAL_MEGABYTES = 100;
const MEGABYTE = 1024 * 1024;

type Samples = Readonly<Record<string, readonly number[]>>;

interface Measured {
  readonly entries: number;
  readonly ms: Samples;
  /** Resident, at most, while so many rows were written out; and by how much it grew. */
  readonly megabytes: number;
  readonly grown: number;
}

export async function lists(bench: Bench): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const { ledgers } = await createLedgers(stack);
  const rows: Row[] = [];
  for (const ledger of ledgers) rows.push(...(await measureLedger(ledger, bench)));
  return rows;
}

async function measureLedger(ledger: BenchLedger, { short, entries, say }: Bench): Promise<Row[]> {
  const opened = await ledger.open();
  const measured: Measured[] = [];
  for (const size of short ? SHORT_SIZES : [Math.min(FEWEST, entries), entries]) {
    say(`lists: ${ledger.name}, ${size.toLocaleString('en-US')} entries`);
    await fill(opened.ledger, measured.at(-1)?.entries ?? 0, size);
    measured.push({ entries: size, ...(await measure(opened.ledger, short ? 2 : TIMES)) });
  }
  await opened.close();
  return rowsOf(`Quash on ${ledger.name}`, measured);
}

async function fill(ledger: Ledger, from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += BATCH) {
    const reports = Array.from({ length: Math.min(BATCH, to - first) }, (_, n) => reportOf(first + n));
    await ledger.accept(reports, { now: Date.now(), backlog: Number.MAX_SAFE_INTEGER });
  }
}

function reportOf(n: number): ReportedToken {
  const report = makeUpReport();
  const project = n % PROJECTS;
  const location = report.location.replace('group/project', `group-${project % GROUPS}/project-${project}`);
  if (n % ATTENTION > 0) return { ...report, location };
  const reason = n % (ATTENTION * RARE) > 0 ? 'manual' : 'not-permitted';
  const outcome = { kind: 'refused', verified: false, reason, advice: 'Ask.' } as const;
  return { ...report, location, initial: { state: 'attention', outcome } };
}

async function measure(ledger: Ledger, times: number): Promise<Omit<Measured, 'entries'>> {
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    'list of a project': () => ledger.list({ project: 'group-1/project-1', limit: 50 }),
    'list of a group': () => ledger.list({ project: 'group-1', limit: 50 }),
    'list of a group that needs a person': () =>
      ledger.list({ project: 'group-10', state: 'attention', limit: 50 }),
    'list by a rare reason': () => ledger.list({ reason: 'not-permitted', limit: 50 }),
    'list by state and outcome': () => ledger.list({ state: 'attention', outcome: 'refused', limit: 50 }),
    counts: async () => {
      await ledger.count();
      await ledger.causes();
      await ledger.days(0);
    },
    'page of projects': () => ledger.projects({ limit: 50 }),
    'first byte of an export': () => exportLines(exportEntries(ledger, {}), 'ndjson').next(),
  };
  const ms: Record<string, number[]> = {};
  for (const [name, call] of Object.entries(calls)) {
    const samples: number[] = [];
    ms[name] = samples;
    for (let time = 0; time < times; time++) await timed(samples, call);
  }
  return { ms, ...(await exportedMegabytes(ledger)) };
}

async function exportedMegabytes(ledger: Ledger): Promise<Pick<Measured, 'megabytes' | 'grown'>> {
  const before = process.memoryUsage.rss();
  let most = before;
  let rows = 0;
  for await (const _line of exportLines(exportEntries(ledger, {}), 'csv')) {
    rows += 1;
    if (rows % FEWEST === 0) most = Math.max(most, process.memoryUsage.rss());
    if (rows === EXPORTED) break;
  }
  return { megabytes: most / MEGABYTE, grown: (most - before) / MEGABYTE };
}

function rowsOf(who: string, sizes: readonly Measured[]): Row[] {
  const [smallest] = sizes;
  return sizes.flatMap((measured) => {
    const isLargest = measured === sizes.at(-1);
    const among = `${measured.entries.toLocaleString('en-US')} entries`;
    const goal = (name: string, rounds: readonly number[]): readonly Goal[] =>
      isLargest ? [flat(median(rounds), median(smallest?.ms[name] ?? []), FLAT_MS)] : [];
    return [
      ...Object.entries(measured.ms).map(([name, rounds]) =>
        row({ part: PART, what: `${among}: ${name}`, who, unit: 'ms' }, rounds, goal(name, rounds)),
      ),
      row(
        {
          part: PART,
          what: `${among}: memory while ${EXPORTED.toLocaleString('en-US')} rows are written`,
          who,
          unit: 'MB',
        },
        [measured.megabytes],
        isLargest ? [grownBelow(measured.grown)] : [],
      ),
    ];
  });
}

function grownBelow(megabytes: number): Goal {
  return { ...below(GOAL_MEGABYTES, 'MB', megabytes), text: `grows by less than ${GOAL_MEGABYTES} MB` };
}
