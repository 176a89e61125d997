import type { Mode } from '../../words/mode.ts';
import { ALL_LANES, type LaneState, type Recovery } from '../lane-state.ts';
import type { SqliteAnnouncements } from './announcements.ts';
import { toLane } from './rows.ts';
import type { Row, SqliteStatements } from './statements.ts';
import { readBuckets, readFullShares, type SqliteValve } from './valve.ts';

/** Lanes with the mode that is in place for each. */
const LANES = `
  SELECT lane.*, coalesce(own.mode, general.mode) AS mode FROM lane
  LEFT JOIN mode AS own ON own.provider = lane.provider
  LEFT JOIN mode AS general ON general.provider = '${ALL_LANES}'`;

export function readLanes(db: SqliteStatements, now: number): LaneState[] {
  const lanes = db.all(`${LANES} ORDER BY lane.provider`);
  return lanes.map((row) => stateOf(db, row, now));
}

function stateOf(db: SqliteStatements, row: Row, now: number): LaneState {
  const provider = String(row.provider);
  return toLane(
    row,
    readBuckets(db, provider, now),
    readFullShares(db, provider, now, Number(row.valve_max)),
  );
}

export function readModes(db: SqliteStatements): Record<string, Mode> {
  const modes = db.all('SELECT provider, mode FROM mode');
  return Object.fromEntries(modes.map(({ provider, mode }) => [String(provider), mode as Mode]));
}

/** Pauses, parks, probes and modes. Every method is part of somebody's transaction. */
export class SqliteLanes {
  readonly #db: SqliteStatements;
  readonly #announcements: SqliteAnnouncements;
  readonly #valve: SqliteValve;

  constructor(db: SqliteStatements, announcements: SqliteAnnouncements, valve: SqliteValve) {
    this.#db = db;
    this.#announcements = announcements;
    this.#valve = valve;
  }

  /** Without values where the lane has no row yet. */
  row(provider: string): Row {
    return this.#db.row(`${LANES} WHERE lane.provider = ?`, provider);
  }

  /** @param row of a lane that has one */
  state(row: Row, now: number): LaneState {
    return stateOf(this.#db, row, now);
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

  renewProbe(lease: string, until: number): void {
    this.#db.run('UPDATE lane SET probe_until = ? WHERE probe_lease = ?', until, lease);
  }

  /** If the lease was the lane's probe, the next entry may be let through. */
  endProbe(provider: string, lease: string): void {
    this.#db.run(
      'UPDATE lane SET probe_lease = NULL, probe_until = 0 WHERE provider = ? AND probe_lease = ?',
      ...[provider, lease],
    );
  }

  /** What the next ones are held against, also where the lane is only shown. Makes the lane's row where it has none. */
  noteLimit(provider: string, maxPerHour: number): void {
    this.#db.run(
      `INSERT INTO lane (provider, valve_max) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET valve_max = excluded.valve_max WHERE valve_max <> excluded.valve_max`,
      ...[provider, maxPerHour],
    );
  }

  setNextSource(provider: string, source: number): void {
    this.#db.run('UPDATE lane SET next_source = ? WHERE provider = ?', source, provider);
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
    const lane = this.state(this.row(provider), now);
    if (paused > 0 && lane.streak === 1) {
      this.#announcements.addOfLane(provider, 'lane-paused', now, reason);
    }
    return lane;
  }

  healthy(provider: string, epoch: number, now: number, how: Recovery): void {
    const opened = this.#db.run(
      `UPDATE lane SET epoch = epoch + 1, streak = 0, paused_until = 0,
       reason = iif(parked OR ?1 = 'in-part', reason, NULL), probe_lease = NULL, probe_until = 0
       WHERE provider = ?2 AND epoch = ?3
       AND (streak > 0 OR (?1 = 'recovered' AND reason IS NOT NULL AND NOT parked))`,
      ...[how, provider, epoch],
    );
    if (opened > 0 && this.row(provider).parked === 0) {
      this.#announcements.addOfLane(provider, 'lane-resumed', now, how);
    }
  }

  park(provider: string, reason: string, now: number): void {
    this.#create(provider);
    const { parked } = this.row(provider);
    this.#db.run(
      'UPDATE lane SET parked = 1, reason = ?, epoch = epoch + 1 WHERE provider = ?',
      ...[reason, provider],
    );
    if (parked === 0) this.#announcements.addOfLane(provider, 'lane-parked', now, reason);
  }

  resume(provider: string, now: number): void {
    this.#create(provider);
    const { parked, streak } = this.row(provider);
    this.#db.run(
      `UPDATE lane SET epoch = epoch + 1, streak = 0, paused_until = 0,
       reason = iif(parked OR streak > 0, NULL, reason), parked = 0,
       probe_lease = NULL, probe_until = 0 WHERE provider = ?`,
      provider,
    );
    this.#valve.forget(provider);
    if (parked === 1 || Number(streak) > 0)
      this.#announcements.addOfLane(provider, 'lane-resumed', now, null);
  }

  setMode(provider: string, mode: Mode | null): void {
    if (provider !== ALL_LANES) this.#create(provider);
    if (mode === null) this.#db.run('DELETE FROM mode WHERE provider = ?', provider);
    else this.#db.run('INSERT OR REPLACE INTO mode VALUES (?, ?)', provider, mode);
  }
}
