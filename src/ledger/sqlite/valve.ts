import { shareOfLimit } from '../shares.ts';
import {
  firstValveBucket,
  sumOf,
  type ValveBucket,
  valveBucketEnd,
  valveBucketOf,
  valveOpensAt,
} from '../valve.ts';
import type { Row, SqliteStatements } from './statements.ts';

/** What was revoked alive in the last hour. Every method is part of somebody's transaction. */
export class SqliteValve {
  readonly #db: SqliteStatements;

  constructor(db: SqliteStatements) {
    this.#db = db;
  }

  /** @param share of the entry, if it has one */
  count(provider: string, share: Row[string] | undefined, now: number): void {
    this.#db.run(
      'INSERT INTO revoked VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET entries = entries + 1',
      ...[provider, valveBucketOf(now), String(share ?? '')],
    );
  }

  forget(provider: string): void {
    this.#db.run('DELETE FROM revoked WHERE provider = ?', provider);
  }

  /** @param max in an hour; 0 is no limit */
  room(provider: string, now: number, max: number): ValveRoom {
    const first = firstValveBucket(now);
    this.#db.run('DELETE FROM revoked WHERE provider = ? AND bucket < ?', provider, first);
    if (max === 0) return new ValveRoom(0, [], []);
    const revoked = this.#db.all(
      'SELECT bucket, share, entries FROM revoked WHERE provider = ? AND bucket <= ? ORDER BY bucket',
      ...[provider, valveBucketOf(now)],
    );
    const hand = this.#db.all(
      `SELECT share, count(*) AS entries, min(due_at) AS first FROM entry
       WHERE provider = ? AND lease IS NOT NULL AND due_at > ? AND phase = 'revoke' GROUP BY share`,
      ...[provider, now],
    );
    return new ValveRoom(max, revoked, hand);
  }
}

/** How many revocations one claim may begin, in all and of a namespace. */
export class ValveRoom {
  readonly #max: number;
  readonly #revoked: readonly Row[];
  /** Revoked in the hour or in hand: in all, and by share. */
  #entries = 0;
  readonly #entriesOf = new Map<string, number>();
  /** When the first lease of what is in hand ends. */
  #leaseEnd = Number.POSITIVE_INFINITY;

  constructor(max: number, revoked: readonly Row[], hand: readonly Row[]) {
    this.#max = max;
    this.#revoked = revoked;
    for (const { share, entries } of revoked) this.#add(String(share), Number(entries));
    for (const { share, entries, first } of hand) {
      this.#add(String(share ?? ''), Number(entries));
      this.#leaseEnd = Math.min(this.#leaseEnd, Number(first));
    }
  }

  #add(share: string, entries: number): void {
    this.#entries += entries;
    this.#entriesOf.set(share, entries + (this.#entriesOf.get(share) ?? 0));
  }

  get isFull(): boolean {
    return this.#max > 0 && this.#entries >= this.#max;
  }

  /** @param share empty where nothing is shared */
  isShareFull(share: string): boolean {
    return this.#max > 0 && share !== '' && (this.#entriesOf.get(share) ?? 0) >= shareOfLimit(this.#max);
  }

  /** One more is in hand. */
  take(share: string, leaseEnd: number): void {
    this.#add(share, 1);
    this.#leaseEnd = Math.min(this.#leaseEnd, leaseEnd);
  }

  /** Of what is full: when there may be room again. @param share the lane as a whole where there is none */
  opensAt(share?: string): number {
    const { buckets, max } = this.#hourOf(share);
    const [oldest] = buckets;
    return valveOpensAt(buckets, max) ?? Math.min(this.#leaseEnd, oldest ? valveBucketEnd(oldest) : Infinity);
  }

  /** Of what is full: whether what is in hand fills it, which may end otherwise. */
  isFullByHand(share?: string): boolean {
    const { buckets, max } = this.#hourOf(share);
    return sumOf(buckets) < max;
  }

  #hourOf(share?: string): { buckets: readonly ValveBucket[]; max: number } {
    const rows = share === undefined ? this.#revoked : this.#revoked.filter((row) => row.share === share);
    const buckets = rows.map(({ bucket, entries }) => ({ bucket: Number(bucket), entries: Number(entries) }));
    return { buckets, max: share === undefined ? this.#max : shareOfLimit(this.#max) };
  }
}

/** Nothing is to be revoked, however open the valve is. */
export const NO_ROOM = new ValveRoom(1, [], [{ share: null, entries: 1, first: Number.POSITIVE_INFINITY }]);

/** Of the hour that ends now, the oldest first. */
export function readBuckets(db: SqliteStatements, provider: string, now: number): ValveBucket[] {
  return db
    .all(
      `SELECT bucket, sum(entries) AS entries FROM revoked
       WHERE provider = ? AND bucket BETWEEN ? AND ? GROUP BY bucket ORDER BY bucket`,
      ...[provider, firstValveBucket(now), valveBucketOf(now)],
    )
    .map(({ bucket, entries }) => ({ bucket: Number(bucket), entries: Number(entries) }));
}

/** Of the hour that ends now, the oldest first: of each namespace that has had its share of `max`. */
export function readFullShares(
  db: SqliteStatements,
  provider: string,
  now: number,
  max: number,
): Iterable<readonly ValveBucket[]> {
  if (max === 0) return [];
  const rows = db.all(
    `SELECT share, bucket, entries, sum(entries) OVER (PARTITION BY share) AS total FROM revoked
     WHERE provider = ? AND bucket BETWEEN ? AND ? AND share <> '' ORDER BY bucket`,
    ...[provider, firstValveBucket(now), valveBucketOf(now)],
  );
  const full = rows.filter(({ total }) => Number(total) >= shareOfLimit(max));
  const hours = Map.groupBy(full, ({ share }) => String(share));
  return [...hours.values()].map((hour) =>
    hour.map(({ bucket, entries }) => ({ bucket: Number(bucket), entries: Number(entries) })),
  );
}
