/** A SQLite ledger as source and as target of a copy. */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import {
  type CopyProgress,
  type CopySource,
  type CopyTarget,
  compareHandOver,
  type HandOver,
  HOLDS_OTHER_DATA,
  isInUse,
  noSource,
  noTarget,
  type StoredEntry,
  type StoredRest,
} from '../copy.ts';
import type { Count, State } from '../entry.ts';
import type { LedgerVault } from '../vault.ts';
import { entryOf, SqliteEntryWriter } from './copy-entry.ts';
import { readRest, writeRest } from './copy-rest.ts';
import { compareKeys, createPrivately, migrate } from './migrate.ts';
import { COPYING, HANDED_OVER, MIGRATIONS } from './schema.ts';
import { SqliteStatements } from './statements.ts';
import { unavailable } from './writer.ts';

const PAGE = 500;

interface SqliteCopyOptions {
  readonly path: string;
  readonly vault: LedgerVault;
}

/** Locks the file until it is closed. @throws {LedgerError} `unavailable`, `wrong-keys` */
export function openSqliteSource({ path, vault }: SqliteCopyOptions): CopySource {
  if (!existsSync(path)) throw noSource(`${path} is not there.`);
  const connection = new DatabaseSync(path, { timeout: 1_000 });
  try {
    lock(connection);
    const version = Number(connection.prepare('PRAGMA user_version').get()?.user_version);
    if (version !== MIGRATIONS.length) {
      throw noSource('start and stop this version of Quash with it once, which brings it up to date.');
    }
    compareKeys(connection, vault.keyCheck());
    return new SqliteSource(connection);
  } catch (error) {
    connection.close();
    throw unavailable(error, path);
  }
}

/** Where every other connection is away, nobody else can connect from here on. */
function lock(connection: DatabaseSync): void {
  try {
    connection.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
  } catch {
    throw isInUse();
  }
}

/** Makes the file of a ledger, or goes on with a copy that has not ended. @throws {LedgerError} `unavailable`, `wrong-keys` */
export function openSqliteTarget({ path, vault }: SqliteCopyOptions): CopyTarget {
  createPrivately(path);
  const connection = new DatabaseSync(path, { timeout: 1_000 });
  try {
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
    const db = new SqliteStatements(connection);
    if (!isKnown(db)) {
      migrate(connection, vault);
      db.run('INSERT INTO meta VALUES (?, ?)', COPYING, '');
    }
    const begun = db.find('SELECT value FROM meta WHERE key = ?', COPYING);
    if (!begun) throw noTarget(HOLDS_OTHER_DATA);
    compareKeys(connection, vault.keyCheck());
    return new SqliteTarget(connection, String(begun.value));
  } catch (error) {
    connection.close();
    throw unavailable(error, path);
  }
}

/** Whether there is a ledger in the file. */
function isKnown(db: SqliteStatements): boolean {
  return db.find("SELECT 1 FROM sqlite_schema WHERE name = 'meta'") !== undefined;
}

function readCounts(db: SqliteStatements): Count[] {
  return db
    .all('SELECT provider, state, sum(entries) AS entries FROM tally GROUP BY 1, 2 HAVING sum(entries) > 0')
    .map((row) => ({
      provider: String(row.provider),
      state: row.state as State,
      entries: Number(row.entries),
    }));
}

class SqliteSource implements CopySource {
  readonly #connection: DatabaseSync;
  readonly #db: SqliteStatements;

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
    this.#db = new SqliteStatements(connection);
  }

  async handOver(handOver: HandOver): Promise<void> {
    compareHandOver(this.#handedOver(), handOver);
    this.#db.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', HANDED_OVER, JSON.stringify(handOver));
  }

  async takeBack(): Promise<HandOver | undefined> {
    const known = this.#handedOver();
    this.#db.run('DELETE FROM meta WHERE key = ?', HANDED_OVER);
    return known === undefined ? undefined : (JSON.parse(known) as HandOver);
  }

  #handedOver(): string | undefined {
    const known = this.#db.find('SELECT value FROM meta WHERE key = ?', HANDED_OVER);
    return known && String(known.value);
  }

  /** The oldest entries first. The cursor is the number of the last one. */
  async page(cursor: string | undefined) {
    const sql = 'SELECT * FROM entry WHERE seq > ? ORDER BY seq LIMIT ?';
    const rows = this.#db.all(sql, Number(cursor ?? -1), PAGE);
    const last = rows.at(-1)?.seq;
    const entries = rows.map((row) => entryOf(this.#db, row));
    return { entries, ...(rows.length === PAGE && { cursor: String(last) }) };
  }

  async rest(): Promise<StoredRest> {
    return readRest(this.#db);
  }

  async count(): Promise<readonly Count[]> {
    return readCounts(this.#db);
  }

  async close(): Promise<void> {
    this.#connection.close();
  }
}

class SqliteTarget implements CopyTarget {
  readonly begun: CopyProgress | undefined;
  readonly #connection: DatabaseSync;
  readonly #db: SqliteStatements;
  readonly #writer: SqliteEntryWriter;

  constructor(connection: DatabaseSync, progress: string) {
    this.begun = progress === '' ? undefined : (JSON.parse(progress) as CopyProgress);
    this.#connection = connection;
    this.#db = new SqliteStatements(connection);
    this.#writer = new SqliteEntryWriter(this.#db);
  }

  async write(entries: readonly StoredEntry[], progress: CopyProgress): Promise<void> {
    this.#transaction(() => {
      for (const entry of entries) this.#writer.write(entry);
      this.#db.run('UPDATE meta SET value = ? WHERE key = ?', JSON.stringify(progress), COPYING);
    });
  }

  async writeRest(rest: StoredRest): Promise<void> {
    this.#transaction(() => writeRest(this.#db, rest));
  }

  async count(): Promise<readonly Count[]> {
    return readCounts(this.#db);
  }

  async complete(): Promise<void> {
    this.#db.run('DELETE FROM meta WHERE key = ?', COPYING);
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  #transaction(work: () => void): void {
    this.#connection.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#connection.exec('COMMIT');
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      throw error;
    }
  }
}
