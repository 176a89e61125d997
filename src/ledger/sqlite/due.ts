import { MAX_PUT_ASIDE } from '../shares.ts';
import { HOUR_MS } from '../tallies.ts';
import type { Row, SqliteStatements } from './statements.ts';
import { FreshEntries, type SqliteTurns } from './turns.ts';
import type { ValveRoom } from './valve.ts';

/** In which turn a claim asks for work: what has its time, and what is fresh. */
const SOURCES = 3;

export interface DueOptions {
  readonly provider: string;
  readonly now: number;
  readonly limit: number;
  readonly room: ValveRoom;
  /** Which of the sources is asked first. */
  readonly source: number;
}

/**
 * What one claim may take. Its three sources take turns, and where one has nothing the others get more: entries that
 * have their time, the longest due first; fresh ones to be revoked; fresh ones to be asked about.
 */
export class SqliteDue {
  readonly #db: SqliteStatements;
  readonly #options: DueOptions;
  readonly #fresh: readonly FreshEntries[];
  readonly #timed: Row[];
  #revokes: Row[] = [];
  /** Whether there may be more of these than were read. Nothing becomes due while this claim is made. */
  #moreRevokes = true;
  #putAside = 0;
  /** Sources that have nothing, and will not while this claim is made. */
  readonly #empty = new Set<number>();
  #source: number;
  #from: FreshEntries | undefined;

  constructor(db: SqliteStatements, turns: SqliteTurns, options: DueOptions) {
    const { provider, room, source, limit } = options;
    this.#db = db;
    this.#options = options;
    this.#source = source;
    const isFull = (namespace: string) => room.isShareFull(namespace);
    this.#fresh = [
      new FreshEntries(db, turns, { provider, phase: 'revoke', isFull }),
      new FreshEntries(db, turns, { provider, phase: 'recheck', isFull: () => false }),
    ];
    this.#timed = this.#read(0, limit);
  }

  /** The source that comes next. */
  get source(): number {
    return this.#source;
  }

  /** Has to be taken before another one is asked for. */
  next(): Row | undefined {
    for (let step = 0; step < SOURCES; step += 1) {
      const source = (this.#source + step) % SOURCES;
      if (this.#empty.has(source)) continue;
      const row = source === 0 ? this.#nextTimed() : this.#nextFresh(source - 1);
      if (!row) {
        this.#empty.add(source);
        continue;
      }
      this.#source = (source + 1) % SOURCES;
      return row;
    }
    return undefined;
  }

  /** @param row of {@link next}, now claimed */
  taken({ phase, share }: Row, leaseEnd: number): void {
    if (phase === 'revoke') this.#options.room.take(String(share ?? ''), leaseEnd);
    this.#from?.taken();
  }

  #nextFresh(index: number): Row | undefined {
    const fresh = this.#fresh[index];
    if (index === 0 && this.#options.room.isFull) return undefined;
    const row = fresh?.next(this.#options.limit);
    if (row) this.#from = fresh;
    return row;
  }

  #nextTimed(): Row | undefined {
    this.#from = undefined;
    const [ask] = this.#timed;
    const revoke = this.#firstRevoke();
    if (!revoke || (ask && byTurn(ask, revoke) < 0)) return this.#timed.shift();
    return this.#revokes.shift();
  }

  #firstRevoke(): Row | undefined {
    const { room, limit } = this.#options;
    while (!room.isFull) {
      if (this.#revokes.length === 0 && this.#moreRevokes) {
        this.#revokes = this.#read(1, limit);
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

  #read(revokes: 0 | 1, limit: number): Row[] {
    return this.#db.all(
      `SELECT * FROM entry
       WHERE provider = ? AND (phase = 'revoke') = ? AND due_at <= ? AND queue IS NULL
       ORDER BY due_at, turn LIMIT ?`,
      ...[this.#options.provider, revokes, this.#options.now, limit],
    );
  }
}

/** The longest due first, and of those the first that came. */
function byTurn(a: Row, b: Row): number {
  return Number(a.due_at) - Number(b.due_at) || Number(a.turn) - Number(b.turn);
}
