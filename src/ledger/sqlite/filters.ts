/** What each of a list's filters leaves of all entries. */
import type { EntryFilter } from '../entry.ts';
import type { NumberRange } from '../paging.ts';
import { MAX_PROJECTS_MERGED, parseProject } from '../projects.ts';
import { isInProject, projectNumbers, sizeOfProjects } from './projects.ts';
import type { Row, SqliteStatements } from './statements.ts';

/** Numbers read from an index at a time: fewer of each where many indexes are read together. */
const CHUNK = 50;
const MIN_CHUNK = 5;
const CHUNKS = 1_000;

function chunkOf(indexes: number): number {
  return Math.min(CHUNK, Math.max(MIN_CHUNK, Math.ceil(CHUNKS / indexes)));
}

export interface Filter {
  /** About how many entries have to be read; infinite where no index has them. */
  readonly size: number;
  /** Their numbers (`seq`), newest first; of all entries where no index has them. */
  read(range: NumberRange): Iterable<number>;
  has(seq: number): boolean;
}

/** At least one. */
export function filtersOf(db: SqliteStatements, filter: EntryFilter): readonly [Filter, ...Filter[]] {
  const { state, provider, outcome, reason, type, project, caller, id } = filter;
  return [
    byGroup(db, { state, provider, outcome, reason }),
    ...(type === undefined ? [] : [byType(db, type)]),
    ...(project === undefined ? [] : [byProject(db, project)]),
    ...(id === undefined ? [] : [byId(db, id)]),
    ...(caller === undefined ? [] : [unindexed(db, (seq) => callerOf(db, seq) === caller)]),
  ];
}

function unindexed(db: SqliteStatements, has: Filter['has']): Filter {
  return { size: Number.POSITIVE_INFINITY, read: (range) => readAll(db, range), has };
}

function readAll(db: SqliteStatements, { below, smallest }: NumberRange): Generator<number> {
  return inChunks(below, (end) =>
    db.all(
      'SELECT seq FROM entry WHERE seq < ? AND seq >= ? ORDER BY seq DESC LIMIT ?',
      ...[end, smallest, CHUNK],
    ),
  );
}

type GroupFilter = Partial<Record<'state' | 'provider' | 'outcome' | 'reason', string | undefined>>;

/** The leading columns of one index. */
function byGroup(db: SqliteStatements, { state, provider, outcome, reason }: GroupFilter): Filter {
  const columns = 'provider, state, outcome_kind, outcome_reason';
  const fits = (row: Row) =>
    (provider ?? row.provider) === row.provider &&
    (state ?? row.state) === row.state &&
    (outcome ?? row.outcome_kind) === row.outcome_kind &&
    (reason ?? row.outcome_reason) === row.outcome_reason;
  const isAny = (provider ?? state ?? outcome ?? reason) === undefined;
  const groups = db.all(`SELECT ${columns}, entries FROM tally WHERE entries > 0`).filter(fits);
  const chunk = chunkOf(groups.length);
  const readGroup = (group: Row, { below, smallest }: NumberRange) =>
    inChunks(
      below,
      (end) =>
        db.all(
          `SELECT seq FROM entry WHERE provider = ? AND state = ? AND outcome_kind = ? AND outcome_reason = ?
           AND seq < ? AND seq >= ? ORDER BY seq DESC LIMIT ?`,
          ...[String(group.provider), String(group.state)],
          ...[String(group.outcome_kind), String(group.outcome_reason), end, smallest, chunk],
        ),
      chunk,
    );
  return {
    size: groups.reduce((sum, { entries }) => sum + Number(entries), 0),
    read: (range) => (isAny ? readAll(db, range) : merged(groups.map((group) => readGroup(group, range)))),
    has: (seq) => isAny || fits(db.row(`SELECT ${columns} FROM entry WHERE seq = ?`, seq)),
  };
}

function byType(db: SqliteStatements, type: string): Filter {
  return {
    size: Number(db.row('SELECT entries FROM type_tally WHERE type = ?', type).entries ?? 0),
    read: ({ below, smallest }) =>
      inChunks(below, (end) =>
        db.all(
          `SELECT entry AS seq FROM entry_type WHERE type = ? AND entry < ? AND entry >= ?
           ORDER BY entry DESC LIMIT ?`,
          ...[type, end, smallest, CHUNK],
        ),
      ),
    has: (seq) => db.find('SELECT 1 FROM entry_type WHERE type = ? AND entry = ?', type, seq) !== undefined,
  };
}

function byProject(db: SqliteStatements, text: string): Filter {
  const filter = parseProject(text);
  const has = (seq: number) => isInProject(db, seq, filter);
  const numbers = projectNumbers(db, filter, MAX_PROJECTS_MERGED + 1);
  if (numbers.length > MAX_PROJECTS_MERGED) return unindexed(db, has);
  const chunk = chunkOf(numbers.length);
  const readProject = (number: number, { below, smallest }: NumberRange) =>
    inChunks(
      below,
      (end) =>
        db.all(
          `SELECT entry AS seq FROM entry_project WHERE project = ? AND entry < ? AND entry >= ?
           ORDER BY entry DESC LIMIT ?`,
          ...[number, end, smallest, chunk],
        ),
      chunk,
    );
  return {
    size: sizeOfProjects(db, numbers),
    read: (range) => merged(numbers.map((number) => readProject(number, range))),
    has,
  };
}

/** Few have the same beginning, where it has a few characters. */
function byId(db: SqliteStatements, prefix: string): Filter {
  return {
    size: 0,
    read: ({ below, smallest }) =>
      inChunks(below, (end) =>
        db.all(
          `SELECT seq FROM entry WHERE id >= ? AND id < ? AND seq < ? AND seq >= ?
           ORDER BY seq DESC LIMIT ?`,
          ...[prefix, `${prefix}\u{10FFFF}`, end, smallest, CHUNK],
        ),
      ),
    has: (seq) => String(db.row('SELECT id FROM entry WHERE seq = ?', seq).id).startsWith(prefix),
  };
}

function callerOf(db: SqliteStatements, seq: number): string | null {
  const { caller } = db.row('SELECT caller FROM entry WHERE seq = ?', seq);
  return caller === null ? null : String(caller);
}

function* inChunks(below: number, read: (end: number) => Row[], chunkSize = CHUNK): Generator<number> {
  for (let end = below; ; ) {
    const chunk = read(end).map(({ seq }) => Number(seq));
    yield* chunk;
    const last = chunk.at(-1);
    if (last === undefined || chunk.length < chunkSize) return;
    end = last;
  }
}

/** Of several sequences that fall, one that falls, with each number once. */
function* merged(sources: readonly Generator<number>[]): Generator<number> {
  const heads = sources.map((source) => next(source));
  for (;;) {
    const highest = heads.reduce((high, head) => Math.max(high, head), -1);
    if (highest < 0) return;
    yield highest;
    for (const [index, source] of sources.entries()) {
      if (heads[index] === highest) heads[index] = next(source);
    }
  }
}

/** @returns -1 behind the last one */
function next(source: Generator<number>): number {
  const result = source.next();
  return result.done ? -1 : result.value;
}
