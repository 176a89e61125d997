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
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Runs all writes one after the other and commits those that came together as one transaction: one fsync serves all
 * of them. A job that throws a {@link LedgerError} must not have written yet and fails alone; any other error undoes
 * and fails the whole transaction.
 */
export class SqliteWriter {
  readonly #db: DatabaseSync;
  readonly #refuseLost: () => void;
  readonly #gatherMs: number;
  readonly #jobs: Job[] = [];
  #running: Promise<void> | undefined;
  #expectsMore = false;

  /** @param refuseLost throws where nobody will find again what is written */
  constructor(db: DatabaseSync, refuseLost: () => void, gatherMs = GATHER_MS) {
    this.#db = db;
    this.#refuseLost = refuseLost;
    this.#gatherMs = gatherMs;
  }

  /** Resolves once the work is committed. @throws {LedgerError} */
  write<T>(work: () => T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: T;
      this.#jobs.push({
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
    const done: Job[] = [];
    try {
      this.#refuseLost();
      await this.#begin();
      const end = performance.now() + this.#gatherMs;
      do {
        const job = this.#jobs.shift() ?? (await this.#expected());
        if (!job) break;
        done.push(job);
        await this.#run(job, done);
      } while (performance.now() < end);
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#rollback();
      const failed = unavailable(error);
      if (done.length === 0) done.push(...this.#jobs.splice(0));
      for (const job of done) job.fail(failed);
      return;
    }
    for (const job of done) job.succeed();
  }

  async #expected(): Promise<Job | undefined> {
    if (!this.#expectsMore) return undefined;
    this.#expectsMore = false;
    await nextTurn();
    return this.#jobs.shift();
  }

  async #run(job: Job, done: Job[]): Promise<void> {
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
