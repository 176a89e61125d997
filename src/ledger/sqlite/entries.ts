import { type HistoryEvent, MAX_EVENTS } from '../entry.ts';
import { ALL_LANES } from '../lane-state.ts';
import { REOPENED } from '../tallies.ts';
import { countInHour } from './hours.ts';
import type { SqliteLanes } from './lanes.ts';
import { leaveProjects } from './projects.ts';
import { toTypes } from './rows.ts';
import type { SqliteStatements } from './statements.ts';
import type { SqliteTurns } from './turns.ts';

const OF_NOBODY = "entry = ?1 AND event ->> '$.by' IS NULL";
const TRIM_EVENTS = `DELETE FROM entry_event WHERE ${OF_NOBODY} AND number <=
  (SELECT number FROM entry_event WHERE ${OF_NOBODY} ORDER BY number DESC LIMIT 1 OFFSET ${MAX_EVENTS})`;

const BELONGING = ['entry_place', 'entry_finding', 'entry_event'];

/** The small changes of an entry that larger ones are made of. Every method is part of somebody's transaction. */
export class SqliteEntries {
  readonly #db: SqliteStatements;
  readonly #lanes: SqliteLanes;
  readonly #turns: SqliteTurns;

  constructor(db: SqliteStatements, lanes: SqliteLanes, turns: SqliteTurns) {
    this.#db = db;
    this.#lanes = lanes;
    this.#turns = turns;
  }

  /** Older events make room, but for what persons did. */
  addEvents(seq: number, events: readonly HistoryEvent[]): void {
    if (events.length === 0) return;
    const last = this.#db.row('SELECT max(number) AS n FROM entry_event WHERE entry = ?', seq).n;
    let number = Number(last ?? 0);
    for (const event of events) {
      number += 1;
      this.#db.run('INSERT INTO entry_event VALUES (?, ?, ?)', seq, number, JSON.stringify(event));
    }
    if (number > MAX_EVENTS) this.#db.run(TRIM_EVENTS, seq);
  }

  /** Whether the newest event of its history is later. */
  hasChangedSince(seq: number, asOf: number | undefined): boolean {
    if (asOf === undefined) return false;
    const { at } = this.#db.row(
      `SELECT coalesce((SELECT event ->> '$.at' FROM entry_event WHERE entry = ?1 ORDER BY number DESC LIMIT 1),
       first_reported_at) AS at FROM entry WHERE seq = ?1`,
      seq,
    );
    return Number(at) > asOf;
  }

  /** Of what is queued. @param provider or {@link ALL_LANES} */
  endApprovals(provider: string): void {
    this.#db.run(
      `UPDATE entry SET approved = 0, approval = NULL, act = act + 1
       WHERE state = 'queued' AND approved > 0 AND (?1 = ?2 OR provider = ?1)`,
      ...[provider, ALL_LANES],
    );
  }

  /** After this no write with that lease succeeds. */
  endLease(seq: number): void {
    const { provider, lease } = this.#db.row('SELECT provider, lease FROM entry WHERE seq = ?', seq);
    if (lease === null) return;
    this.#lanes.endProbe(String(provider), String(lease));
    this.#db.run('UPDATE entry SET lease = NULL WHERE seq = ?', seq);
  }

  /** It is due then, and the last of those that are due at the same time. */
  schedule(seq: number, provider: string, dueAt: number): void {
    const { turn } = this.#db.row(
      `SELECT 1 + coalesce(max(turn), 0) AS turn FROM entry
       WHERE provider = ? AND (phase = 'revoke') IN (0, 1) AND due_at = ? AND queue IS NULL AND seq <> ?`,
      ...[provider, dueAt, seq],
    );
    this.#db.run('UPDATE entry SET due_at = ?, turn = ? WHERE seq = ?', dueAt, Number(turn), seq);
  }

  deleteOldCounts(before: number): void {
    this.#db.run('DELETE FROM beyond WHERE at < ?', before);
  }

  /** The longest ended first, with all that belongs to them. @returns at how many it has looked, and how many are gone */
  deleteEnded({ now, endedBefore, limit }: { now: number; endedBefore: number; limit: number }): {
    readonly looked: number;
    readonly deleted: number;
  } {
    const ended = this.#db.all(
      `SELECT seq, types, provider, phase, queue, state, last_reported_at FROM entry
       WHERE ended_at IS NOT NULL AND max(ended_at, coalesce(retained_from, 0)) < ?
       ORDER BY max(ended_at, coalesce(retained_from, 0)) LIMIT ?`,
      ...[endedBefore, limit],
    );
    let deleted = 0;
    for (const entry of ended) {
      const seq = Number(entry.seq);
      if (entry.state !== 'attention' && Number(entry.last_reported_at) >= endedBefore) {
        this.#db.run('UPDATE entry SET retained_from = last_reported_at WHERE seq = ?', seq);
        continue;
      }
      if (entry.state === 'attention')
        countInHour(this.#db, { now, provider: String(entry.provider), tally: REOPENED, entries: -1 });
      for (const type of toTypes(entry)) this.#deleteType(seq, type);
      leaveProjects(this.#db, seq);
      for (const table of BELONGING) this.#db.run(`DELETE FROM ${table} WHERE entry = ?`, seq);
      this.#db.run('DELETE FROM entry WHERE seq = ?', seq);
      this.#turns.leftBy(entry);
      deleted += 1;
    }
    return { looked: ended.length, deleted };
  }

  #deleteType(seq: number, type: string): void {
    this.#db.run('DELETE FROM entry_type WHERE type = ? AND entry = ?', type, seq);
    this.#db.run('UPDATE type_tally SET entries = entries - 1 WHERE type = ?', type);
  }
}
