import type { ListOptions, ListPage } from '../entry.ts';
import { MAX_CANDIDATES, parseCursor, toCursor } from '../paging.ts';
import { toEntry } from './rows.ts';
import type { Row, SqliteStatements } from './statements.ts';

/** Numbers read from an index at a time. */
const CHUNK = 50;

/** Entries are looked at from below `before` down to `smallest`, both of them numbers (`seq`). */
interface Range {
  readonly before: number;
  readonly smallest: number;
}

/** Numbers of entries, newest first, and what else has to be true of one that is listed. */
interface Plan {
  readonly candidates: Iterable<number>;
  fits(seq: number): boolean;
}

/** One page of what the filters leave, newest first. */
export function listEntries(db: SqliteStatements, options: ListOptions): ListPage {
  const { limit } = options;
  const { candidates, fits } = plan(db, options);
  const found: number[] = [];
  let looked = 0;
  let last: number | undefined;
  for (const seq of candidates) {
    if (looked === MAX_CANDIDATES) return page(db, found, last);
    looked += 1;
    last = seq;
    if (fits(seq)) found.push(seq);
    if (found.length > limit) return page(db, found.slice(0, limit), found[limit - 1]);
  }
  return page(db, found, undefined);
}

function page(db: SqliteStatements, found: readonly number[], last: number | undefined): ListPage {
  const entries = found.map((seq) => toEntry(db.row('SELECT * FROM entry WHERE seq = ?', seq)));
  return { entries, ...(last !== undefined && { cursor: toCursor(last) }) };
}

/** Goes through the smallest index that fits, and looks up the rest entry by entry. */
function plan(db: SqliteStatements, options: ListOptions): Plan {
  const { state, provider, type, since = 0, cursor } = options;
  const range = { before: parseCursor(cursor) ?? Number.MAX_SAFE_INTEGER, smallest: since * 1000 };
  const isAny = state === undefined && provider === undefined;
  if (isAny && type === undefined) return { candidates: ofAll(db, range), fits: () => true };
  const groups = groupsOf(db, options);
  if (type === undefined) return { candidates: ofGroups(db, groups, range), fits: () => true };
  if (isAny) return { candidates: ofType(db, type, range), fits: () => true };
  const inGroups = groups.reduce((sum, { entries }) => sum + Number(entries), 0);
  if (inGroups < sizeOfType(db, type)) {
    return { candidates: ofGroups(db, groups, range), fits: (seq) => hasType(db, seq, type) };
  }
  return { candidates: ofType(db, type, range), fits: (seq) => isIn(db, seq, options) };
}

/** What the filters leave of the two leading columns of an index. */
function groupsOf(db: SqliteStatements, { state, provider }: ListOptions): Row[] {
  return db
    .all('SELECT provider, state, entries FROM tally WHERE entries > 0')
    .filter(
      (group) => (state ?? group.state) === group.state && (provider ?? group.provider) === group.provider,
    );
}

function sizeOfType(db: SqliteStatements, type: string): number {
  return Number(db.row('SELECT entries FROM type_tally WHERE type = ?', type).entries ?? 0);
}

function hasType(db: SqliteStatements, seq: number, type: string): boolean {
  return db.find('SELECT 1 FROM entry_type WHERE type = ? AND entry = ?', type, seq) !== undefined;
}

function isIn(db: SqliteStatements, seq: number, { state, provider }: ListOptions): boolean {
  const entry = db.row('SELECT provider, state FROM entry WHERE seq = ?', seq);
  return (state ?? entry.state) === entry.state && (provider ?? entry.provider) === entry.provider;
}

function ofAll(db: SqliteStatements, range: Range): Generator<number> {
  return inChunks(range, (before) =>
    db.all(
      'SELECT seq FROM entry WHERE seq < ? AND seq >= ? ORDER BY seq DESC LIMIT ?',
      ...[before, range.smallest, CHUNK],
    ),
  );
}

function ofType(db: SqliteStatements, type: string, range: Range): Generator<number> {
  return inChunks(range, (before) =>
    db.all(
      `SELECT entry AS seq FROM entry_type WHERE type = ? AND entry < ? AND entry >= ?
       ORDER BY entry DESC LIMIT ?`,
      ...[type, before, range.smallest, CHUNK],
    ),
  );
}

function ofGroups(db: SqliteStatements, groups: readonly Row[], range: Range): Generator<number> {
  return merged(
    groups.map(({ provider, state }) =>
      inChunks(range, (before) =>
        db.all(
          `SELECT seq FROM entry WHERE provider = ? AND state = ? AND seq < ? AND seq >= ?
           ORDER BY seq DESC LIMIT ?`,
          ...[String(provider), String(state), before, range.smallest, CHUNK],
        ),
      ),
    ),
  );
}

function* inChunks({ before }: Range, read: (before: number) => Row[]): Generator<number> {
  for (let end = before; ; ) {
    const chunk = read(end).map(({ seq }) => Number(seq));
    yield* chunk;
    const last = chunk.at(-1);
    if (last === undefined || chunk.length < CHUNK) return;
    end = last;
  }
}

/** Of several sequences that fall, one that falls. */
function* merged(sources: readonly Generator<number>[]): Generator<number> {
  const heads = sources.map((source) => next(source));
  for (;;) {
    const highest = Math.max(...heads);
    if (highest < 0) return;
    yield highest;
    const index = heads.indexOf(highest);
    const source = sources[index];
    if (source) heads[index] = next(source);
  }
}

/** @returns -1 behind the last one */
function next(source: Generator<number>): number {
  const result = source.next();
  return result.done ? -1 : result.value;
}
