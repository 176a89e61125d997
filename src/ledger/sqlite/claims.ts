import type { Claim, ClaimOptions, ClaimResult } from '../claim.ts';
import type { LedgerVault } from '../vault.ts';
import { SqliteDue } from './due.ts';
import type { SqliteLanes } from './lanes.ts';
import type { SqliteParts } from './parts.ts';
import { approvalIn, toProgress } from './rows.ts';
import type { Row, SqliteStatements } from './statements.ts';
import type { SqliteTurns } from './turns.ts';
import { NO_ROOM, type SqliteValve, type ValveRoom } from './valve.ts';

/** Hands out what is due. Every method is part of somebody's transaction. */
export class SqliteClaims {
  readonly #db: SqliteStatements;
  readonly #vault: LedgerVault;
  readonly #lanes: SqliteLanes;
  readonly #turns: SqliteTurns;
  readonly #valve: SqliteValve;

  constructor({ db, vault, lanes, turns, valve }: SqliteParts) {
    this.#db = db;
    this.#vault = vault;
    this.#lanes = lanes;
    this.#turns = turns;
    this.#valve = valve;
  }

  /** See {@link Ledger.claim}. */
  claim(provider: string, options: ClaimOptions): ClaimResult {
    const { now, limit, leaseMs, maxPerHour, asksOnly } = options;
    this.#lanes.noteLimit(provider, maxPerHour);
    const row = this.#lanes.row(provider);
    const lane = this.#lanes.state(row, now);
    if (lane.parked) return { claims: [], lane };
    if (lane.pausedUntil > now) return { claims: [], lane, nextAt: lane.pausedUntil };
    const probing = lane.streak > 0;
    const probeUntil = Number(row.probe_until);
    // No lease is longer: one that seems so was made by a clock that was ahead, and may be of a worker that is gone.
    if (probing && probeUntil > now && probeUntil <= now + leaseMs) {
      return { claims: [], lane, nextAt: probeUntil };
    }
    const room = asksOnly ? NO_ROOM : this.#valve.room(provider, now, maxPerHour);
    const most = probing ? Math.min(1, limit) : limit;
    const source = Number(row.next_source);
    const due = new SqliteDue(this.#db, this.#turns, { provider, now, limit: most, room, source });
    const claims: Claim[] = [];
    while (claims.length < most) {
      const entry = due.next();
      if (!entry) break;
      claims.push(this.#lease(entry, now + leaseMs));
      due.taken(entry, now + leaseMs);
    }
    if (due.source !== source) this.#lanes.setNextSource(provider, due.source);
    const [probe] = claims;
    if (probing && probe) this.#lanes.setProbe(provider, probe.lease, now + leaseMs);
    if (claims.length === limit) return { claims, lane, nextAt: now };
    if (probing && probe) return { claims, lane, nextAt: now + leaseMs };
    return { claims, lane, ...this.#afterClaim(provider, now, room) };
  }

  /** When a claim that brought less than was asked for may bring more. */
  #afterClaim(provider: string, now: number, room: ValveRoom): Pick<ClaimResult, 'nextAt' | 'surplus'> {
    const hasAsks = this.#turns.hasFresh(provider, 'recheck') || this.#turns.hasFresh(provider, 'verify');
    const asksAt = hasAsks ? now : this.#nextDue(provider, 0);
    const revokes = room.isFull
      ? this.#afterValve(provider, now, room)
      : this.#afterShares(provider, now, room);
    const nextAt = Math.min(asksAt, revokes.at);
    return { ...(Number.isFinite(nextAt) && { nextAt }), ...(revokes.byHand && { surplus: true }) };
  }

  #afterValve(provider: string, now: number, room: ValveRoom): { at: number; byHand: boolean } {
    const dueAt = this.#turns.hasFresh(provider, 'revoke') ? now : this.#nextDue(provider, 1);
    return { at: Math.max(dueAt, room.opensAt()), byHand: dueAt <= now && room.isFullByHand() };
  }

  #afterShares(provider: string, now: number, room: ValveRoom): { at: number; byHand: boolean } {
    const waiting = this.#turns.namespaces(provider, 'revoke');
    const full = waiting.filter((namespace) => room.isShareFull(namespace));
    const freshAt = full.length < waiting.length ? [now] : full.map((namespace) => room.opensAt(namespace));
    return {
      at: Math.min(this.#nextDue(provider, 1), ...freshAt),
      byHand: full.some((namespace) => room.isFullByHand(namespace)),
    };
  }

  #lease(entry: Row, until: number): Claim {
    const lease = crypto.randomUUID();
    this.#db.run(
      'UPDATE entry SET lease = ?, due_at = ?, queue = NULL WHERE seq = ?',
      ...[lease, until, Number(entry.seq)],
    );
    return {
      ...toProgress(entry),
      id: String(entry.id),
      lease,
      provider: String(entry.provider),
      kind: String(entry.kind),
      sealed: String(entry.sealed),
      note: entry.note === null ? null : String(entry.note),
      ...approvalIn(this.#vault, entry),
      state: entry.state === 'attention' ? 'attention' : 'queued',
      firstReportedAt: Number(entry.first_reported_at),
    };
  }

  /** Infinity when nothing of that phase is due ever. */
  #nextDue(provider: string, revokes: 0 | 1): number {
    const { at } = this.#db.row(
      `SELECT min(due_at) AS at FROM entry
       WHERE provider = ? AND (phase = 'revoke') = ? AND due_at IS NOT NULL AND queue IS NULL`,
      ...[provider, revokes],
    );
    return at === null ? Number.POSITIVE_INFINITY : Number(at);
  }
}
