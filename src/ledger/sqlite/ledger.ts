import { DatabaseSync } from 'node:sqlite';
import type { Mode } from '../../words/mode.ts';
import { nextTurn } from '../../words/next-turn.ts';
import { type AnnouncementBatch, MAX_ANNOUNCEMENTS } from '../announcement.ts';
import type { Claim, ClaimOptions, ClaimResult, Postponement, Settlement } from '../claim.ts';
import type {
  Cause,
  Count,
  EntryDetails,
  HistoryEvent,
  ListOptions,
  ListPage,
  PersonsDecision,
  Phase,
  Reopening,
} from '../entry.ts';
import { historyOf } from '../history.ts';
import { ALL_LANES, type LaneState } from '../lane-state.ts';
import { backlogFull, type Ledger } from '../ledger.ts';
import type { LoggedNotice, NoticeSummary } from '../notice.ts';
import type { ProjectOptions, ProjectPage } from '../projects.ts';
import {
  type AcceptOptions,
  type AcceptResult,
  COUNTS_KEPT_MS,
  countInParts,
  inParts,
  isOnePart,
  type RepeatedReport,
  type RepeatOptions,
  type ReportedToken,
  type ReportList,
} from '../report.ts';
import type { StoredSession } from '../session.ts';
import type { Hour, ProviderDay } from '../statistics.ts';
import { sealedSubject, shownSubject } from '../subject.ts';
import { deathBucket, endedTally, REOPENED, settledTally } from '../tallies.ts';
import type { LedgerVault } from '../vault.ts';
import { SqliteRequest } from './accept.ts';
import { SqliteAnnouncements } from './announcements.ts';
import { readCauses, readCounts, readOldestQueuedAt } from './counts.ts';
import { SqliteDue } from './due.ts';
import { SqliteEntries } from './entries.ts';
import { FullShares } from './full-shares.ts';
import { countInHour, deleteOldHours, readDays, readHours } from './hours.ts';
import { readLanes, readModes, SqliteLanes } from './lanes.ts';
import { listEntries } from './list.ts';
import { createLossGuard } from './loss-guard.ts';
import { createPrivately, migrate, refuseCopying } from './migrate.ts';
import { countOfDay, deleteOldNotices, readNotice, readNotices, saveNotice } from './notices.ts';
import { readEntryProjects, readPlaces, SqlitePlaces } from './places.ts';
import { countDeath, listProjects } from './projects.ts';
import { countRepeat } from './repeats.ts';
import { approvalIn, approvalOf, toEntry, toProgress } from './rows.ts';
import { deleteOldSessions, readSessions, saveSession } from './sessions.ts';
import { type Row, SqliteStatements } from './statements.ts';
import { SqliteTurns } from './turns.ts';
import { NO_ROOM, SqliteValve, type ValveRoom } from './valve.ts';
import { WriteAheadLog } from './write-ahead-log.ts';
import { SqliteWriter, unavailable } from './writer.ts';

/** Reports written before other work of the process gets its turn. */
const ACCEPT_SLICE = 100;

export interface SqliteLedgerOptions {
  /** The file; its folder is created. */
  readonly path: string;
  /** Of the key file in use. */
  readonly vault: LedgerVault;
  /** In place of {@link MAX_ANNOUNCEMENTS}. */
  readonly maxAnnouncements?: number;
  /** How long one transaction may gather work before it is committed. */
  readonly gatherMs?: number;
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
    // synchronous=NORMAL: SQLite syncs the log before it moves anything out of it; SqliteWriter syncs it after each commit.
    // secure_delete: erased means overwritten.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON');
    migrate(db, options.vault);
    refuseCopying(db);
    // From here on waiting for another process's lock must not stop the event loop; SqliteWriter waits.
    db.exec('PRAGMA busy_timeout = 0');
    const readConnection = new DatabaseSync(options.path, { readOnly: true, timeout: 1_000 });
    return new SqliteLedger({ connection: db, readConnection, log: new WriteAheadLog(db) }, options);
  } catch (error) {
    db?.close();
    throw unavailable(error, options.path);
  }
}

