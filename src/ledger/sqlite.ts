import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import type { Outcome } from '../outcome.ts';
import {
  type AcceptOptions,
  type AcceptResult,
  type Claim,
  type ClaimOptions,
  type ClaimResult,
  type Count,
  type Entry,
  type EntryDetails,
  type HistoryEvent,
  type LaneState,
  type Ledger,
  LedgerError,
  type ListOptions,
  type ListPage,
  MAX_EVENTS,
  MAX_LOCATIONS,
  type Phase,
  type Postponement,
  type Progress,
  type Report,
  type Settlement,
  STATES,
  type State,
} from './ledger.ts';
import { MIGRATIONS } from './sqlite-schema.ts';
import { SqliteWriter, unavailable } from './sqlite-writer.ts';

const HOUR_MS = 3_600_000;

/** Reports written before other work of the process gets its turn. */
const ACCEPT_SLICE = 500;

export interface SqliteLedgerOptions {
  /** The file; its folder is created. */
  readonly path: string;
  /** `Vault.keyCheck()` of the key file in use. */
  readonly keyCheck: string;
}

/**
 * Opens, creates or migrates the file.
 * @throws {LedgerError} `unavailable`, `wrong-keys`
 */
export function openSqliteLedger(options: SqliteLedgerOptions): Ledger {
  let db: DatabaseSync | undefined;
  try {
    createPrivately(options.path);
    db = new DatabaseSync(options.path, { timeout: 5_000 });
    // WAL with synchronous=FULL: a commit returns only after its fsync. secure_delete: erased means overwritten.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
    migrate(db);
    compareKeys(db, options.keyCheck);
    // From here on waiting for another process's lock must not stop the event loop; SqliteWriter waits.
    db.exec('PRAGMA busy_timeout = 0');
    return new SqliteLedger(db, new DatabaseSync(options.path, { readOnly: true, timeout: 1_000 }));
  } catch (error) {
    db?.close();
    throw unavailable(error);
  }
}

