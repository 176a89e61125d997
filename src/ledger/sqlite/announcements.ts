import type { AnnouncementBatch, AnnouncementKind, TakeOptions } from '../announcement.ts';
import type { NoticeSummary } from '../notice.ts';
import { toAnnouncement } from './rows.ts';
import type { SqliteStatements } from './statements.ts';

/** What the channels are to be told, and how far each of them is. Every method is part of somebody's transaction. */
export class SqliteAnnouncements {
  readonly #db: SqliteStatements;
  readonly #max: number;

  /** @param max how many are kept for a channel that cannot be reached */
  constructor(db: SqliteStatements, max: number) {
    this.#db = db;
    this.#max = max;
  }

  /** Announces an entry as it is now; nothing where there is no channel. */
  addOfEntry(seq: number, kind: AnnouncementKind, at: number): void {
    const added = this.#db.run(
      `INSERT INTO announcement (at, kind, provider, id, outcome)
       SELECT ?, ?, provider, id, outcome FROM entry WHERE seq = ? AND EXISTS (SELECT 1 FROM channel)`,
      ...[at, kind, seq],
    );
    if (added > 0) this.#makeRoom();
  }

  addOfLane(provider: string, kind: AnnouncementKind, at: number, reason: string | null): void {
    const added = this.#db.run(
      `INSERT INTO announcement (at, kind, provider, reason) SELECT ?, ?, ?, ?
       WHERE EXISTS (SELECT 1 FROM channel)`,
      ...[at, kind, provider, reason],
    );
    if (added > 0) this.#makeRoom();
  }

  addSendAgain({ channel, id }: Pick<NoticeSummary, 'id' | 'channel'>, at: number): void {
    const added = this.#db.run(
      `INSERT INTO announcement (at, kind, provider, channel, notice) SELECT ?, 'send-again', '', ?, ?
       WHERE EXISTS (SELECT 1 FROM channel)`,
      ...[at, channel, id],
    );
    if (added > 0) this.#makeRoom();
    this.#db.run('UPDATE channel SET free_at = 0 WHERE name = ? AND lease IS NULL', channel);
  }

  /** The numbers have no gaps, so they count. */
  #makeRoom(): void {
    const sql = 'DELETE FROM announcement WHERE seq <= (SELECT max(seq) FROM announcement) - ?';
    this.#db.run(sql, this.#max);
  }

  setChannels(names: readonly string[]): void {
    this.#db.run(
      'DELETE FROM channel WHERE name NOT IN (SELECT value FROM json_each(?))',
      JSON.stringify(names),
    );
    for (const name of names) {
      this.#db.run(
        `INSERT OR IGNORE INTO channel (name, cursor)
         SELECT ?, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'announcement'), 0)`,
        name,
      );
    }
    this.#deleteConfirmed();
  }

  take(
    channel: string,
    { now, limit, leaseMs, longestMs = Number.MAX_SAFE_INTEGER }: TakeOptions,
  ): AnnouncementBatch | undefined {
    const rows = this.#db.all(
      `SELECT announcement.*, cursor FROM channel JOIN announcement ON seq > cursor
       WHERE name = ? AND free_at NOT BETWEEN ? AND ? ORDER BY seq LIMIT ?`,
      ...[channel, now + 1, now + longestMs, limit],
    );
    const [first, last] = [rows[0], rows.at(-1)];
    if (!first || !last) return undefined;
    const lease = crypto.randomUUID();
    this.#db.run(
      'UPDATE channel SET lease = ?, batch_end = ?, free_at = ? WHERE name = ?',
      ...[lease, Number(last.seq), now + leaseMs, channel],
    );
    const missed = Number(first.seq) - Number(first.cursor) - 1;
    return { lease, announcements: rows.map(toAnnouncement), missed };
  }

  confirm(channel: string, lease: string, through: string): boolean {
    const confirmed = this.#db.run(
      'UPDATE channel SET cursor = max(cursor, min(?, batch_end)) WHERE name = ? AND lease = ?',
      ...[Number(through), channel, lease],
    );
    if (confirmed === 0) return false;
    this.#db.run(
      'UPDATE channel SET lease = NULL, free_at = 0 WHERE name = ? AND cursor >= batch_end',
      channel,
    );
    this.#deleteConfirmed();
    return true;
  }

  putOff(channel: string, lease: string, until: number): boolean {
    const sql = 'UPDATE channel SET lease = NULL, free_at = ? WHERE name = ? AND lease = ?';
    return this.#db.run(sql, until, channel, lease) > 0;
  }

  /** By all channels: everything, when there is none. */
  #deleteConfirmed(): void {
    this.#db.run(
      `DELETE FROM announcement
       WHERE seq <= coalesce((SELECT min(cursor) FROM channel), ${Number.MAX_SAFE_INTEGER})`,
    );
  }
}