interface SqliteFile {
  readonly connection: DatabaseSync;
  /** Pages and counts are read here, so that they never see a transaction that is not committed yet. */
  readonly readConnection: DatabaseSync;
  readonly log: WriteAheadLog;
}

class SqliteLedger implements Ledger {
  readonly #file: SqliteFile;
  readonly #writer: SqliteWriter;
  readonly #db: SqliteStatements;
  readonly #reader: SqliteStatements;
  readonly #announcements: SqliteAnnouncements;
  readonly #valve: SqliteValve;
  readonly #turns: SqliteTurns;
  readonly #lanes: SqliteLanes;
  readonly #entries: SqliteEntries;
  readonly #places: SqlitePlaces;
  readonly #vault: LedgerVault;
  readonly #listeners: ((provider: string) => void)[] = [];

  constructor(
    file: SqliteFile,
    { path, vault, gatherMs, maxAnnouncements = MAX_ANNOUNCEMENTS }: SqliteLedgerOptions,
  ) {
    this.#file = file;
    const refuseLost = createLossGuard(path);
    this.#writer = new SqliteWriter(file.connection, { sync: () => file.log.sync(), refuseLost, gatherMs });
    this.#db = new SqliteStatements(file.connection);
    this.#reader = new SqliteStatements(file.readConnection);
    this.#announcements = new SqliteAnnouncements(this.#db, maxAnnouncements);
    this.#valve = new SqliteValve(this.#db);
    this.#turns = new SqliteTurns(this.#db);
    this.#lanes = new SqliteLanes(this.#db, this.#announcements, this.#valve);
    this.#entries = new SqliteEntries(this.#db, this.#lanes);
    this.#places = new SqlitePlaces(this.#db, vault);
    this.#vault = vault;
  }

  repeat(reports: ReportList<RepeatedReport>, { now, isOver }: RepeatOptions): Promise<readonly boolean[]> {
    return countInParts(reports, isOver, (part) =>
      this.#writer.write(async () => {
        const counted: boolean[] = [];
        for (const [index, report] of part.entries()) {
          if (index % ACCEPT_SLICE === ACCEPT_SLICE - 1) await nextTurn();
          counted.push(countRepeat(this.#db, this.#vault, report, now));
        }
        return counted;
      }),
    );
  }

  async accept(reports: ReportList, { now, backlog, isOver }: AcceptOptions): Promise<AcceptResult> {
    const total = { created: 0, repeated: 0, setAside: [] as number[], beyond: [] as number[] };
    // As its parts others may come in between, nothing would be gained by asking in the transaction of the first one.
    if (!isOnePart(reports) && (await this.#isAllOfFullShares(reports, backlog))) throw backlogFull();
    let left = reports.length;
    for (const [start, part] of inParts(reports, isOver)) {
      const check = start === 0 ? () => this.#refuseBacklog(reports.length, part, backlog) : () => {};
      const { created, setAside, beyond } = await this.#acceptPart(part, now, check);
      total.created += created;
      total.repeated += part.length - created;
      for (const position of setAside) total.setAside.push(start + position);
      for (const position of beyond) total.beyond.push(start + position);
      left -= part.length;
    }
    return { ...total, left };
  }

  /** @throws {LedgerError} `backlog-full` */
  #refuseBacklog(total: number, part: readonly ReportedToken[], backlog: number): void {
    const queued = this.#db.row("SELECT sum(entries) AS n FROM tally WHERE state = 'queued'").n ?? 0;
    if (Number(queued) >= backlog) throw backlogFull();
    if (total > part.length) return;
    const shares = new FullShares(this.#db, backlog);
    shares.look(part);
    if (shares.areAll) throw backlogFull();
  }

  /** Of a request that is committed in parts. */
  async #isAllOfFullShares(reports: ReportList, backlog: number): Promise<boolean> {
    const shares = new FullShares(this.#reader, backlog);
    for (const [, part] of inParts(reports)) {
      shares.look(part);
      if (shares.someIsFree) return false;
      await nextTurn();
    }
    return shares.areAll;
  }

  #request(now: number): SqliteRequest {
    return new SqliteRequest({
      ...{ db: this.#db, entries: this.#entries, places: this.#places, turns: this.#turns },
      ...{ announcements: this.#announcements, now },
    });
  }

  #acceptPart(reports: readonly ReportedToken[], now: number, check: () => void) {
    return this.#writer.write(async () => {
      check();
      const request = this.#request(now);
      for (const [index, report] of reports.entries()) {
        if (index % ACCEPT_SLICE === ACCEPT_SLICE - 1) await nextTurn();
        request.add(report, index);
      }
      // Who claims now does so in the same transaction, and waits for the disk together with the report.
      this.#tellWork(reports.map((report) => report.provider));
      this.#writer.expectMore();
      return { created: request.finish(), setAside: request.setAside, beyond: request.beyond };
    });
  }

