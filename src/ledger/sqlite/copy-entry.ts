/** One entry between the tables and what a copy hands on. */
import type { StoredEntry } from '../copy.ts';
import type { Phase } from '../entry.ts';
import { outcomeNames } from '../outcome-names.ts';
import { leftOutOf } from './places.ts';
import { enterProject } from './projects.ts';
import { toOutcome, toTypes } from './rows.ts';
import type { Row, SqliteStatements } from './statements.ts';
import { SqliteTurns } from './turns.ts';

/** As the Redis ledger writes numbers, so that texts sort like them. */
const DIGITS = 16;

/** Behind the key of a place that only callers reported for whom nothing is read: see accept.lua. */
const UNREADABLE = '!';

/** The columns that have the name of a field of the Redis ledger, and its text. */
const SAME = [
  'provider',
  'kind',
  'state',
  'outcome',
  'first_outcome',
  'approval',
  'share',
  'queue',
  'note',
  'caller',
  'subject',
];
const PROGRESS = ['phase', 'attempts', 'verifications', 'deferrals'];

/** @param row of table `entry` */
export function entryOf(db: SqliteStatements, row: Row): StoredEntry {
  const seq = Number(row.seq);
  const places = db.all('SELECT * FROM entry_place WHERE entry = ? ORDER BY number', seq);
  const queue = row.queue === null ? undefined : String(row.queue);
  const namespace = queue === undefined ? '' : parentOf(db, row, queue);
  return {
    id: String(row.id),
    fields: { ...fieldsOf(row), ...placeFields(places) },
    sealed: String(row.sealed ?? ''),
    namespace,
    group: namespace === '' ? '' : parentOf(db, row, namespace),
    places: places.map(({ instance, project, sealed }) => [instance, project, sealed].join('\n')),
    findings: textsOf(db, 'SELECT finding AS text FROM entry_finding WHERE entry = ? ORDER BY number', seq),
    history: textsOf(db, 'SELECT event AS text FROM entry_event WHERE entry = ? ORDER BY number', seq),
  };
}

function fieldsOf(row: Row): Record<string, string> {
  const outcome = toOutcome(row);
  const isDue = row.due_at !== null;
  const asks = isDue && row.queue === null && row.phase !== 'revoke';
  const values: Record<string, unknown> = {
    ...Object.fromEntries([...SAME, ...PROGRESS].map((name) => [name, row[name]])),
    number: String(row.seq).padStart(DIGITS, '0'),
    turn: isDue ? String(row.turn).padStart(DIGITS, '0') : null,
    types: JSON.stringify(toTypes(row)),
    why: outcome ? outcomeNames(outcome) : null,
    approved: row.approved,
    act: row.act === 0 ? null : row.act,
    repeats: Number(row.reports) - 1,
    first_reported: row.first_reported_at,
    last_reported: row.last_reported_at,
    due: row.due_at,
    ended: row.ended_at,
    asks: asks ? '1' : null,
  };
  const known = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [name, String(value)]));
}

function placeFields(places: readonly Row[]): Record<string, string> {
  if (places.length === 0) return {};
  const keys = places.map(({ key, readable }) => `${key}${readable === 1 ? '' : UNREADABLE} `).join('');
  const leftOut = leftOutOf(places);
  return { places: keys, ...(leftOut > 0 && { left_out: String(leftOut) }) };
}

function parentOf(db: SqliteStatements, { provider, phase }: Row, name: string): string {
  const sql = 'SELECT parent FROM turn WHERE provider = ? AND phase = ? AND name = ?';
  return String(db.row(sql, String(provider), String(phase), name).parent ?? '');
}

function textsOf(db: SqliteStatements, sql: string, seq: number): string[] {
  return db.all(sql, seq).map(({ text }) => String(text));
}

/** Every method is part of somebody's transaction. */
export class SqliteEntryWriter {
  readonly #db: SqliteStatements;
  readonly #turns: SqliteTurns;

