/** The file of a SQLite ledger: made for its user alone, and brought up to date. */
import { chmodSync, closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { makePrivateFolder } from '../../words/private-folder.ts';
import { COPY_HAS_NOT_ENDED, wasHandedOver } from '../copy.ts';
import { LedgerError } from '../ledger.ts';
import { otherVersion, VERSION } from '../other-version.ts';
import type { LedgerVault } from '../vault.ts';
import { definePlaceFunctions } from './places.ts';
import { COPYING, HANDED_OVER, MIGRATIONS, WRITER } from './schema.ts';

/** The file, and with it SQLite's -wal and -shm, belongs to the service's user alone. */
export function createPrivately(path: string): void {
  makePrivateFolder(dirname(path));
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

export function migrate(db: DatabaseSync, vault: LedgerVault): void {
  const version = () => Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  db.exec('BEGIN IMMEDIATE');
  try {
    const before = version();
    if (before > MIGRATIONS.length) {
      throw otherVersion('SQLite', writerOf(db));
    }
    // What a migration seals, it seals with the keys of this ledger.
    if (before > 0) compareKeys(db, vault.keyCheck());
    definePlaceFunctions(db, vault);
    for (const step of MIGRATIONS.slice(before)) db.exec(step);
    compareKeys(db, vault.keyCheck());
    if (before < MIGRATIONS.length)
      db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)').run(WRITER, VERSION);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
    // What was in clear before is not left in the log.
    if (before < MIGRATIONS.length) db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function writerOf(db: DatabaseSync): string | undefined {
  const value = db.prepare('SELECT value FROM meta WHERE key = ?').get(WRITER)?.value;
  return value === undefined ? undefined : String(value);
}

export function compareKeys(db: DatabaseSync, keyCheck: string): void {
  db.prepare("INSERT OR IGNORE INTO meta VALUES ('key-check', ?)").run(keyCheck);
  const known = db.prepare("SELECT value FROM meta WHERE key = 'key-check'").get()?.value;
  if (known !== keyCheck) {
    throw new LedgerError('wrong-keys', 'The SQLite ledger was written with another key file.');
  }
}

/** @throws {LedgerError} while it is the target of a copy, and once it was the source of one */
export function refuseCopying(db: DatabaseSync): void {
  const copying = db.prepare('SELECT 1 FROM meta WHERE key = ?').get(COPYING);
  if (copying) throw new LedgerError('unavailable', COPY_HAS_NOT_ENDED);
  const handedOver = db.prepare('SELECT value FROM meta WHERE key = ?').get(HANDED_OVER);
  if (handedOver) throw wasHandedOver(JSON.parse(String(handedOver.value)));
}
