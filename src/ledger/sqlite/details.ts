import type { EntryDetails } from '../entry.ts';
import { historyOf } from '../history.ts';
import { shownSubject } from '../subject.ts';
import type { LedgerVault } from '../vault.ts';
import { readEntryProjects, readPlaces } from './places.ts';
import { toEntry } from './rows.ts';
import type { SqliteStatements } from './statements.ts';

/** See {@link Ledger.get}. */
export function readEntry(db: SqliteStatements, vault: LedgerVault, id: string): EntryDetails | undefined {
  const row = db.find('SELECT * FROM entry WHERE id = ?', id);
  if (!row) return undefined;
  const seq = Number(row.seq);
  const findings = db.all('SELECT finding FROM entry_finding WHERE entry = ? ORDER BY number', seq);
  const history = db.all('SELECT event FROM entry_event WHERE entry = ? ORDER BY number', seq);
  const entry = toEntry(row, readEntryProjects(db, seq));
  const firstOutcome = row.first_outcome === null ? null : String(row.first_outcome);
  return {
    ...entry,
    ...readPlaces(db, vault, { seq, id }),
    ...shownSubject(vault, id, row.subject === null ? null : String(row.subject)),
    findings: findings.map(({ finding }) => String(finding)),
    history: historyOf(
      entry,
      firstOutcome,
      history.map(({ event }) => String(event)),
    ),
  };
}
