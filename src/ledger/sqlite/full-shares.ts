import type { ReportedToken } from '../report.ts';
import { createShareKeys, shareOfLimit } from '../shares.ts';
import type { SqliteStatements } from './statements.ts';

/** Whether the reports of a request that are new are all of namespaces that have their share of the backlog already. */
export class FullShares {
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
