import type { Claim, MendedOptions, Postponement, Settlement } from '../claim.ts';
import { sealedSubject } from '../subject.ts';
import { deathBucket, HOUR_MS, REOPENED, settledTally } from '../tallies.ts';
import type { LedgerVault } from '../vault.ts';
import type { SqliteAnnouncements } from './announcements.ts';
import type { SqliteEntries } from './entries.ts';
import { countInHour } from './hours.ts';
import type { SqliteLanes } from './lanes.ts';
import type { SqliteParts } from './parts.ts';
import { countDeath } from './projects.ts';
import type { Row, SqliteStatements } from './statements.ts';
import type { SqliteValve } from './valve.ts';

/** What who holds the lease of an entry may do to it. Every method is part of somebody's transaction. */
export class SqliteLeases {
  readonly #db: SqliteStatements;
  readonly #vault: LedgerVault;
  readonly #announcements: SqliteAnnouncements;
  readonly #entries: SqliteEntries;
  readonly #lanes: SqliteLanes;
  readonly #valve: SqliteValve;

  constructor({ db, vault, announcements, entries, lanes, valve }: SqliteParts) {
    this.#db = db;
    this.#vault = vault;
    this.#announcements = announcements;
    this.#entries = entries;
    this.#lanes = lanes;
    this.#valve = valve;
  }

