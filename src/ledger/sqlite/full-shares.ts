import { nextTurn } from '../../words/next-turn.ts';
import { backlogFull } from '../ledger.ts';
import { inParts, type ReportedToken, type ReportList } from '../report.ts';
import { createShareKeys, shareOfLimit } from '../shares.ts';
import type { SqliteStatements } from './statements.ts';

/**
 * For the first part of a request, in its transaction; what has several parts was asked about its shares before.
 * @throws {LedgerError} `backlog-full`
 */
export function refuseFull(
  db: SqliteStatements,
  { total, part, backlog }: { total: number; part: readonly ReportedToken[]; backlog: number },
): void {
  const queued = db.row("SELECT sum(entries) AS n FROM tally WHERE state = 'queued'").n ?? 0;
  if (Number(queued) >= backlog) throw backlogFull();
  if (total > part.length) return;
  const shares = new FullShares(db, backlog);
  shares.look(part);
  if (shares.areAll) throw backlogFull();
}

/** Of a request that is committed in parts: whether all that is new in it is of namespaces that have their share. */
export async function areAllOfFullShares(
  db: SqliteStatements,
  reports: ReportList,
  backlog: number,
): Promise<boolean> {
  const shares = new FullShares(db, backlog);
  for (const [, part] of inParts(reports)) {
    shares.look(part);
    if (shares.someIsFree) return false;
    await nextTurn();
  }
  return shares.areAll;
}

/** Whether the reports of a request that are new are all of namespaces that have their share of the backlog already. */
class FullShares {
  readonly #db: SqliteStatements;
  readonly #limit: number;
  readonly #keysOf = createShareKeys();
  readonly #isFull = new Map<string, boolean>();
  #someIsFull = false;
  #someIsFree = false;

  constructor(db: SqliteStatements, backlog: number) {
    this.#db = db;
    this.#limit = shareOfLimit(backlog);
  }

  look(reports: readonly ReportedToken[]): void {
    for (const { id, share } of reports) {
      const isFull = this.#isFullShare(this.#keysOf(share).limited);
      if (this.#someIsFree || (isFull && this.#someIsFull)) continue;
      if (this.#db.find('SELECT 1 FROM entry WHERE id = ?', id)) continue;
      if (isFull) this.#someIsFull = true;
      else this.#someIsFree = true;
    }
  }

  /** A new report is of another namespace, or of none: the request is not refused, whatever else it has. */
  get someIsFree(): boolean {
    return this.#someIsFree;
  }

  get areAll(): boolean {
    return this.#someIsFull && !this.#someIsFree;
  }

  #isFullShare(share: string | null): boolean {
    if (share === null) return false;
    const known = this.#isFull.get(share);
    if (known !== undefined) return known;
    const sql = 'SELECT 1 FROM share_tally WHERE share = ? AND queued >= ?';
    const isFull = this.#db.find(sql, share, this.#limit) !== undefined;
    this.#isFull.set(share, isFull);
    return isFull;
  }
}
