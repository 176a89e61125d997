import type { EntryFilter, ListOptions, ListPage } from '../entry.ts';
import { MAX_CANDIDATES, numbersOf, toCursor } from '../paging.ts';
import { type Filter, filtersOf } from './filters.ts';
import { readEntryProjects } from './places.ts';
import { toEntry } from './rows.ts';
import type { SqliteStatements } from './statements.ts';

/** One page of what the filters leave, newest first. */
export function listEntries(db: SqliteStatements, options: ListOptions): ListPage {
  const { limit } = options;
  const [smallest, others] = plan(db, options);
  const found: number[] = [];
  let looked = 0;
  let last: number | undefined;
  for (const seq of smallest.read(numbersOf(options))) {
    if (looked === MAX_CANDIDATES) return page(db, found, last);
    looked += 1;
    last = seq;
    if (others.every((filter) => filter.has(seq))) found.push(seq);
    if (found.length > limit) return page(db, found.slice(0, limit), found[limit - 1]);
  }
  return page(db, found, undefined);
}

/** Goes through the smallest index that fits, and looks up the rest entry by entry. */
function plan(
  db: SqliteStatements,
  options: EntryFilter,
): readonly [smallest: Filter, others: readonly Filter[]] {
  const filters = filtersOf(db, options);
  const smallest = filters.reduce((least, each) => (each.size < least.size ? each : least));
  return [smallest, filters.filter((each) => each !== smallest)];
}

function page(db: SqliteStatements, found: readonly number[], last: number | undefined): ListPage {
  const entries = found.map((seq) =>
    toEntry(db.row('SELECT * FROM entry WHERE seq = ?', seq), readEntryProjects(db, seq)),
  );
  return { entries, ...(last !== undefined && { cursor: toCursor(last) }) };
}
