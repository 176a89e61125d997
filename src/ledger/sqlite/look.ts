import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { LedgerLook } from '../look.ts';
import { MIGRATIONS } from './schema.ts';

/** Changes nothing, and leaves it to the one who opens it to say what is wrong with the file or its folder. */
export function lookAtSqlite(path: string): LedgerLook {
  return { start: startOn(path), warnings: [] };
}

function startOn(path: string): LedgerLook['start'] {
  try {
    // A start on a full disk leaves an empty file.
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) {
      refuseUnusable(dirname(resolve(path)));
      return 'makes';
    }
    // Whoever may only read leaves the companions of the file behind.
    const db = new DatabaseSync(path);
    try {
      const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
      return version < MIGRATIONS.length ? 'migrates' : 'opens';
    } finally {
      db.close();
    }
  } catch {
    return 'opens';
  }
}

/** A start makes the folders that are missing. @throws {Error} */
function refuseUnusable(folder: string): void {
  let there = folder;
  while (!existsSync(there)) there = dirname(there);
  // The slash asks for a folder.
  accessSync(`${there}/`, constants.W_OK);
}
