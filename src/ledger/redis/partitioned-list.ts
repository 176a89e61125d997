/** A page over several partitions: a cursor has one position for each. */
import type { Entry, ListOptions, ListPage } from '../entry.ts';
import { type NumberedPage, numbersOf } from '../paging.ts';
import type { Partition } from './partitions.ts';

/** A number to stay below; undefined before the newest, and `end` behind the oldest. */
type Position = number | undefined | 'end';

const END = '-';

export async function listIn(partitions: readonly Partition[], options: ListOptions): Promise<ListPage> {
  const from = parsePositions(options.cursor, partitions.length);
  const pages = await Promise.all(
    partitions.map(({ ledger }, index) => {
      const below = from[index];
      if (below === 'end') return { found: [], last: undefined };
      const range = numbersOf({ ...options, cursor: undefined });
      return ledger.page(options, { ...range, below: Math.min(range.below, below ?? range.below) });
    }),
  );
  const { entries, taken } = newestOf(pages, options.limit);
  const to = pages.map((page, index) => positionAfter(page, taken[index] ?? 0, from[index]));
  return { entries, ...(to.some((each) => each !== 'end') && { cursor: cursorOf(to) }) };
}

/** Newest first. Ends where a partition had to stop looking: what it has further down may come before others'. */
function newestOf(
  pages: readonly NumberedPage[],
  limit: number,
): { readonly entries: readonly Entry[]; readonly taken: readonly number[] } {
  const taken = pages.map(() => 0);
  const entries: Entry[] = [];
  while (entries.length < limit) {
    let newest: { readonly index: number; readonly number: number; readonly entry: Entry } | undefined;
    let unseen = Number.NEGATIVE_INFINITY;
    for (const [index, { found, last }] of pages.entries()) {
      const next = found[taken[index] ?? 0];
      if (next && next.number > (newest?.number ?? Number.NEGATIVE_INFINITY)) newest = { index, ...next };
      if (!next && last !== undefined) unseen = Math.max(unseen, last);
    }
    if (!newest || newest.number < unseen) break;
    entries.push(newest.entry);
    taken[newest.index] = (taken[newest.index] ?? 0) + 1;
  }
  return { entries, taken };
}

function positionAfter({ found, last }: NumberedPage, taken: number, before: Position): Position {
  if (taken === found.length) return last ?? 'end';
  return found[taken - 1]?.number ?? before;
}

function cursorOf(positions: readonly Position[]): string {
  const texts = positions.map((position) => (position === 'end' ? END : (position ?? '')));
  return Buffer.from(texts.join(',')).toString('base64url');
}

/** From the newest on for a cursor that is none of ours. */
function parsePositions(cursor: string | undefined, partitions: number): readonly Position[] {
  const texts = Buffer.from(cursor ?? '', 'base64url')
    .toString()
    .split(',');
  const isOurs = texts.length === partitions && texts.every((text) => /^(\d{1,16}|-|)$/.test(text));
  if (!isOurs) return Array.from({ length: partitions }, () => undefined);
  return texts.map((text) => (text === END ? 'end' : text === '' ? undefined : Number(text)));
}