  claim(provider: string, options: ClaimOptions): Promise<ClaimResult> {
    return this.#writer.lease(() => this.#claim(provider, options));
  }

  #claim(provider: string, options: ClaimOptions): ClaimResult {
    const { now, limit, leaseMs, maxPerHour, asksOnly } = options;
    this.#lanes.noteLimit(provider, maxPerHour);
    const row = this.#lanes.row(provider);
    const lane = this.#lanes.state(row, now);
    if (lane.parked) return { claims: [], lane };
    if (lane.pausedUntil > now) return { claims: [], lane, nextAt: lane.pausedUntil };
    const probing = lane.streak > 0;
    if (probing && Number(row.probe_until) > now) {
      return { claims: [], lane, nextAt: Number(row.probe_until) };
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
    const asksAt = this.#turns.hasFresh(provider, 'recheck') ? now : this.#nextDue(provider, 0);
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

  settle(claim: Pick<Claim, 'id' | 'lease' | 'firstReportedAt'>, settlement: Settlement): Promise<boolean> {
    const { now, state, outcome, dueAt, progress, note, subject, events, announce, ofReports } = settlement;
    const sealed = sealedSubject(this.#vault, claim.id, subject);
    return this.#holding({ ...claim, ofReports }, (seq, held) => {
      // An entry that stays in `attention` keeps the time at which it came there: retention counts from it.
      this.#db.run(
        `UPDATE entry SET state = ?1, outcome = iif(?1 = 'held', ?2, coalesce(?2, outcome)), due_at = ?,
         phase = ?, attempts = ?, verifications = ?, deferrals = ?, lease = NULL,
         note = iif(?1 = 'done', NULL, coalesce(?, note)), sealed = iif(?1 = 'done', NULL, sealed),
         subject = coalesce(?, subject),
         ended_at = CASE ?1 WHEN 'held' THEN NULL WHEN state THEN ended_at ELSE ? END
         WHERE seq = ?`,
        ...[state, outcome ? JSON.stringify(outcome) : null, dueAt ?? null, progress.phase],
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

  putOff(claim: Pick<Claim, 'id' | 'lease'>, postponement: Postponement): Promise<boolean> {
    const { now, dueAt, progress, note, events, announce, endsApproval } = postponement;
    return this.#holding(claim, (seq) => {
      this.#db.run(
        `UPDATE entry SET lease = NULL, due_at = ?, phase = ?, attempts = ?, verifications = ?, deferrals = ?,
         note = coalesce(?6, note), approved = iif(?7, 0, approved), approval = iif(?7, NULL, approval),
         act = act + (?7 AND approved > 0) WHERE seq = ?`,
        ...[dueAt, progress.phase, progress.attempts, progress.verifications, progress.deferrals],
        ...[note ?? null, endsApproval ? 1 : 0, seq],
      );
      this.#entries.addEvents(seq, events);
      if (announce) this.#announcements.addOfEntry(seq, announce, now);
    });
  }