  constructor(db: SqliteStatements) {
    this.#db = db;
    this.#turns = new SqliteTurns(db);
  }

  write(entry: StoredEntry): void {
    const { id, fields, sealed } = entry;
    if (this.#db.find('SELECT 1 FROM entry WHERE id = ?', id)) return;
    const seq = this.#freeNumber(Number(fields.number));
    const types = JSON.parse(fields.types ?? '[]') as string[];
    const values: Record<string, string | number | null> = {
      ...{ seq, id, sealed: sealed || null, types: types.join('\n') },
      ...Object.fromEntries(SAME.map((name) => [name, fields[name] ?? null])),
      ...{ phase: fields.phase ?? 'revoke', turn: Number(fields.turn ?? fields.number) },
      ...Object.fromEntries(PROGRESS.slice(1).map((name) => [name, Number(fields[name] ?? 0)])),
      ...{ approved: Number(fields.approved ?? 0), act: Number(fields.act ?? 0) },
      reports: 1 + Number(fields.repeats ?? 0),
      first_reported_at: Number(fields.first_reported),
      last_reported_at: Number(fields.last_reported ?? fields.first_reported),
      ...{ due_at: numberOrNull(fields.due), ended_at: numberOrNull(fields.ended) },
    };
    const names = Object.keys(values);
    this.#db.run(
      `INSERT INTO entry (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
      ...Object.values(values),
    );
    this.#writeLists(seq, entry);
    this.#count(seq, fields, types);
    const { provider = '', queue } = fields;
    if (queue === undefined) return;
    const { namespace, group } = entry;
    const keys = { group, namespace, project: queue, limited: null };
    this.#turns.enter(provider, (fields.phase ?? 'revoke') as Phase, keys);
  }

  /** Two partitions may have given the same one. */
  #freeNumber(wanted: number): number {
    let seq = wanted;
    while (this.#db.find('SELECT 1 FROM entry WHERE seq = ?', seq)) seq += 1;
    return seq;
  }

  #writeLists(seq: number, { fields, places, findings, history }: StoredEntry): void {
    const keys = (fields.places ?? '').split(' ');
    const leftOut = Number(fields.left_out ?? 0);
    for (const [index, place] of places.entries()) {
      const [instance = '', project = '', sealed = ''] = place.split('\n');
      const [key = '', mark] = (keys[index] ?? '').split(/(?=!$)/);
      this.#db.run(
        'INSERT INTO entry_place VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...[seq, leftOut + index + 1, key, instance, project, sealed, mark === UNREADABLE ? 0 : 1],
      );
      enterProject(this.#db, seq, { instance, project });
    }
    for (const [index, finding] of findings.entries()) {
      this.#db.run('INSERT INTO entry_finding VALUES (?, ?, ?)', seq, index + 1, finding);
    }
    for (const [index, event] of history.entries()) {
      this.#db.run('INSERT INTO entry_event VALUES (?, ?, ?)', seq, index + 1, event);
    }
  }

  #count(seq: number, { state, share }: StoredEntry['fields'], types: readonly string[]): void {
    for (const type of types) {
      this.#db.run('INSERT INTO entry_type VALUES (?, ?)', type, seq);
      this.#db.run(
        'INSERT INTO type_tally VALUES (?, 1) ON CONFLICT DO UPDATE SET entries = entries + 1',
        type,
      );
    }
    this.#db.run(
      `INSERT INTO tally SELECT provider, state, outcome_kind, outcome_reason, 1 FROM entry WHERE seq = ?
       ON CONFLICT DO UPDATE SET entries = entries + 1`,
      seq,
    );
    if (state !== 'queued' || share === undefined) return;
    this.#db.run(
      'INSERT INTO share_tally VALUES (?, 1) ON CONFLICT DO UPDATE SET queued = queued + 1',
      share,
    );
  }
}

function numberOrNull(text: string | undefined): number | null {
  return text === undefined || text === '' ? null : Number(text);
}
