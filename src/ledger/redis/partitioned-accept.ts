/** Reports over several partitions: each goes to that of its id. */
import { nextTurn } from '../../words/next-turn.ts';
import { backlogFull } from '../ledger.ts';
import {
  type AcceptOptions,
  type AcceptResult,
  countInParts,
  inParts,
  type RepeatedReport,
  type RepeatOptions,
  type ReportedToken,
  type ReportList,
} from '../report.ts';
import { createShareKeys, shareOfLimit } from '../shares.ts';
import { partitionOf } from './keys.ts';
import type { Partition } from './partitions.ts';

/** One report on its way. */
interface Placed {
  /** In the request. */
  readonly position: number;
  readonly report: ReportedToken;
  /** It only counts for another entry, see {@link ReportedToken.beyond}. */
  readonly isBeyond: boolean;
}

type Result = Omit<AcceptResult, 'left'> & { readonly woken: ReadonlySet<string> };

export function repeatIn(
  partitions: readonly Partition[],
  reports: ReportList<RepeatedReport>,
  { now, isOver }: RepeatOptions,
): Promise<readonly boolean[]> {
  return countInParts(reports, isOver, async (part) => {
    const counted = part.map(() => false);
    const parts = split(partitions, [...part.entries()], ([, { id }]) => id);
    await allOf(parts, async ({ ledger }, own) => {
      const found = await ledger.repeat(
        own.map(([, report]) => report),
        { now },
      );
      for (const [index, [position]] of own.entries()) counted[position] = found[index] === true;
    });
    return counted;
  });
}

/**
 * As the port says, but that a part of a request is committed in each partition for itself: where one is away, the others
 * have theirs, and a repeat goes on.
 * @param onWork told of the providers that have new work, also where a partition failed
 * @throws {LedgerError} `backlog-full`, `unavailable`
 */
export async function acceptIn(
  partitions: readonly Partition[],
  reports: ReportList,
  { now, backlog, isOver }: AcceptOptions,
  onWork: (provider: string) => void,
): Promise<AcceptResult> {
  if (reports.length > 0 && (await isRefused(partitions, reports, backlog))) throw backlogFull();
  const total = { created: 0, repeated: 0, setAside: new Set<number>(), beyond: new Set<number>() };
  const woken = new Set<string>();
  const touched = new Set<Partition>();
  let left = reports.length;
  try {
    for (const [start, part] of inParts(reports, isOver)) {
      left -= part.length;
      const placed = await placeReports(partitions, part, start);
      const parts = split(partitions, placed, ({ report }) => report.id);
      await allOf(parts, async (partition, own) => {
        touched.add(partition);
        const result = await acceptPart(partition, own, now);
        total.created += result.created;
        total.repeated += result.repeated;
        for (const position of result.setAside) total.setAside.add(position);
        for (const position of result.beyond) total.beyond.add(position);
        for (const provider of result.woken) woken.add(provider);
      });
    }
    await Promise.all([...touched].map(({ ledger }) => ledger.written()));
  } finally {
    for (const provider of woken) onWork(provider);
  }
  const [setAside, beyond] = [total.setAside, total.beyond].map((set) => [...set].sort((a, b) => a - b));
  return { ...total, setAside: setAside ?? [], beyond: beyond ?? [], left };
}

async function acceptPart({ ledger }: Partition, placed: readonly Placed[], now: number): Promise<Result> {
  const reply = await ledger.reports.acceptPart(
    placed.map(({ report }) => report),
    now,
  );
  if (!reply) throw backlogFull();
  const [created, repeated, woken, setAside] = reply;
  const positions = (indexes: readonly number[]) => indexes.flatMap((index) => placed[index] ?? []);
  return {
    ...{ created, repeated, woken: new Set(woken) },
    setAside: positions(setAside).flatMap(({ position, isBeyond }) => (isBeyond ? [] : position)),
    beyond: placed.filter(({ isBeyond }) => isBeyond).map(({ position }) => position),
  };
}

/** Whether the backlog is full, of all or of the shares of all that is new. What is away counts as when it was last asked. */
async function isRefused(
  partitions: readonly Partition[],
  reports: ReportList,
  backlog: number,
): Promise<boolean> {
  const keysOf = createShareKeys();
  const shareOf = ({ share }: ReportedToken) => keysOf(share).limited ?? '';
  const shares = new Set<string>();
  for (const [, part] of inParts(reports)) {
    for (const report of part) shares.add(shareOf(report));
    await nextTurn();
  }
  const full = await fullShares(partitions, shares, backlog);
  if (full === 'all') return true;
  if (full.size === 0) return false;
  let someIsFull = false;
  for (const [, part] of inParts(reports)) {
    const answers: string[] = [];
    const parts = split(partitions, part, ({ id }) => id);
    await allOf(parts, async ({ ledger }, own) => {
      // With a limit of 0 every share is full that is named.
      const named = own.map((report) => [report.id, full.has(shareOf(report)) ? 'full' : ''] as const);
      answers.push(await ledger.reports.newOfShares(named, 0));
    });
    if (answers.includes('free')) return false;
    someIsFull ||= answers.includes('full');
  }
  return someIsFull;
}