/** The file, and with it SQLite's -wal and -shm, belongs to the service's user alone. */
function createPrivately(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

function migrate(db: DatabaseSync): void {
  db.exec('BEGIN IMMEDIATE');
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (version > MIGRATIONS.length) {
    db.exec('ROLLBACK');
    throw new LedgerError('unavailable', 'The SQLite ledger was written by a newer version of Quash.');
  }
  for (const step of MIGRATIONS.slice(version)) db.exec(step);
  db.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
}

function compareKeys(db: DatabaseSync, keyCheck: string): void {
  db.prepare("INSERT OR IGNORE INTO meta VALUES ('key-check', ?)").run(keyCheck);
  const known = db.prepare("SELECT value FROM meta WHERE key = 'key-check'").get()?.value;
  if (known !== keyCheck) {
    throw new LedgerError('wrong-keys', 'The SQLite ledger was written with another key file.');
  }
}

class SqliteLedger implements Ledger {
  readonly #db: DatabaseSync;
  /** Pages and counts are read here, so that they never see a transaction that is not committed yet. */
  readonly #reader: DatabaseSync;
  readonly #writer: SqliteWriter;
  readonly #statements = new Map<string, StatementSync>();
  readonly #listeners: ((provider: string) => void)[] = [];

  constructor(db: DatabaseSync, reader: DatabaseSync) {
    this.#db = db;
    this.#reader = reader;
    this.#writer = new SqliteWriter(db);
  }

  async accept(reports: readonly Report[], { now, backlog }: AcceptOptions): Promise<AcceptResult> {
    let created = 0;
    await this.#writer.write(async () => {
      const queued = this.#row("SELECT sum(entries) AS n FROM tally WHERE state = 'queued'").n ?? 0;
      if (reports.length > 0 && Number(queued) >= backlog) {
        throw new LedgerError('backlog-full', 'Too many entries are queued.');
      }
      let seq = Math.max(Number(this.#row('SELECT max(seq) AS n FROM entry').n ?? 0), now * 1000 - 1);
      created = 0;
      for (const [index, report] of reports.entries()) {
        if (index % ACCEPT_SLICE === ACCEPT_SLICE - 1) await new Promise((resolve) => setImmediate(resolve));
        if (this.#acceptOne(report, seq + 1, now)) {
          seq += 1;
          created += 1;
        }
      }
    });
    this.#announce(reports.map((report) => report.provider));
    return { created, repeated: reports.length - created };
  }

  /** @returns true when it made a new entry, whose number is `seq` */
  #acceptOne(report: Report, seq: number, now: number): boolean {
    const known = this.#find('SELECT seq, state, outcome, types FROM entry WHERE id = ?', report.id);
    if (!known) {
      this.#run(
        `INSERT INTO entry (seq, turn, id, provider, kind, types, state, first_reported_at, last_reported_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[seq, seq, report.id, report.provider, report.kind, report.type, report.initial.state, now, now],
      );
      this.#begin(seq, report, now);
      this.#addLocation(seq, report.location);
      return true;
    }
    const number = Number(known.seq);
    this.#run(
      `UPDATE entry SET reports = reports + 1, last_reported_at = max(last_reported_at, ?) WHERE seq = ?`,
      ...[now, number],
    );
    const types = String(known.types).split('\n');
    if (!types.includes(report.type)) {
      this.#run('UPDATE entry SET types = ? WHERE seq = ?', [...types, report.type].join('\n'), number);
    }
    this.#addLocation(number, report.location);
    if (startsAnew(known, report.restarts)) {
      this.#endLease(number);
      this.#begin(number, report, now);
    }
    return false;
  }

  #begin(seq: number, { kind, sealed, initial }: Report, now: number): void {
    const outcome = initial.state === 'attention' ? JSON.stringify(initial.outcome) : null;
    this.#run(
      `UPDATE entry SET kind = ?, state = ?, outcome = ?, sealed = ?, note = NULL, approved = 0, begun = 0,
       phase = 'revoke', attempts = 0, verifications = 0, deferrals = 0, due_at = ?, ended_at = ?
       WHERE seq = ?`,
      ...[kind, initial.state, outcome, sealed, initial.state === 'queued' ? now : null],
      ...[initial.state === 'attention' ? now : null, seq],
    );
    const event = { at: now, event: 'reported' };
    this.#addEvents(seq, [initial.state === 'attention' ? { ...event, outcome: initial.outcome } : event]);
  }

  #addLocation(seq: number, location: string): void {
    if (location === '') return;
    this.#run(
      `INSERT OR IGNORE INTO location SELECT ?, ?
       WHERE (SELECT count(*) FROM location WHERE entry = ?) < ${MAX_LOCATIONS}`,
      ...[seq, location, seq],
    );
  }

  #addEvents(seq: number, events: readonly HistoryEvent[]): void {
    for (const event of events) this.#run('INSERT INTO history VALUES (?, ?)', seq, JSON.stringify(event));
    this.#run(
      `DELETE FROM history WHERE entry = ? AND rowid <=
       (SELECT rowid FROM history WHERE entry = ? ORDER BY rowid DESC LIMIT 1 OFFSET ${MAX_EVENTS})`,
      ...[seq, seq],
    );
  }

  claim(provider: string, options: ClaimOptions): Promise<ClaimResult> {
    return this.#writer.write(() => this.#claim(provider, options));
  }

  #claim(provider: string, { now, limit, leaseMs, maxPerHour }: ClaimOptions): ClaimResult {
    const row = this.#lane(provider);
    const lane = toLane(row);
    if (lane.parked) return { claims: [], lane };
    if (lane.pausedUntil > now) return { claims: [], lane, nextAt: lane.pausedUntil };
    const probing = lane.streak > 0;
    if (probing && Number(row.probe_until) > now) {
      return { claims: [], lane, nextAt: Number(row.probe_until) };
    }
    const due = this.#all(
      `SELECT * FROM entry WHERE provider = ? AND due_at <= ? ORDER BY due_at, turn LIMIT ?`,
      ...[provider, now, probing ? Math.min(1, limit) : limit],
    );
    const taken = this.#throughValve(provider, row, due, { now, maxPerHour });
    const claims = taken.map((entry) => this.#lease(entry, now + leaseMs));
    const [probe] = claims;
    if (probing && probe) {
      this.#run(
        'UPDATE lane SET probe_lease = ?, probe_until = ? WHERE provider = ?',
        ...[probe.lease, now + leaseMs, provider],
      );
    }
    if (taken.length < due.length) return { claims, lane: toLane(this.#lane(provider)) };
    const nextAt = claims.length < limit ? this.#nextDue(provider) : now;
    return { claims, lane, ...(nextAt !== undefined && { nextAt }) };
  }

  /** Lets through what the hour still allows, and parks the lane when something has to stay behind. */
  #throughValve(
    provider: string,
    lane: Row,
    due: Row[],
    { now, maxPerHour }: { now: number; maxPerHour: number },
  ): Row[] {
    const fresh = now >= Number(lane.valve_since) + HOUR_MS;
    const since = fresh ? now : Number(lane.valve_since);
    const begunBefore = fresh ? 0 : Number(lane.valve_begun);
    let begun = begunBefore;
    const taken: Row[] = [];
    for (const entry of due) {
      if (entry.begun === 0) {
        if (maxPerHour > 0 && begun >= maxPerHour) {
          this.#park(provider, 'safety-valve');
          break;
        }
        begun += 1;
      }
      taken.push(entry);
    }
    if (begun > begunBefore) {
      this.#run(
        'UPDATE lane SET valve_since = ?, valve_begun = ? WHERE provider = ?',
        since,
        begun,
        provider,
      );
    }
    return taken;
  }

  #lease(entry: Row, until: number): Claim {
    const lease = crypto.randomUUID();
    this.#run(
      'UPDATE entry SET lease = ?, due_at = ?, begun = 1 WHERE seq = ?',
      lease,
      until,
      Number(entry.seq),
    );
    return {
      ...toProgress(entry),
      id: String(entry.id),
      lease,
      provider: String(entry.provider),
      kind: String(entry.kind),
      sealed: String(entry.sealed),
      note: entry.note === null ? null : String(entry.note),
      approved: entry.approved === 1,
      state: entry.state === 'attention' ? 'attention' : 'queued',
      firstReportedAt: Number(entry.first_reported_at),
    };
  }

  #nextDue(provider: string): number | undefined {
    const next = this.#row(
      'SELECT min(due_at) AS at FROM entry WHERE provider = ? AND due_at IS NOT NULL',
      provider,
    ).at;
    return next === null ? undefined : Number(next);
  }

  settle(claim: Pick<Claim, 'id' | 'lease'>, settlement: Settlement): Promise<boolean> {
    const { now, state, outcome, dueAt, progress, note, events } = settlement;
    return this.#holding(claim, (seq) => {
      // An entry that stays in `attention` keeps the time at which it came there: retention counts from it.
      this.#run(
        `UPDATE entry SET state = ?1, outcome = ?, due_at = ?, phase = ?, attempts = ?, verifications = ?,
         deferrals = ?, note = coalesce(?, note),
         ended_at = CASE ?1 WHEN 'held' THEN NULL WHEN state THEN ended_at ELSE ? END
         WHERE seq = ?`,
        ...[state, outcome ? JSON.stringify(outcome) : null, dueAt ?? null, progress.phase],
        ...[progress.attempts, progress.verifications, progress.deferrals, note ?? null, now, seq],
      );
      if (state === 'done') this.#erase(seq);
      this.#addEvents(seq, events);
    });
  }

  putOff(claim: Pick<Claim, 'id' | 'lease'>, postponement: Postponement): Promise<boolean> {
    const { dueAt, progress, note, events } = postponement;
    return this.#holding(claim, (seq) => {
      this.#run(
        `UPDATE entry SET due_at = ?, phase = ?, attempts = ?, verifications = ?, deferrals = ?,
         note = coalesce(?, note) WHERE seq = ?`,
        ...[dueAt, progress.phase, progress.attempts, progress.verifications, progress.deferrals],
        ...[note ?? null, seq],
      );
      this.#addEvents(seq, events);
    });
  }

  release(claim: Pick<Claim, 'id' | 'lease'>, now: number): Promise<boolean> {
    return this.#holding(claim, (seq, provider) => {
      const last = this.#row(
        'SELECT max(turn) AS n FROM entry WHERE provider = ? AND due_at = ?',
        provider,
        now,
      ).n;
      this.#run('UPDATE entry SET due_at = ?, turn = ? WHERE seq = ?', now, Number(last ?? 0) + 1, seq);
    });
  }

  /** Ends the lease and runs the change, if the lease is still the entry's. */
  #holding(
    claim: Pick<Claim, 'id' | 'lease'>,
    change: (seq: number, provider: string) => void,
  ): Promise<boolean> {
    return this.#writer.write(() => {
      const row = this.#find(
        'SELECT seq, provider FROM entry WHERE id = ? AND lease = ?',
        claim.id,
        claim.lease,
      );
      if (!row) return false;
      const seq = Number(row.seq);
      const provider = String(row.provider);
      this.#endLease(seq);
      change(seq, provider);
      return true;
    });
  }

  /** After this no write with that lease succeeds; if it was the lane's probe, the next entry may be let through. */
  #endLease(seq: number): void {
    this.#run(
      `UPDATE lane SET probe_lease = NULL, probe_until = 0
       WHERE probe_lease = (SELECT lease FROM entry WHERE seq = ?)`,
      seq,
    );
    this.#run('UPDATE entry SET lease = NULL WHERE seq = ?', seq);
  }

  #erase(seq: number): void {
    this.#run('UPDATE entry SET sealed = NULL, note = NULL WHERE seq = ?', seq);
  }

  async requeue(
    id: string,
    options: { now: number; approve: boolean; event: HistoryEvent },
  ): Promise<boolean> {
    const provider = await this.#writer.write(() => {
      const row = this.#find(
        `SELECT seq, provider, approved FROM entry
         WHERE id = ? AND state IN ('held', 'attention') AND sealed IS NOT NULL`,
        id,
      );
      if (!row) return undefined;
      const seq = Number(row.seq);
      this.#endLease(seq);
      this.#run(
        `UPDATE entry SET state = 'queued', outcome = NULL, approved = ?, due_at = ?, ended_at = NULL,
         phase = 'revoke', attempts = 0, verifications = 0, deferrals = 0 WHERE seq = ?`,
        ...[options.approve ? 1 : Number(row.approved), options.now, seq],
      );
      this.#addEvents(seq, [options.event]);
      return String(row.provider);
    });
    if (provider === undefined) return false;
    this.#announce([provider]);
    return true;
  }

  dismiss(id: string, { now, event }: { now: number; event: HistoryEvent }): Promise<boolean> {
    return this.#writer.write(() => {
      const row = this.#find("SELECT seq FROM entry WHERE id = ? AND state NOT IN ('done', 'dismissed')", id);
      if (!row) return false;
      const seq = Number(row.seq);
      this.#endLease(seq);
      this.#run(
        "UPDATE entry SET state = 'dismissed', due_at = NULL, ended_at = ? WHERE seq = ?",
        ...[now, seq],
      );
      this.#erase(seq);
      this.#addEvents(seq, [event]);
      return true;
    });
  }

  get(id: string): Promise<EntryDetails | undefined> {
    return this.#read(() => {
      const row = this.#reader.prepare('SELECT * FROM entry WHERE id = ?').get(id) as Row | undefined;
      if (!row) return undefined;
      const seq = Number(row.seq);
      const locations = this.#reader
        .prepare('SELECT location FROM location WHERE entry = ? ORDER BY rowid')
        .all(seq);
      const history = this.#reader
        .prepare('SELECT event FROM history WHERE entry = ? ORDER BY rowid')
        .all(seq);
      return {
        ...toEntry(row),
        locations: locations.map((found) => String(found.location)),
        history: history.map((found) => JSON.parse(String(found.event)) as HistoryEvent),
      };
    });
  }

  list(options: ListOptions): Promise<ListPage> {
    return this.#read(() => {
      const before = options.cursor === undefined ? Number.MAX_SAFE_INTEGER : parseCursor(options.cursor);
      const rows = this.#groups(options)
        .flatMap((group) => this.#newest(group, before, options))
        .sort((a, b) => Number(b.seq) - Number(a.seq));
      const page = rows.slice(0, options.limit);
      const last = page.at(-1);
      return {
        entries: page.map(toEntry),
        ...(last && rows.length > page.length && { cursor: toCursor(Number(last.seq)) }),
      };
    });
  }

  /** What the filter leaves of the index's two leading columns: each group is read newest first without a sort. */
  #groups({ state, provider }: ListOptions): { provider: string; state: State }[] {
    const tally = this.#reader.prepare('SELECT provider, state FROM tally WHERE entries > 0').all();
    return tally
      .map((row) => ({ provider: String(row.provider), state: row.state as State }))
      .filter(
        (group) => (state ?? group.state) === group.state && (provider ?? group.provider) === group.provider,
      );
  }

  /** One row more than the page, which tells whether there is a next one. */
  #newest(
    group: { provider: string; state: State },
    before: number,
    { type, since, limit }: ListOptions,
  ): Row[] {
    return this.#reader
      .prepare(
        `SELECT * FROM entry WHERE provider = ? AND state = ? AND seq < ? AND seq >= ?
         AND (? = '' OR instr(char(10) || types || char(10), char(10) || ? || char(10)) > 0)
         ORDER BY seq DESC LIMIT ?`,
      )
      .all(group.provider, group.state, before, (since ?? 0) * 1000, type ?? '', type ?? '', limit + 1);
  }

  count(): Promise<readonly Count[]> {
    return this.#read(() =>
      this.#reader
        .prepare('SELECT provider, state, entries FROM tally WHERE entries > 0 ORDER BY provider, state')
        .all()
        .map((row) => ({
          provider: String(row.provider),
          state: row.state as State,
          entries: Number(row.entries),
        })),
    );
  }

  pauseLane(
    provider: string,
    pause: { epoch: number; until: number; reason: string; now: number },
  ): Promise<LaneState> {
    return this.#writer.write(() => {
      this.#lane(provider);
      this.#run(
        `UPDATE lane SET epoch = epoch + 1, streak = streak + 1, paused_until = ?,
         reason = iif(parked, reason, ?), probe_lease = NULL, probe_until = 0 WHERE provider = ? AND epoch = ?`,
        ...[pause.until, pause.reason, provider, pause.epoch],
      );
      return toLane(this.#lane(provider));
    });
  }

  async laneHealthy(provider: string, epoch: number): Promise<void> {
    await this.#writer.write(() =>
      this.#run(
        `UPDATE lane SET epoch = epoch + 1, streak = 0, paused_until = 0, reason = iif(parked, reason, NULL),
         probe_lease = NULL, probe_until = 0 WHERE provider = ? AND epoch = ? AND streak > 0`,
        ...[provider, epoch],
      ),
    );
    this.#announce([provider]);
  }

  async parkLane(provider: string, reason: string): Promise<void> {
    await this.#writer.write(() => {
      this.#lane(provider);
      this.#park(provider, reason);
    });
  }

  #park(provider: string, reason: string): void {
    this.#run(
      'UPDATE lane SET parked = 1, reason = ?, epoch = epoch + 1 WHERE provider = ?',
      reason,
      provider,
    );
  }

  async resumeLane(provider: string): Promise<void> {
    await this.#writer.write(() => {
      this.#lane(provider);
      this.#run(
        `UPDATE lane SET epoch = epoch + 1, streak = 0, paused_until = 0, reason = NULL, parked = 0,
         probe_lease = NULL, probe_until = 0, valve_since = 0, valve_begun = 0 WHERE provider = ?`,
        provider,
      );
    });
    this.#announce([provider]);
  }

  lanes(): Promise<readonly LaneState[]> {
    return this.#read(() => this.#reader.prepare('SELECT * FROM lane ORDER BY provider').all().map(toLane));
  }

  purge({ endedBefore, limit }: { endedBefore: number; limit: number }): Promise<number> {
    return this.#writer.write(() =>
      this.#run(
        `DELETE FROM entry WHERE seq IN (SELECT seq FROM entry WHERE ended_at < ? ORDER BY ended_at LIMIT ?)`,
        ...[endedBefore, limit],
      ),
    );
  }

  onWork(listener: (provider: string) => void): void {
    this.#listeners.push(listener);
  }

  #announce(providers: readonly string[]): void {
    for (const provider of new Set(providers)) for (const listener of this.#listeners) listener(provider);
  }

  async ping(): Promise<void> {
    await this.#writer.write(() => {
      this.#run("INSERT INTO meta VALUES ('ping', '1') ON CONFLICT DO UPDATE SET value = 1 - value");
    });
  }

  async warnings(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {
    await this.#writer.idle();
    this.#reader.close();
    this.#db.close();
  }

  /** The lane's row, made when it is first needed. */
  #lane(provider: string): Row {
    this.#run('INSERT OR IGNORE INTO lane (provider) VALUES (?)', provider);
    return this.#row('SELECT * FROM lane WHERE provider = ?', provider);
  }

  async #read<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      throw unavailable(error);
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** @returns the number of rows changed */
  #run(sql: string, ...values: (string | number | null)[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  #all(sql: string, ...values: (string | number)[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  #find(sql: string, ...values: (string | number)[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  #row(sql: string, ...values: (string | number)[]): Row {
    return this.#find(sql, ...values) ?? {};
  }
}

type Row = Record<string, SQLOutputValue>;

function startsAnew({ state, outcome }: Row, restarts: readonly string[]): boolean {
  if (restarts.length === 0 || outcome === null || (state !== 'done' && state !== 'attention')) return false;
  const { kind, reason } = JSON.parse(String(outcome)) as Partial<Outcome>;
  return [kind, reason].some((why) => why !== undefined && restarts.includes(why));
}

function toProgress(row: Row): Progress {
  return {
    phase: row.phase as Phase,
    attempts: Number(row.attempts),
    verifications: Number(row.verifications),
    deferrals: Number(row.deferrals),
  };
}

function toEntry(row: Row): Entry {
  return {
    ...toProgress(row),
    id: String(row.id),
    provider: String(row.provider),
    kind: String(row.kind),
    types: String(row.types).split('\n'),
    state: STATES.find((state) => state === row.state) ?? 'attention',
    outcome: row.outcome === null ? null : JSON.parse(String(row.outcome)),
    approved: row.approved === 1,
    reports: Number(row.reports),
    firstReportedAt: Number(row.first_reported_at),
    lastReportedAt: Number(row.last_reported_at),
    dueAt: row.due_at === null ? null : Number(row.due_at),
    endedAt: row.ended_at === null ? null : Number(row.ended_at),
  };
}

function toLane(row: Row): LaneState {
  return {
    provider: String(row.provider),
    epoch: Number(row.epoch),
    streak: Number(row.streak),
    pausedUntil: Number(row.paused_until),
    reason: row.reason === null ? null : String(row.reason),
    parked: row.parked === 1,
  };
}

function toCursor(seq: number): string {
  return Buffer.from(String(seq)).toString('base64url');
}

/** A cursor that is none of ours starts from the beginning: seq is then not a number. */
function parseCursor(cursor: string): number {
  const seq = Number(Buffer.from(cursor, 'base64url').toString());
  return Number.isSafeInteger(seq) ? seq : Number.MAX_SAFE_INTEGER;
}
