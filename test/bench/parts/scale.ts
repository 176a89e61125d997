/** Whether anything gets slower, or larger, as the queue grows. */
import { randomBytes } from 'node:crypto';
import { NO_PROGRESS } from '../../../src/ledger/entry.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { ReportedToken } from '../../../src/ledger/report.ts';
import type { Bench } from '../bench.ts';
import { type Child, startChild } from '../child.ts';
import { type BenchLedger, createLedgers } from '../ledgers.ts';
import type { ClientAnswer, ClientQuestion } from '../processes/client.ts';
import { PROVIDER, residentBytes, startQuash } from '../quash.ts';
import { below, type Goal, type Row, row } from '../results.ts';
import { median } from '../rounds.ts';
import { ADMIN, TOKEN_TYPE } from '../tokens.ts';

const PART = 'scale';
const SIZES = [1_000, 100_000, 1_000_000];
const SHORT_SIZES = [100, 200];
const BATCH = 2_000;
const PAGES = ['/', '/revocations', '/providers'];
const CLAIMED = 32;
const ACCEPTED = 20;
const NO_BACKLOG = Number.MAX_SAFE_INTEGER;
const DAY_MS = 86_400_000;
const MEGABYTE = 1024 * 1024;

const GOAL_PAGE_MS = 100;
const GOAL_MEGABYTES = 250;
/** What still counts as flat: a deeper tree and colder caches are no growth that would matter. */
const FLAT_FACTOR = 2;
const FLAT_MS = 1;

type Client = Child<ClientQuestion, ClientAnswer>;

/** By what was measured: a list of samples. */
type Samples = Readonly<Record<string, readonly number[]>>;

interface Measured {
  readonly entries: number;
  readonly operations: Samples;
  readonly pages: Samples;
  readonly residentMegabytes: number;
}

export async function scale(bench: Bench): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const { ledgers } = await createLedgers(stack, bench.short);
  const client = stack.use(await startChild<ClientQuestion, ClientAnswer>('client.ts'));
  const rows: Row[] = [];
  const measured = new Map<BenchLedger, Measured[]>(ledgers.map((ledger) => [ledger, []]));
  let filled = 0;
  for (const entries of bench.short ? SHORT_SIZES : SIZES) {
    bench.say(`scale: filling up to ${entries.toLocaleString('en-US')} entries`);
    await Promise.all(ledgers.map((ledger) => fill(ledger, entries - filled)));
    filled = entries;
    for (const ledger of ledgers) {
      bench.say(`scale: ${ledger.name}`);
      measured.get(ledger)?.push(await measure(ledger, { entries, client, bench }));
    }
  }
  for (const [ledger, sizes] of measured) rows.push(...rowsOf(`Quash on ${ledger.name}`, sizes));
  return rows;
}

async function fill(ledger: BenchLedger, entries: number): Promise<void> {
  const opened = await ledger.open();
  const end = Date.now();
  for (let left = entries; left > 0; left -= BATCH) {
    const reports = Array.from({ length: Math.min(left, BATCH) }, makeUpReport);
    // Over the last day, as the overview shows it hour by hour.
    const now = Math.round(end - (DAY_MS * left) / entries);
    await opened.ledger.accept(reports, { now, backlog: NO_BACKLOG });
  }
  await opened.close();
}

/** As the HTTP side hands it over; what is sealed in it opens with no key. */
export function makeUpReport(): ReportedToken {
  const id = randomBytes(16).toString('hex');
  return {
    ...{ id, provider: PROVIDER, kind: 'token', type: TOKEN_TYPE },
    location: `https://gitlab.example.com/group/project/-/raw/${id}/src/config.yml#L1-2`,
    readable: true,
    sealed: `k1.${id.repeat(3)}`,
    initial: { state: 'queued' },
    restarts: ['would-revoke', 'unrecognised'],
  };
}

async function measure(
  ledger: BenchLedger,
  { entries, client, bench }: { entries: number; client: Client; bench: Bench },
): Promise<Measured> {
  const opened = await ledger.open();
  await opened.ledger.resumeLane(PROVIDER, Date.now());
  const operations = await measureOperations(opened.ledger, bench.short ? 2 : 100);
  // The service must have its queue, and must not work on it.
  await opened.ledger.parkLane(PROVIDER, 'benchmark', Date.now());
  await opened.close();
  return { entries, operations, ...(await measureService(ledger, client, bench)) };
}

