import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { LedgerLook } from '../look.ts';
import { MIGRATIONS } from './schema.ts';

/** Writes nothing, and leaves it to the one who opens it to say what is wrong with the file. */
export function lookAtSqlite(path: string): LedgerLook {
  return { start: startOn(path), warnings: [] };
}

function startOn(path: string): LedgerLook['start'] {
  try {
    // A start on a full disk leaves an empty file.
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return 'makes';
    const db = new DatabaseSync(path, { readOnly: true });
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
