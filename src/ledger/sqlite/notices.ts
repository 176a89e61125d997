import { type LoggedNotice, MAX_NOTICES, type NoticeSummary } from '../notice.ts';
import { openedNotice, openedSummary, sealedNotice } from '../sealed-notice.ts';
import { dayOf } from '../tallies.ts';
import type { LedgerVault } from '../vault.ts';
import type { SqliteStatements } from './statements.ts';

/** See {@link Ledger.saveNotice}; part of a transaction. */
export function saveNotice(db: SqliteStatements, vault: LedgerVault, notice: LoggedNotice): void {
  const { summary, content } = sealedNotice(vault, notice);
  db.run('INSERT OR REPLACE INTO notice VALUES (?, ?, ?, ?)', notice.id, notice.firstAt, summary, content);
  db.run(
    'DELETE FROM notice WHERE id IN (SELECT id FROM notice ORDER BY at DESC, id DESC LIMIT -1 OFFSET ?)',
    MAX_NOTICES,
  );
}

export function readNotice(db: SqliteStatements, vault: LedgerVault, id: string): LoggedNotice | undefined {
  const row = db.find('SELECT summary, content FROM notice WHERE id = ?', id);
  return row && openedNotice(vault, id, { summary: String(row.summary), content: String(row.content) });
}

export function readNotices(db: SqliteStatements, vault: LedgerVault, limit: number): NoticeSummary[] {
  return db
    .all('SELECT id, summary FROM notice ORDER BY at DESC, id DESC LIMIT ?', limit)
    .flatMap(({ id, summary }) => openedSummary(vault, String(id), String(summary)) ?? []);
}

/** See {@link Ledger.countOfDay}; part of a transaction. */
export function countOfDay(
  db: SqliteStatements,
  name: string,
  { now, limit }: { now: number; limit: number },
): boolean {
  const counted = db.run(
    `INSERT INTO of_day SELECT ?1, ?2, 1 WHERE ?3 > 0
     ON CONFLICT DO UPDATE SET times = iif(day = ?2, times + 1, 1), day = ?2 WHERE day <> ?2 OR times < ?3`,
    ...[name, dayOf(now), limit],
  );
  return counted > 0;
}

export function deleteOldNotices(
  db: SqliteStatements,
  { now, endedBefore }: { now: number; endedBefore: number },
): void {
  db.run('DELETE FROM notice WHERE at < ?', endedBefore);
  db.run('DELETE FROM of_day WHERE day < ?', dayOf(now));
}