  renew(claims: readonly Pick<Claim, 'id' | 'lease'>[], until: number): Promise<number> {
    return this.#writer.lease(() => {
      let renewed = 0;
      for (const { id, lease } of claims) {
        renewed += this.#db.run('UPDATE entry SET due_at = ? WHERE id = ? AND lease = ?', until, id, lease);
        this.#lanes.renewProbe(lease, until);
      }
      return renewed;
    });
  }

  release(claim: Pick<Claim, 'id' | 'lease'>, now: number): Promise<boolean> {
    return this.#holding(claim, (seq, { provider }) => {
      const last = this.#db.row(
        `SELECT max(turn) AS n FROM entry
         WHERE provider = ? AND (phase = 'revoke') IN (0, 1) AND due_at = ? AND queue IS NULL`,
        ...[String(provider), now],
      ).n;
      this.#db.run(
        'UPDATE entry SET lease = NULL, due_at = ?, turn = ? WHERE seq = ?',
        ...[now, Number(last ?? 0) + 1, seq],
      );
    });
  }

  /** Runs the change, which has to take the lease away, if the lease is still the entry's. */
  #holding(
    claim: Pick<Claim, 'id' | 'lease'> & { readonly ofReports?: number | undefined },
    change: (seq: number, held: Row) => void,
  ): Promise<boolean> {
    return this.#writer.write(() => {
      const held = this.#db.find(
        `SELECT seq, provider, state, share FROM entry
         WHERE id = ? AND lease = ? AND reports <= coalesce(?, reports)`,
        ...[claim.id, claim.lease, claim.ofReports ?? null],
      );
      if (!held) return false;
      this.#lanes.endProbe(String(held.provider), claim.lease);
      change(Number(held.seq), held);
      return true;
    });
  }

  async requeue(id: string, options: PersonsDecision & { readonly approve: boolean }): Promise<boolean> {
    const provider = await this.#writer.write(() => {
      const row = this.#db.find(
        `SELECT seq, provider, approved, act, approval, outcome FROM entry
         WHERE id = ? AND state IN ('held', 'attention') AND sealed IS NOT NULL`,
        id,
      );
      if (!row || this.#entries.hasChangedSince(Number(row.seq), options.asOf)) return undefined;
      const seq = Number(row.seq);
      const approval = options.approve ? this.#approve(id, row, options.event) : row;
      this.#entries.endLease(seq);
      this.#db.run(
        `UPDATE entry SET state = 'queued', outcome = NULL, approved = ?, approval = ?, due_at = ?, ended_at = NULL,
         phase = 'revoke', attempts = 0, verifications = 0, deferrals = 0 WHERE seq = ?`,
        ...[Number(approval.approved), approval.approval as string | null, options.now, seq],
      );
      this.#entries.addEvents(seq, [options.event]);
      return String(row.provider);
    });
    if (provider === undefined) return false;
    this.#tellWork([provider]);
    return true;
  }

  #approve(id: string, row: Row, { by = '' }: HistoryEvent): Pick<Row, 'approved' | 'approval'> {
    const approved = approvalOf(row);
    const act = Number(row.act);
    return { approved, approval: this.#vault.signApproval(id, { unproven: approved === 2, act, by }) };
  }

  reopen(id: string, { now, from, outcome, event }: Reopening): Promise<boolean> {
    return this.#writer.write(() => {
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
    });
  }

  dismiss(id: string, { now, event, asOf }: PersonsDecision): Promise<boolean> {
    return this.#writer.write(() => {
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
      if (row.queue !== null) this.#turns.left(String(row.provider), row.phase as Phase, String(row.queue));
      this.#entries.addEvents(seq, [event]);
      countInHour(this.#db, { now, provider: String(row.provider), tally: endedTally('dismissed') });
      this.#announcements.addOfEntry(seq, 'dismissed', now);
      return true;
    });
  }

  get(id: string): Promise<EntryDetails | undefined> {
    return this.#read((db) => {
      const row = db.find('SELECT * FROM entry WHERE id = ?', id);
      if (!row) return undefined;
      const seq = Number(row.seq);
      const findings = db.all('SELECT finding FROM entry_finding WHERE entry = ? ORDER BY number', seq);
      const history = db.all('SELECT event FROM entry_event WHERE entry = ? ORDER BY number', seq);
      const entry = toEntry(row, readEntryProjects(db, seq));
      const firstOutcome = row.first_outcome === null ? null : String(row.first_outcome);
      return {
        ...entry,
        ...readPlaces(db, this.#vault, { seq, id }),
        ...shownSubject(this.#vault, id, row.subject === null ? null : String(row.subject)),
        findings: findings.map(({ finding }) => String(finding)),
        history: historyOf(
          entry,
          firstOutcome,
          history.map(({ event }) => String(event)),
        ),
      };
    });
  }

  list(options: ListOptions): Promise<ListPage> {
    return this.#read((db) => listEntries(db, options));
  }

  count(): Promise<readonly Count[]> {
    return this.#read((db) => readCounts(db));
  }

  causes(): Promise<readonly Cause[]> {
    return this.#read((db) => readCauses(db));
  }

  projects(options: ProjectOptions): Promise<ProjectPage> {
    return this.#read((db) => listProjects(db, options));
  }

  oldestQueuedAt(): Promise<number | undefined> {
    return this.#read((db) => readOldestQueuedAt(db));
  }

  hours(since: number): Promise<readonly Hour[]> {
    return this.#read((db) => readHours(db, since));
  }

  days(since: number): Promise<readonly ProviderDay[]> {
    return this.#read((db) => readDays(db, since));
  }

  pauseLane(
    provider: string,
    pause: { epoch: number; until: number; reason: string; now: number },
  ): Promise<LaneState> {
    return this.#writer.write(() => this.#lanes.pause(provider, pause));
  }

  async laneHealthy(provider: string, epoch: number, now: number): Promise<void> {
    await this.#writer.write(() => this.#lanes.healthy(provider, epoch, now));
    this.#tellWork([provider]);
  }

  async parkLane(provider: string, reason: string, now: number): Promise<void> {
    await this.#writer.write(() => this.#lanes.park(provider, reason, now));
  }

  async resumeLane(provider: string, now: number): Promise<void> {
    await this.#writer.write(() => this.#lanes.resume(provider, now));
    this.#tellWork([provider]);
  }

  lanes(now: number): Promise<readonly LaneState[]> {
    return this.#read((db) => readLanes(db, now));
  }

  setMode(provider: string, mode: Mode | null): Promise<void> {
    return this.#writer.write(() => {
      this.#lanes.setMode(provider, mode);
      if (mode === null || mode === 'revoke') return;
      this.#db.run(
        "UPDATE entry SET approved = 0, approval = NULL, act = act + 1 WHERE state = 'queued' AND approved > 0 AND (?1 = ?2 OR provider = ?1)",
        ...[provider, ALL_LANES],
      );
    });
  }

  modes(): Promise<Readonly<Record<string, Mode>>> {
    return this.#read(readModes);
  }

  mark(name: string): Promise<string | undefined> {
    return this.#read((db) => {
      const row = db.find('SELECT value FROM meta WHERE key = ?', markKey(name));
      return row && String(row.value);
    });
  }

  setMark(name: string, value: string): Promise<void> {
    return this.#writer.write(() => {
      this.#db.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', markKey(name), value);
    });
  }

  saveSession(session: StoredSession, now: number): Promise<boolean> {
    return this.#writer.write(() => saveSession(this.#db, this.#vault, session, now));
  }

  session(id: string): Promise<StoredSession | undefined> {
    return this.#read((db) => readSessions(db, this.#vault, id)[0]);
  }

  sessions(): Promise<readonly StoredSession[]> {
    return this.#read((db) => readSessions(db, this.#vault));
  }

  async endSession(id: string): Promise<void> {
    await this.#writer.write(() => this.#db.run('DELETE FROM session WHERE id = ?', id));
  }

  setChannels(channels: readonly string[]): Promise<void> {
    return this.#writer.write(() => this.#announcements.setChannels(channels));
  }

  takeAnnouncements(
    channel: string,
    options: { now: number; limit: number; leaseMs: number },
  ): Promise<AnnouncementBatch | undefined> {
    return this.#writer.lease(() => this.#announcements.take(channel, options));
  }

  confirmAnnouncements(channel: string, lease: string, through: string): Promise<boolean> {
    return this.#writer.write(() => this.#announcements.confirm(channel, lease, through));
  }

  putOffAnnouncements(channel: string, lease: string, until: number): Promise<boolean> {
    return this.#writer.write(() => this.#announcements.putOff(channel, lease, until));
  }

  async saveNotice(notice: LoggedNotice): Promise<void> {
    await this.#writer.write(() => saveNotice(this.#db, this.#vault, notice));
  }

  notice(id: string): Promise<LoggedNotice | undefined> {
    return this.#read((db) => readNotice(db, this.#vault, id));
  }

  notices(limit: number): Promise<readonly NoticeSummary[]> {
    return this.#read((db) => readNotices(db, this.#vault, limit));
  }

  sendAgain(notice: Pick<NoticeSummary, 'id' | 'channel'>, now: number): Promise<boolean> {
    return this.#writer.write(() => {
      if (!this.#db.find('SELECT 1 FROM notice WHERE id = ?', notice.id)) return false;
      this.#announcements.addSendAgain(notice, now);
      return true;
    });
  }

  countOfDay(name: string, options: { now: number; limit: number }): Promise<boolean> {
    return this.#writer.write(() => countOfDay(this.#db, name, options));
  }

  async purge(options: { now: number; endedBefore: number; limit: number }): Promise<number> {
    const purged = await this.#writer.write(() => {
      deleteOldHours(this.#db, options.now);
      deleteOldNotices(this.#db, options);
      deleteOldSessions(this.#db, options.now);
      this.#entries.deleteOldCounts(options.now - COUNTS_KEPT_MS);
      return this.#entries.deleteEnded(options);
    });
    this.#emptyLog();
    return purged;
  }

  /** What was erased stays in the `-wal` file until something is written over it, which may never be. */
  #emptyLog(): void {
    try {
      const { connection } = this.#file;
      if (!connection.isTransaction) connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // Others read or write, or the disk is full: nothing is lost, and the next purge tries again.
    }
  }

  onWork(listener: (provider: string) => void): void {
    this.#listeners.push(listener);
  }

  #tellWork(providers: readonly string[]): void {
    for (const provider of new Set(providers)) for (const listener of this.#listeners) listener(provider);
  }

  async ping(): Promise<void> {
    await this.#writer.write(() => {
      this.#db.run("INSERT INTO meta VALUES ('ping', '1') ON CONFLICT DO UPDATE SET value = 1 - value");
    });
  }

  async warnings(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {
    await this.#writer.idle();
    const { connection, readConnection, log } = this.#file;
    readConnection.close();
    connection.close();
    await log.close();
  }

  /** One moment's view, however many statements it takes. */
  async #read<T>(work: (db: SqliteStatements) => T): Promise<T> {
    const { readConnection } = this.#file;
    try {
      readConnection.exec('BEGIN');
      try {
        return work(this.#reader);
      } finally {
        readConnection.exec('COMMIT');
      }
    } catch (error) {
      throw unavailable(error);
    }
  }
}

/** Beside what the ledger itself keeps in that table. */
function markKey(name: string): string {
  return `mark:${name}`;
}