/** Of these shares, those that have their part of the backlog already; or that the whole of it is full. */
async function fullShares(
  partitions: readonly Partition[],
  shares: ReadonlySet<string>,
  backlog: number,
): Promise<ReadonlySet<string> | 'all'> {
  const limited = [...shares].filter((share) => share !== '');
  const names = ['', ...limited];
  const found = await Promise.all(
    partitions.map(async (partition) => {
      const queued = await partition.ask((ledger) => ledger.reports.queued(limited));
      for (const [index, name] of names.entries()) {
        if (queued) partition.queued.set(name, queued[index] ?? 0);
      }
      return names.map((name) => partition.queued.get(name) ?? 0);
    }),
  );
  const sumOf = (index: number) => found.reduce((sum, queued) => sum + (queued[index] ?? 0), 0);
  if (sumOf(0) >= backlog) return 'all';
  return new Set(names.filter((_, index) => index > 0 && sumOf(index) >= shareOfLimit(backlog)));
}

/** Decides of each new report that may count for another entry whether it does: that entry has a partition of its own. */
async function placeReports(
  partitions: readonly Partition[],
  reports: readonly ReportedToken[],
  start: number,
): Promise<readonly Placed[]> {
  const limited = reports.filter(({ beyond }) => beyond !== undefined);
  if (limited.length === 0) {
    return reports.map((report, index) => ({ position: start + index, report, isBeyond: false }));
  }
  const known = new Set<string>();
  await allOf(
    split(partitions, limited, ({ id }) => id),
    async ({ ledger }, part) => {
      for (const id of await ledger.reports.known(part.map(({ id }) => id))) known.add(id);
    },
  );
  const single = await singleIds(partitions, limited, known);
  return reports.map((report, index) => {
    const isBeyond = report.beyond !== undefined && !known.has(report.id) && !single.has(report.id);
    const placed = isBeyond ? countingFor(report) : withoutLimit(report);
    return { position: start + index, report: placed, isBeyond };
  });
}

/** Of the new ids: those that become entries of their own. */
async function singleIds(
  partitions: readonly Partition[],
  reports: readonly ReportedToken[],
  known: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const byRest = new Map<string, { readonly after: number; readonly ids: Set<string> }>();
  for (const { id, beyond } of reports) {
    if (!beyond || known.has(id)) continue;
    const rest = byRest.get(beyond.id) ?? { after: beyond.after, ids: new Set<string>() };
    byRest.set(beyond.id, rest);
    rest.ids.add(id);
  }
  const single = new Set<string>();
  await allOf(
    split(partitions, [...byRest], ([id]) => id),
    async ({ ledger }, part) => {
      for (const [id, { after, ids }] of part) {
        const before = (await ledger.reports.countBeyond(id, ids.size)) - ids.size;
        for (const each of [...ids].slice(0, Math.max(0, after - before))) single.add(each);
      }
    },
  );
  return single;
}

/** The same report, of whose properties `sealed` is still read once at most, and only where it is written. */
function changed(report: ReportedToken, changes: PropertyDescriptorMap): ReportedToken {
  return Object.create(report, changes) as ReportedToken;
}

function withoutLimit(report: ReportedToken): ReportedToken {
  return report.beyond ? changed(report, { beyond: { value: undefined } }) : report;
}

function countingFor(report: ReportedToken): ReportedToken {
  const id = { value: report.beyond?.id };
  return changed(report, { id, sealed: { value: '' }, beyond: { value: undefined } });
}

function split<Item>(
  partitions: readonly Partition[],
  items: readonly Item[],
  idOf: (item: Item) => string,
): ReadonlyMap<Partition, readonly Item[]> {
  const parts = new Map<Partition, Item[]>();
  for (const item of items) {
    const partition = partitions[partitionOf(idOf(item), partitions.length)];
    if (!partition) throw new RangeError('There is no such partition.');
    const part = parts.get(partition) ?? [];
    parts.set(partition, part);
    part.push(item);
  }
  return parts;
}

/** At the same time; once all have ended, throws what the first one has thrown. */
async function allOf<Item>(
  parts: ReadonlyMap<Partition, readonly Item[]>,
  work: (partition: Partition, part: readonly Item[]) => Promise<void>,
): Promise<void> {
  const ended = await Promise.allSettled([...parts].map(([partition, part]) => work(partition, part)));
  for (const each of ended) {
    if (each.status === 'rejected') throw each.reason;
  }
}
