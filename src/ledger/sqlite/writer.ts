import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { nextTurn } from '../../words/next-turn.ts';
import { LedgerError } from '../ledger.ts';

/** How long one transaction may gather work before it is committed, by default. */
const GATHER_MS = 20;

/** How long to wait for another process that writes the same file. */
const BUSY_WAIT_MS = 5_000;
const BUSY_POLL_MS = 10;

interface Job {
  readonly run: () => void | Promise<void>;
  readonly isLease: boolean;
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
}

export interface SqliteWriterOptions {
  /** Resolves once what was committed before the call outlives a power cut. */
  readonly sync: () => Promise<void>;
  /** Throws where nobody will find again what is written. */
  readonly refuseLost: () => void;
  readonly gatherMs?: number | undefined;
}

/**
 * Runs all writes one after the other and commits those that came together as one transaction: one sync of the disk serves
 * all of them, and other work of the process goes on meanwhile. A job that throws a {@link LedgerError} must not have
 * written yet and fails alone; any other error undoes and fails the whole transaction.
 */
export class SqliteWriter {
  readonly #db: DatabaseSync;
  readonly #sync: () => Promise<void>;
  readonly #refuseLost: () => void;
  readonly #gatherMs: number;
  readonly #jobs: Job[] = [];
  #running: Promise<void> | undefined;
  #expectsMore = false;

  constructor(db: DatabaseSync, { sync, refuseLost, gatherMs = GATHER_MS }: SqliteWriterOptions) {
    this.#db = db;
    this.#sync = sync;
    this.#refuseLost = refuseLost;
    this.#gatherMs = gatherMs;
  }

  /** Resolves once the work is committed and on the disk. @throws {LedgerError} */
  write<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#enqueue(work, false);
  }

  /**
   * For work that a power cut may undo, as it ends whoever asked for it: resolves once the work is committed. It goes before
   * other work that waits, and where that was not possible waits for the disk with it, as it may rest on it.
   * @throws {LedgerError}
   */
  lease<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#enqueue(work, true);
  }

  #enqueue<T>(work: () => T | Promise<T>, isLease: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: T;
      this.#jobs.push({
        isLease,
        run: async () => {
          result = await work();
        },
        succeed: () => resolve(result),
        fail: reject,
      });
      this.#running ??= this.#drain();
    });
  }

  /** For a job: keeps its transaction open for one more turn of the event loop, for somebody who was told to write now. */
  expectMore(): void {
    this.#expectsMore = true;
  }

  /** Resolves once nothing waits to be written. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #drain(): Promise<void> {
    // Whoever wants to write in this turn of the event loop joins the first transaction.
    await nextTurn();
    while (this.#jobs.length > 0) await this.#transaction();
    this.#running = undefined;
  }

  async #transaction(): Promise<void> {
    // What rests on nothing else in this transaction, and all else.
    const [leases, others]: [Job[], Job[]] = [[], []];
    this.#expectsMore = false;
    try {
      this.#refuseLost();
      await this.#begin();
      const end = performance.now() + this.#gatherMs;
      do {
        const job = this.#next(others.length === 0) ?? (await this.#expected());
        if (!job) break;
        await this.#run(job, job.isLease && others.length === 0 ? leases : others);
      } while (performance.now() < end);
      this.#db.exec('COMMIT');
      for (const job of leases) job.succeed();
      if (others.length > 0) await this.#sync();
    } catch (error) {
      this.#rollback();
      const failed = unavailable(error);
      if (leases.length + others.length === 0) others.push(...this.#jobs.splice(0));
      for (const job of [...leases, ...others]) job.fail(failed);
      return;
    }
    for (const job of others) job.succeed();
  }

  #next(leaseFirst: boolean): Job | undefined {
    const lease = leaseFirst ? this.#jobs.findIndex(({ isLease }) => isLease) : -1;
    return lease > 0 ? this.#jobs.splice(lease, 1)[0] : this.#jobs.shift();
  }

  async #expected(): Promise<Job | undefined> {
    if (!this.#expectsMore) return undefined;
    this.#expectsMore = false;
    await nextTurn();
    return this.#jobs.shift();
  }

  async #run(job: Job, done: Job[]): Promise<void> {
    done.push(job);
    try {
      await job.run();
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      done.pop();
      job.fail(error);
    }
  }

  async #begin(): Promise<void> {
    const end = performance.now() + BUSY_WAIT_MS;
    for (;;) {
      try {
        this.#db.exec('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > end) throw error;
        await delay(BUSY_POLL_MS);
      }
    }
  }

  #rollback(): void {
    try {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
  }
}

function isBusy(error: unknown): boolean {
  const SQLITE_BUSY = 5;
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}

/** @param path the file, where the message is for whoever starts the service */
export function unavailable(cause: unknown, path?: string): LedgerError {
  if (cause instanceof LedgerError) return cause;
  const ledger = path === undefined ? 'The SQLite ledger' : `The SQLite ledger ${path}`;
  return new LedgerError('unavailable', `${ledger} cannot be read or written (${reasonOf(cause)}).`, {
    cause,
  });
}

/** SQLite's or the system's constant words, e.g. `database or disk is full` or `EACCES`. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown error';
  if ('errstr' in cause) return String(cause.errstr);
  return 'code' in cause ? String(cause.code) : cause.name;
}
