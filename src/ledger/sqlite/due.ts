import { AT_ONCE_AHEAD_MS } from '../claim.ts';
import { MAX_PUT_ASIDE } from '../shares.ts';
import { HOUR_MS } from '../tallies.ts';
import type { Row, SqliteStatements } from './statements.ts';
import { FreshEntries, type SqliteTurns } from './turns.ts';
import type { ValveRoom } from './valve.ts';

export interface DueOptions {
  readonly provider: string;
  readonly now: number;
  readonly limit: number;
  readonly room: ValveRoom;
  /** Which of the sources is asked first. */
  readonly source: number;
}

interface Source {
  /** Has to be taken before another one is asked for. */
  next(): Row | undefined;
  /** What {@link next} gave is claimed. */
  taken?(): void;
}

/**
 * What one claim may take. Its five sources take turns, and where one has nothing the others get more: entries that go on
 * at once; others that have their time, the longest due first; fresh ones to be revoked, with those that are tried again;
 * fresh ones to be asked about; those to be verified.
 */
export class SqliteDue {
  readonly #room: ValveRoom;
  readonly #sources: readonly Source[];
  /** Those that have nothing, and will not while this claim is made. */
  readonly #empty = new Set<number>();
  #source: number;
  #from: Source | undefined;

  constructor(db: SqliteStatements, turns: SqliteTurns, options: DueOptions) {
    const { provider, now, room, source, limit } = options;
    this.#room = room;
    this.#source = source;
    const isFull = (namespace: string) => room.isShareFull(namespace);
    const revokes = new FreshEntries(db, turns, { provider, phase: 'revoke', isFull });
    const asks = new FreshEntries(db, turns, { provider, phase: 'recheck', isFull: () => false });
    const verifies = new FreshEntries(db, turns, { provider, phase: 'verify', isFull: () => false });
    const atOnce = { after: Number.MIN_SAFE_INTEGER, to: now - AT_ONCE_AHEAD_MS };
    const later = { after: atOnce.to, to: now };
    turns.enterRetried(provider, later);
    this.#sources = [
      new TimedEntries(db, options, atOnce),
      new TimedEntries(db, options, later),
      { next: () => (room.isFull ? undefined : revokes.next(limit)), taken: () => revokes.taken() },
      { next: () => asks.next(limit), taken: () => asks.taken() },
      { next: () => verifies.next(limit), taken: () => verifies.taken() },
    ];
  }

  /** The source that comes next. */
  get source(): number {
    return this.#source;
  }

  /** Has to be taken before another one is asked for. */
  next(): Row | undefined {
    for (let step = 0; step < this.#sources.length; step += 1) {
      const index = (this.#source + step) % this.#sources.length;
      if (this.#empty.has(index)) continue;
      const source = this.#sources[index];
      const row = source?.next();
      if (!row) {
        this.#empty.add(index);
        continue;
      }
      this.#source = (index + 1) % this.#sources.length;
      this.#from = source;
      return row;
    }
    return undefined;
  }

  /** @param row of {@link next}, now claimed */
  taken({ phase, share }: Row, leaseEnd: number): void {
    if (phase === 'revoke') this.#room.take(String(share ?? ''), leaseEnd);
    this.#from?.taken?.();
  }
}

/** Between these times, in ms since the epoch, the later one included. */
interface Due {
  readonly after: number;
  readonly to: number;
}

/** Entries that have their time, the longest due first. */
class TimedEntries implements Source {
  readonly #db: SqliteStatements;
  readonly #options: DueOptions;
  readonly #due: Due;
  #asks: Row[] | undefined;
  #revokes: Row[] = [];
  /** Whether there may be more of these than were read. Nothing becomes due while this claim is made. */
  #moreRevokes = true;
  #putAside = 0;

  constructor(db: SqliteStatements, options: DueOptions, due: Due) {
    this.#db = db;
    this.#options = options;
    this.#due = due;
  }

  next(): Row | undefined {
    this.#asks ??= this.#read(0);
    const [ask] = this.#asks;
    const revoke = this.#firstRevoke();
    if (!revoke || (ask && byTurn(ask, revoke) < 0)) return this.#asks.shift();
    return this.#revokes.shift();
  }

  #firstRevoke(): Row | undefined {
    const { room, limit } = this.#options;
    while (!room.isFull) {
      if (this.#revokes.length === 0 && this.#moreRevokes) {
        this.#revokes = this.#read(1);
        this.#moreRevokes = this.#revokes.length === limit;
      }
      const [first] = this.#revokes;
      if (!first || !room.isShareFull(String(first.share ?? ''))) return first;
      if (this.#putAside === MAX_PUT_ASIDE) return undefined;
      this.#wait(first, room.opensAt(String(first.share)));
      this.#revokes.shift();
    }
    return undefined;
  }

  /**
   * It comes again when its share has room; behind it there are those of others. A lease from before the clock was set
   * back would end too late.
   */
  #wait({ seq }: Row, roomAt: number): void {
    const until = Math.min(roomAt, this.#options.now + HOUR_MS);
    this.#db.run('UPDATE entry SET due_at = ? WHERE seq = ?', until, Number(seq));
    this.#putAside += 1;
  }

  #read(revokes: 0 | 1): Row[] {
    const { provider, limit } = this.#options;
    return this.#db.all(
      `SELECT * FROM entry
       WHERE provider = ? AND (phase = 'revoke') = ? AND due_at > ? AND due_at <= ? AND queue IS NULL
       ORDER BY due_at, turn LIMIT ?`,
      ...[provider, revokes, this.#due.after, this.#due.to, limit],
    );
  }
}

/** The longest due first, and of those the first that came. */
function byTurn(a: Row, b: Row): number {
  return Number(a.due_at) - Number(b.due_at) || Number(a.turn) - Number(b.turn);
}