  /** See {@link Ledger.settle}. */
  settle(claim: Pick<Claim, 'id' | 'lease' | 'firstReportedAt'>, settlement: Settlement): boolean {
    const { now, state, outcome, dueAt, progress, note, subject, events, announce, ofReports } = settlement;
    const sealed = sealedSubject(this.#vault, claim.id, subject);
    return this.#holding({ ...claim, ofReports }, (seq, held) => {
      // An entry that stays in `attention` keeps the time at which it came there: retention counts from it.
      this.#db.run(
        `UPDATE entry SET state = ?1, outcome = iif(?1 = 'held', ?2, coalesce(?2, outcome)), due_at = NULL,
         phase = ?, attempts = ?, verifications = ?, deferrals = ?, lease = NULL,
         note = iif(?1 = 'done', NULL, coalesce(?, note)), sealed = iif(?1 = 'done', NULL, sealed),
         subject = coalesce(?, subject),
         ended_at = CASE ?1 WHEN 'held' THEN NULL WHEN state THEN ended_at ELSE ? END
         WHERE seq = ?`,
        ...[state, outcome ? JSON.stringify(outcome) : null, progress.phase],
        ...[
          progress.attempts,
          progress.verifications,
          progress.deferrals,
          note ?? null,
          sealed ?? null,
          now,
          seq,
        ],
      );
      if (dueAt !== undefined) this.#entries.schedule(seq, String(held.provider), dueAt);
      if (state === 'done') this.#lanes.noteDone(String(held.provider), now);
      if (state === 'done' && outcome?.kind === 'revoked')
        this.#valve.count(String(held.provider), held.share, now);
      const tally = settledTally(settlement, claim.firstReportedAt);
      const provider = String(held.provider);
      if (state !== held.state) {
        if (tally) countInHour(this.#db, { now, provider, tally });
        else if (state === 'done') countInHour(this.#db, { now, provider, tally: REOPENED, entries: -1 });
      }
      const bucket = deathBucket(settlement, claim.firstReportedAt);
      if (bucket !== undefined && state !== held.state) countDeath(this.#db, seq, bucket);
      this.#entries.addEvents(seq, events);
      if (announce) this.#announcements.addOfEntry(seq, announce, now);
    });
  }

  /** See {@link Ledger.putOff}. */
  putOff(claim: Pick<Claim, 'id' | 'lease'>, postponement: Postponement): boolean {
    const { now, dueAt, progress, note, events, announce, endsApproval, waitsFor } = postponement;
    return this.#holding(claim, (seq, { provider }) => {
      this.#db.run(
        `UPDATE entry SET lease = NULL, phase = ?, attempts = ?, verifications = ?, deferrals = ?,
         note = coalesce(?5, note), approved = iif(?6, 0, approved), approval = iif(?6, NULL, approval),
         act = act + (?6 AND approved > 0) WHERE seq = ?`,
        ...[progress.phase, progress.attempts, progress.verifications, progress.deferrals],
        ...[note ?? null, endsApproval ? 1 : 0, seq],
      );
      this.#entries.schedule(seq, String(provider), dueAt);
      this.#entries.addEvents(seq, events);
      if (announce) this.#announcements.addOfEntry(seq, announce, now);
      if (waitsFor === undefined) return;
      const code = [String(provider), waitsFor];
      const before = now - HOUR_MS;
      this.#db.run('DELETE FROM waiting WHERE provider = ? AND code = ? AND due_at < ?', ...code, before);
      this.#db.run('INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?)', ...code, claim.id, dueAt);
    });
  }

  /** See {@link Ledger.endWaits}. */
  endWaits(
    provider: string,
    { now, waitsFor, limit = Number.POSITIVE_INFINITY, shownBy }: MendedOptions,
  ): number | undefined {
    const ofCodes = [provider, JSON.stringify(waitsFor)];
    const ones = this.#db.run(
      'DELETE FROM waiting WHERE provider = ? AND code IN (SELECT value FROM json_each(?)) AND id = ?',
      ...[...ofCodes, shownBy ?? ''],
    );
    if (shownBy !== undefined && ones === 0) return undefined;
    let moved = 0;
    for (const code of waitsFor) {
      while (moved < limit) {
        const first = this.#db.find(
          `SELECT waiting.id, seq, entry.due_at = waiting.due_at AND lease IS NULL AND queue IS NULL AS is_waiting
           FROM waiting LEFT JOIN entry ON entry.id = waiting.id
           WHERE waiting.provider = ? AND code = ? AND waiting.due_at > ? ORDER BY waiting.due_at, waiting.id LIMIT 1`,
          ...[provider, code, now],
        );
        if (!first) break;
        // One that has its time now is one of them still: that it gets through shows something.
        const isWaiting = first.is_waiting === 1;
        const row = [provider, code, String(first.id)];
        if (!isWaiting) {
          this.#db.run('DELETE FROM waiting WHERE provider = ? AND code = ? AND id = ?', ...row);
          continue;
        }
        this.#db.run(
          'UPDATE waiting SET due_at = ? WHERE provider = ? AND code = ? AND id = ?',
          ...[now, ...row],
        );
        this.#entries.schedule(Number(first.seq), provider, now);
        moved += 1;
      }
    }
    return moved;
  }

  /** See {@link Ledger.renew}. */
  renew(claims: readonly Pick<Claim, 'id' | 'lease'>[], until: number): number {
    let renewed = 0;
    for (const { id, lease } of claims) {
      renewed += this.#db.run('UPDATE entry SET due_at = ? WHERE id = ? AND lease = ?', until, id, lease);
      this.#lanes.renewProbe(lease, until);
    }
    return renewed;
  }

  /** See {@link Ledger.release}. */
  release(claim: Pick<Claim, 'id' | 'lease'>, now: number): boolean {
    return this.#holding(claim, (seq, { provider }) => {
      this.#db.run('UPDATE entry SET lease = NULL WHERE seq = ?', seq);
      this.#entries.schedule(seq, String(provider), now);
    });
  }

  /** Runs the change, which has to take the lease away, if the lease is still the entry's. */
  #holding(
    claim: Pick<Claim, 'id' | 'lease'> & { readonly ofReports?: number | undefined },
    change: (seq: number, held: Row) => void,
  ): boolean {
    const held = this.#db.find(
      `SELECT seq, provider, state, share FROM entry
       WHERE id = ? AND lease = ? AND reports <= coalesce(?, reports)`,
      ...[claim.id, claim.lease, claim.ofReports ?? null],
    );
    if (!held) return false;
    this.#lanes.endProbe(String(held.provider), claim.lease);
    change(Number(held.seq), held);
    return true;
  }
}
