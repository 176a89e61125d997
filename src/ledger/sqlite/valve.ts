import { firstValveBucket, sumOf, type ValveBucket, valveBucketOf, valveOpensAt } from '../valve.ts';
import type { SqliteStatements } from './statements.ts';

/** How many more revocations may begin. */
export interface ValveRoom {
  readonly left: number;
  /** When there may be room again: a bucket leaves the hour, or a lease ends. Undefined while there is room. */
  readonly opensAt: number | undefined;
  /** It is what is in hand that fills the hour, and it may end otherwise. */
  readonly byHand: boolean;
}

const OPEN: ValveRoom = { left: Number.POSITIVE_INFINITY, opensAt: undefined, byHand: false };

/** What was revoked alive in the last hour. Every method is part of somebody's transaction. */
export class SqliteValve {
  readonly #db: SqliteStatements;

  constructor(db: SqliteStatements) {
    this.#db = db;
  }

  count(provider: string, now: number): void {
    this.#db.run('DELETE FROM revoked WHERE provider = ? AND bucket < ?', provider, firstValveBucket(now));
    this.#db.run(
      'INSERT INTO revoked VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET entries = entries + 1',
      ...[provider, valveBucketOf(now)],
    );
  }

  forget(provider: string): void {
    this.#db.run('DELETE FROM revoked WHERE provider = ?', provider);
  }

  /** @param max in an hour; 0 is no limit */
  room(provider: string, now: number, max: number): ValveRoom {
    if (max === 0) return OPEN;
    const buckets = readBuckets(this.#db, provider, now);
    const revoked = sumOf(buckets);
    const { entries, first } = this.#db.row(
      `SELECT count(*) AS entries, min(due_at) AS first FROM entry
       WHERE provider = ? AND lease IS NOT NULL AND due_at > ? AND phase = 'revoke'`,
      ...[provider, now],
    );
    const left = max - revoked - Number(entries);
    if (left > 0) return { left, opensAt: undefined, byHand: false };
    const byHand = revoked < max;
    const opensAt = byHand ? Number(first) : (valveOpensAt(buckets, max) ?? undefined);
    return { left: 0, opensAt, byHand };
  }
}

/** Of the hour that ends now, the oldest first. */
export function readBuckets(db: SqliteStatements, provider: string, now: number): ValveBucket[] {
  return db
    .all(
      'SELECT bucket, entries FROM revoked WHERE provider = ? AND bucket BETWEEN ? AND ? ORDER BY bucket',
      ...[provider, firstValveBucket(now), valveBucketOf(now)],
    )
    .map(({ bucket, entries }) => ({ bucket: Number(bucket), entries: Number(entries) }));
}
