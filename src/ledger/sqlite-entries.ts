import { type HistoryEvent, MAX_EVENTS } from './ledger.ts';
import type { SqliteLanes } from './sqlite-lanes.ts';
import { toTypes } from './sqlite-rows.ts';
import type { SqliteStatements } from './sqlite-statements.ts';

/** The small changes of an entry that larger ones are made of. Every method is part of somebody's transaction. */
export class SqliteEntries {
  readonly #db: SqliteStatements;
  readonly #lanes: SqliteLanes;

  constructor(db: SqliteStatements, lanes: SqliteLanes) {
    this.#db = db;
    this.#lanes = lanes;
  }

  addEvent(seq: number, event: HistoryEvent): void {
    this.#db.run('INSERT INTO history VALUES (?, ?)', seq, JSON.stringify(event));
  }

  /** Older events make room. */
  addEvents(seq: number, events: readonly HistoryEvent[]): void {
    for (const event of events) this.addEvent(seq, event);
    this.#db.run(
      `DELETE FROM history WHERE entry = ? AND rowid <=
       (SELECT rowid FROM history WHERE entry = ? ORDER BY rowid DESC LIMIT 1 OFFSET ${MAX_EVENTS})`,
      ...[seq, seq],
    );
  }

  /** After this no write with that lease succeeds. */
  endLease(seq: number): void {
    const { provider, lease } = this.#db.row('SELECT provider, lease FROM entry WHERE seq = ?', seq);
    if (lease === null) return;
    this.#lanes.endProbe(String(provider), String(lease));
    this.#db.run('UPDATE entry SET lease = NULL WHERE seq = ?', seq);
  }

  /** The longest ended first, with all that belongs to them. @returns how many */
  deleteEnded(before: number, limit: number): number {
    const ended = this.#db.all(
      'SELECT seq, types FROM entry WHERE ended_at < ? ORDER BY ended_at LIMIT ?',
      ...[before, limit],
    );
    for (const entry of ended) {
      const seq = Number(entry.seq);
      for (const type of toTypes(entry)) this.#deleteType(seq, type);
      this.#db.run('DELETE FROM entry WHERE seq = ?', seq);
    }
    return ended.length;
  }

  #deleteType(seq: number, type: string): void {
    this.#db.run('DELETE FROM entry_type WHERE type = ? AND entry = ?', type, seq);
    this.#db.run('UPDATE type_tally SET entries = entries - 1 WHERE type = ?', type);
  }
}
