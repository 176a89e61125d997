import type { Mode } from '../../words/mode.ts';
import { ALL_LANES, type LaneState } from '../ledger.ts';
import { HOUR_MS } from '../tallies.ts';
import type { SqliteAnnouncements } from './announcements.ts';
import { toLane } from './rows.ts';
import type { Row, SqliteStatements } from './statements.ts';

/** Lanes with the mode that is in place for each. */
const LANES = `
  SELECT lane.*, coalesce(own.mode, general.mode) AS mode FROM lane
  LEFT JOIN mode AS own ON own.provider = lane.provider
  LEFT JOIN mode AS general ON general.provider = '${ALL_LANES}'`;

export function readLanes(db: SqliteStatements): LaneState[] {
  return db.all(`${LANES} ORDER BY lane.provider`).map(toLane);
}

export function readModes(db: SqliteStatements): Record<string, Mode> {
  const modes = db.all('SELECT provider, mode FROM mode');
  return Object.fromEntries(modes.map(({ provider, mode }) => [String(provider), mode as Mode]));
}

/** Pauses, parks, probes, the safety valve and modes. Every method is part of somebody's transaction. */
export class SqliteLanes {
  readonly #db: SqliteStatements;
  readonly #announcements: SqliteAnnouncements;

  constructor(db: SqliteStatements, announcements: SqliteAnnouncements) {
    this.#db = db;
    this.#announcements = announcements;
  }

  /** The lane's row, made when it is first needed. */
  row(provider: string): Row {
    this.#create(provider);
    return this.#db.row(`${LANES} WHERE lane.provider = ?`, provider);
  }

  state(provider: string): LaneState {
    return toLane(this.row(provider));
  }

  #create(provider: string): void {
    this.#db.run('INSERT OR IGNORE INTO lane (provider) VALUES (?)', provider);
  }

  /** Lets nobody else work until the probe's lease ends. */
  setProbe(provider: string, lease: string, until: number): void {
    this.#db.run(
      'UPDATE lane SET probe_lease = ?, probe_until = ? WHERE provider = ?',
      ...[lease, until, provider],
    );
  }

  /** If the lease was the lane's probe, the next entry may be let through. */
  endProbe(provider: string, lease: string): void {
    this.#db.run(
      'UPDATE lane SET probe_lease = NULL, probe_until = 0 WHERE provider = ? AND probe_lease = ?',
      ...[provider, lease],
    );
  }

  /**
   * Lets through what the hour still allows, and parks the lane when something has to stay behind. The hour runs from
   * the first entry that was begun in it.
   */
  throughValve(
    before: LaneState,
    due: readonly Row[],
    now: number,
    maxPerHour: number,
  ): { taken: readonly Row[]; lane: LaneState } {
    const { provider } = before;
    const isOver = now >= before.begunSince + HOUR_MS;
    let begun = isOver ? 0 : before.begun;
    let begunSince = isOver ? 0 : before.begunSince;
    const taken: Row[] = [];
    for (const entry of due) {
      if (entry.begun === 0) {
        if (maxPerHour > 0 && begun >= maxPerHour) break;
        if (begun === 0) begunSince = now;
        begun += 1;
      }
      taken.push(entry);
    }
    if (begun !== before.begun || begunSince !== before.begunSince) {
      this.#db.run(
        'UPDATE lane SET valve_since = ?, valve_begun = ? WHERE provider = ?',
        ...[begunSince, begun, provider],
      );
    }
    if (taken.length === due.length) return { taken, lane: { ...before, begun, begunSince } };
    this.park(provider, 'safety-valve', now);
    return { taken, lane: this.state(provider) };
  }

  noteDone(provider: string, now: number): void {
    this.#db.run('UPDATE lane SET last_done_at = ? WHERE provider = ?', now, provider);
  }

  pause(
    provider: string,
    { epoch, until, reason, now }: { epoch: number; until: number; reason: string; now: number },
  ): LaneState {
    this.#create(provider);
    const paused = this.#db.run(
      `UPDATE lane SET epoch = epoch + 1, streak = streak + 1, paused_until = ?,
       reason = iif(parked, reason, ?), probe_lease = NULL, probe_until = 0 WHERE provider = ? AND epoch = ?`,
      ...[until, reason, provider, epoch],
    );
    const lane = this.state(provider);
    if (paused > 0 && lane.streak === 1) {
      this.#announcements.addOfLane(provider, 'lane-paused', now, reason);
    }
    return lane;
  }

  healthy(provider: string, epoch: number, now: number): void {
    const opened = this.#db.run(
      `UPDATE lane SET epoch = epoch + 1, streak = 0, paused_until = 0, reason = iif(parked, reason, NULL),
       probe_lease = NULL, probe_until = 0 WHERE provider = ? AND epoch = ? AND streak > 0`,
      ...[provider, epoch],
    );
    if (opened > 0 && !this.state(provider).parked) {
      this.#announcements.addOfLane(provider, 'lane-resumed', now, 'recovered');
    }
  }

  park(provider: string, reason: string, now: number): void {
    const { parked } = this.state(provider);
    this.#db.run(
      'UPDATE lane SET parked = 1, reason = ?, epoch = epoch + 1 WHERE provider = ?',
      ...[reason, provider],
    );
    if (!parked) this.#announcements.addOfLane(provider, 'lane-parked', now, reason);
  }

  resume(provider: string, now: number): void {
    const { parked, streak } = this.state(provider);
    this.#db.run(
      `UPDATE lane SET epoch = epoch + 1, streak = 0, paused_until = 0, reason = NULL, parked = 0,
       probe_lease = NULL, probe_until = 0, valve_since = 0, valve_begun = 0 WHERE provider = ?`,
      provider,
    );
    if (parked || streak > 0) this.#announcements.addOfLane(provider, 'lane-resumed', now, null);
  }

  setMode(provider: string, mode: Mode | null): void {
    if (provider !== ALL_LANES) this.#create(provider);
    if (mode === null) this.#db.run('DELETE FROM mode WHERE provider = ?', provider);
    else this.#db.run('INSERT OR REPLACE INTO mode VALUES (?, ?)', provider, mode);
  }
}
