import type { RepeatedReport, ReportedToken } from '../report.ts';
import { isDead } from '../tallies.ts';
import type { LedgerVault } from '../vault.ts';
import { toOutcome, toTypes } from './rows.ts';
import type { Row, SqliteStatements } from './statements.ts';

const RESTARTED: readonly string[] = ['done', 'attention', 'held', 'dismissed'];

/** Whether the report is a reason to begin with its entry once more. */
export function startsAnew(
  known: Row,
  { restarts, restartsAtNewPlace = [] }: Pick<ReportedToken, 'restarts' | 'restartsAtNewPlace'>,
  isNewPlace: boolean,
): boolean {
  const reasons = isNewPlace ? [...restarts, ...restartsAtNewPlace] : restarts;
  if (reasons.length === 0 || !RESTARTED.includes(String(known.state))) return false;
  const { kind, reason } = toOutcome(known) ?? {};
  if (known.state === 'dismissed' && kind !== 'ignored') return false;
  return [kind, reason].some((why) => why !== undefined && reasons.includes(why));
}

export function needsRecheck(
  known: Row,
  { recheckEndedBefore = 0 }: Pick<ReportedToken, 'recheckEndedBefore'>,
): boolean {
  if (known.state !== 'done' || Number(known.ended_at) >= recheckEndedBefore) return false;
  return isDead(toOutcome(known)?.kind);
}

/** Counts a report that says nothing new. Part of somebody's transaction. @returns false, and counts nothing, where it does */
export function countRepeat(
  db: SqliteStatements,
  vault: LedgerVault,
  report: RepeatedReport,
  now: number,
): boolean {
  const { id, type, location, readable, finding = '' } = report;
  const key = location === '' ? '' : vault.placeKey(id, location);
  const known = db.find(
    `SELECT seq, state, outcome, types, ended_at FROM entry WHERE id = ?1
     AND (?2 = '' OR EXISTS (SELECT 1 FROM entry_place WHERE entry = seq AND key = ?2 AND readable >= ?4))
     AND (?3 = '' OR EXISTS (SELECT 1 FROM entry_finding WHERE entry = seq AND finding = ?3))`,
    ...[id, key, finding, Number(readable)],
  );
  if (!known || !toTypes(known).includes(type)) return false;
  if (startsAnew(known, report, false) || needsRecheck(known, report)) return false;
  countReport(db, Number(known.seq), now);
  return true;
}

export function countReport(db: SqliteStatements, seq: number, now: number): void {
  db.run(
    'UPDATE entry SET reports = reports + 1, last_reported_at = max(last_reported_at, ?) WHERE seq = ?',
    ...[now, seq],
  );
}