async function measureOperations(ledger: Ledger, times: number): Promise<Samples> {
  const claim = { limit: CLAIMED, leaseMs: 60_000, maxPerHour: 0 };
  const samples = {
    claim: [] as number[],
    list: [] as number[],
    stats: [] as number[],
    accept: [] as number[],
  };
  for (let time = 0; time < times; time++) {
    const now = Date.now();
    const claimed = await timed(samples.claim, () => ledger.claim(PROVIDER, { ...claim, now }));
    for (const each of claimed.claims)
      await ledger.putOff(each, { now, dueAt: now, progress: NO_PROGRESS, events: [] });
    await timed(samples.list, () => ledger.list({ provider: PROVIDER, state: 'queued', limit: 50 }));
    await timed(samples.stats, async () => {
      await ledger.count();
      await ledger.oldestQueuedAt();
      await ledger.hours(now - DAY_MS);
    });
    const reports = Array.from({ length: ACCEPTED }, makeUpReport);
    await timed(samples.accept, () => ledger.accept(reports, { now, backlog: NO_BACKLOG }));
  }
  return {
    [`claim of ${CLAIMED}`]: samples.claim,
    'list of 50': samples.list,
    stats: samples.stats,
    [`accept of ${ACCEPTED}`]: samples.accept,
  };
}

export async function timed<T>(samples: number[], work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  samples.push(performance.now() - start);
  return result;
}

/** The service with that ledger, after it has taken reports and shown its pages. */
async function measureService(
  ledger: BenchLedger,
  client: Client,
  { short, profiles }: Bench,
): Promise<Pick<Measured, 'pages' | 'residentMegabytes'>> {
  await using quash = await startQuash({ ledger, role: 'all', short, profiles });
  const flood = { do: 'send', call: 'report', tokens: 20, connections: 16 } as const;
  await client.ask({ ...flood, url: quash.reportUrl, calls: short ? 1 : 200 });
  const cookie = await signIn(quash.adminUrl);
  const pages: Record<string, number[]> = {};
  for (const path of PAGES) {
    const samples: number[] = [];
    pages[path] = samples;
    for (let time = 0; time < (short ? 1 : 30); time++) {
      await timed(samples, () => show(`${quash.adminUrl}${path}`, cookie));
    }
  }
  return { pages, residentMegabytes: residentBytes(quash) / MEGABYTE };
}

async function signIn(adminUrl: string): Promise<string> {
  const body = new URLSearchParams({ token: ADMIN });
  const headers = { origin: adminUrl };
  const answer = await fetch(`${adminUrl}/sign-in`, { method: 'POST', body, headers, redirect: 'manual' });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  if (answer.status !== 303 || cookie === undefined) throw new Error(`Not signed in: ${answer.status}.`);
  return cookie;
}

async function show(url: string, cookie: string): Promise<void> {
  const answer = await fetch(url, { headers: { cookie }, redirect: 'manual' });
  await answer.text();
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}.`);
}

function rowsOf(who: string, sizes: readonly Measured[]): Row[] {
  const [smallest] = sizes;
  return sizes.flatMap((measured) => {
    const { entries, operations, pages, residentMegabytes } = measured;
    const isLargest = measured === sizes.at(-1);
    const among = `${entries.toLocaleString('en-US')} entries`;
    const timesOf = (samples: Samples, goal: (name: string, ms: number) => Goal) =>
      Object.entries(samples).map(([name, rounds]) => {
        const goals = isLargest ? [goal(name, median(rounds))] : [];
        return row({ part: PART, what: `${among}: ${name}`, who, unit: 'ms' }, rounds, goals);
      });
    const about = { part: PART, what: `${among}: resident memory`, who, unit: 'MB' };
    const memoryGoals = isLargest ? [below(GOAL_MEGABYTES, 'MB', residentMegabytes)] : [];
    return [
      ...timesOf(operations, (name, ms) => flat(ms, median(smallest?.operations[name] ?? []))),
      ...timesOf(pages, (_, ms) => below(GOAL_PAGE_MS, 'ms', ms)),
      row(about, [residentMegabytes], memoryGoals),
    ];
  });
}

/** Compared with the same among the fewest entries. @param byMs what is no growth that would matter */
export function flat(ms: number, before: number, byMs = FLAT_MS): Goal {
  const factor = ms / before;
  return {
    text: `flat: below ${FLAT_FACTOR} x, or ${byMs} ms more`,
    measured: `${factor.toFixed(2)} x`,
    met: factor < FLAT_FACTOR || ms < before + byMs,
  };
}
