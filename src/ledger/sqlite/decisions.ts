import type { HistoryEvent, PersonsDecision, Reopening } from '../entry.ts';
import { endedTally, REOPENED } from '../tallies.ts';
import type { LedgerVault } from '../vault.ts';
import type { SqliteAnnouncements } from './announcements.ts';
import type { SqliteEntries } from './entries.ts';
import { countInHour } from './hours.ts';
import type { SqliteParts } from './parts.ts';
import { approvalOf } from './rows.ts';
import type { Row, SqliteStatements } from './statements.ts';
import type { SqliteTurns } from './turns.ts';

/** What is decided about entries from outside of the work on them. Every method is part of somebody's transaction. */
export class SqliteDecisions {
  readonly #db: SqliteStatements;
  readonly #vault: LedgerVault;
  readonly #announcements: SqliteAnnouncements;
  readonly #entries: SqliteEntries;
  readonly #turns: SqliteTurns;

  constructor({ db, vault, announcements, entries, turns }: SqliteParts) {
    this.#db = db;
    this.#vault = vault;
    this.#announcements = announcements;
    this.#entries = entries;
    this.#turns = turns;
  }

  /** See {@link Ledger.requeue}. @returns whose lane has work now; undefined when nothing changed */
  requeue(id: string, options: PersonsDecision & { readonly approve: boolean }): string | undefined {
    const row = this.#db.find(
      `SELECT seq, provider, phase, queue, approved, act, approval, outcome FROM entry
       WHERE id = ? AND state IN ('held', 'attention') AND sealed IS NOT NULL`,
      id,
    );
    if (!row || this.#entries.hasChangedSince(Number(row.seq), options.asOf)) return undefined;
    const seq = Number(row.seq);
    const approval = options.approve ? this.#approve(id, row, options.event) : row;
    this.#entries.endLease(seq);
    this.#db.run(
      `UPDATE entry SET state = 'queued', outcome = NULL, approved = ?, approval = ?, ended_at = NULL,
       queue = NULL, phase = 'revoke', attempts = 0, verifications = 0, deferrals = 0 WHERE seq = ?`,
      ...[Number(approval.approved), approval.approval as string | null, seq],
    );
    this.#entries.schedule(seq, String(row.provider), options.now);
    this.#turns.leftBy(row);
    this.#entries.addEvents(seq, [options.event]);
    return String(row.provider);
  }

  /** See {@link Ledger.reopen}. */
  reopen(id: string, { now, from, outcome, event }: Reopening): boolean {
    const row = this.#db.find('SELECT seq, provider FROM entry WHERE id = ? AND state = ?', id, from);
    if (!row) return false;
    const seq = Number(row.seq);
    this.#db.run(
      "UPDATE entry SET state = 'attention', outcome = ?, ended_at = ? WHERE seq = ?",
      ...[JSON.stringify(outcome), now, seq],
    );
    this.#entries.addEvents(seq, [event]);
    const provider = String(row.provider);
    countInHour(this.#db, { now, provider, tally: endedTally('attention') });
    if (from === 'done') countInHour(this.#db, { now, provider, tally: REOPENED });
    this.#announcements.addOfEntry(seq, 'attention', now);
    return true;
  }

  /** See {@link Ledger.dismiss}. */
  dismiss(id: string, { now, event, asOf }: PersonsDecision): boolean {
    const row = this.#db.find(
      `SELECT seq, provider, phase, queue FROM entry
       WHERE id = ? AND state NOT IN ('done', 'dismissed')`,
      id,
    );
    if (!row || this.#entries.hasChangedSince(Number(row.seq), asOf)) return false;
    const seq = Number(row.seq);
    this.#entries.endLease(seq);
    this.#db.run(
      `UPDATE entry SET outcome = iif(state = 'held', NULL, outcome), state = 'dismissed', due_at = NULL,
       queue = NULL, ended_at = ?, sealed = NULL, note = NULL
       WHERE seq = ?`,
      ...[now, seq],
    );
    this.#turns.leftBy(row);
    this.#entries.addEvents(seq, [event]);
    countInHour(this.#db, { now, provider: String(row.provider), tally: endedTally('dismissed') });
    this.#announcements.addOfEntry(seq, 'dismissed', now);
    return true;
  }

  #approve(id: string, row: Row, { by = '' }: HistoryEvent): Pick<Row, 'approved' | 'approval'> {
    const approved = approvalOf(row);
    const act = Number(row.act);
    return { approved, approval: this.#vault.signApproval(id, { unproven: approved === 2, act, by }) };
  }
}
