/** The file as a whole, apart from a ledger that is open: for backups, and for what is made of them. */
import { chmodSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { LedgerError } from '../ledger.ts';

/** More pages than any file has: copied in several parts, it would begin anew with each report that comes in. */
const ALL_PAGES = 2 ** 31 - 1;

/** What SQLite keeps beside the file while it is open, or after a crash. */
export const COMPANIONS = ['-wal', '-shm'];

/**
 * Copies the ledger as it is at one moment, also while a service works on it. The copy is one file, for its owner.
 * @throws {LedgerError} `unavailable` when one of both files cannot be used, or the copy is not sound
 */
export async function copySqliteLedger(from: string, to: string): Promise<void> {
  try {
    const source = new DatabaseSync(from, { readOnly: true });
    try {
      await backup(source, to, { rate: ALL_PAGES });
    } finally {
      source.close();
    }
    chmodSync(to, 0o600);
    const copy = new DatabaseSync(to);
    try {
      // Otherwise whoever opens it would need the right to write beside it.
      copy.exec('PRAGMA journal_mode = DELETE');
      const verdict = copy.prepare('PRAGMA quick_check(1)').get()?.quick_check;
      if (verdict !== 'ok') throw new Error(`SQLite says of the copy: ${verdict}`);
    } finally {
      copy.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown error';
    throw new LedgerError('unavailable', `${from} cannot be copied to ${to} (${why}).`, { cause: error });
  }
}

/**
 * Ends the approvals in a ledger that nobody has open: what persons decided after it was copied is not in it.
 * @returns how many entries wait for a person once more
 */
export function endApprovals(path: string): number {
  const db = new DatabaseSync(path);
  try {
    const { acts } = db
      .prepare("SELECT count(*) AS acts FROM pragma_table_info('entry') WHERE name = 'act'")
      .get() as { acts: number };
    // What is older loses them when it is migrated.
    if (acts === 0) return 0;
    const sql =
      'UPDATE entry SET approved = 0, approval = NULL, act = act + 1 WHERE approved > 0 AND sealed IS NOT NULL';
    return Number(db.prepare(sql).run().changes);
  } finally {
    db.close();
  }
}

/** Whether any process has the ledger open. */
export function isSqliteLedgerInUse(path: string): boolean {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    // With a write-ahead log, every connection holds a lock for as long as it is open; this wants to be alone.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
    return false;
  } catch (error) {
    const SQLITE_BUSY = 5;
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return true;
    return false; // What is no database is used by nobody.
  } finally {
    db.close();
  }
}
