import { close, fdatasync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';

const [closed, synced] = [promisify(close), promisify(fdatasync)];

/**
 * The file behind which a commit stands until SQLite moves it into the database. SQLite itself would sync it within
 * `COMMIT`, on the thread of the event loop, so that everything else would wait for the disk, too.
 *
 * Safe although SQLite knows nothing of it: it holds its locks on other files, so closing this one ends none, and the file
 * stays the same one for as long as a connection is open.
 */
export class WriteAheadLog {
  readonly #file: number;

  /** @param db open, in WAL mode, and already read */
  constructor(db: DatabaseSync) {
    this.#file = openSync(`${db.location()}-wal`, 'r+');
  }

  /** Resolves once all that was committed before the call is on the disk. */
  sync(): Promise<void> {
    return synced(this.#file);
  }

  close(): Promise<void> {
    return closed(this.#file);
  }
}
