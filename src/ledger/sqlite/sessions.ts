import type { StoredSession } from '../session.ts';
import type { LedgerVault } from '../vault.ts';
import type { SqliteStatements } from './statements.ts';

/** See {@link Ledger.saveSession}. */
export function saveSession(
  db: SqliteStatements,
  vault: LedgerVault,
  { id, version, until, content }: StoredSession,
  now: number,
): boolean {
  deleteOldSessions(db, now);
  const known = db.find('SELECT version FROM session WHERE id = ?', id)?.version ?? 0;
  if (known !== version - 1) return false;
  const sealed = vault.sealSession(id, content);
  db.run('INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?)', id, version, until, sealed);
  return true;
}

export function deleteOldSessions(db: SqliteStatements, now: number): void {
  db.run('DELETE FROM session WHERE until <= ?', now);
}

/** All, or the one of that id; without those that cannot be opened. */
export function readSessions(db: SqliteStatements, vault: LedgerVault, id?: string): StoredSession[] {
  const rows =
    id === undefined ? db.all('SELECT * FROM session') : db.all('SELECT * FROM session WHERE id = ?', id);
  return rows.flatMap((row) => {
    const stored = { id: String(row.id), version: Number(row.version), until: Number(row.until) };
    const content = vault.openSession(stored.id, String(row.sealed));
    return content === undefined ? [] : [{ ...stored, content }];
  });
}
