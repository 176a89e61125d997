import { DatabaseSync } from 'node:sqlite';
import type { Mode } from '../../words/mode.ts';
import { nextTurn } from '../../words/next-turn.ts';
import { type AnnouncementBatch, MAX_ANNOUNCEMENTS, type TakeOptions } from '../announcement.ts';
import type { Claim, ClaimOptions, ClaimResult, MendedOptions, Postponement, Settlement } from '../claim.ts';
import type {
  Cause,
  Count,
  EntryDetails,
  ListOptions,
  ListPage,
  PersonsDecision,
  Reopening,
} from '../entry.ts';
import type { LaneState, Recovery } from '../lane-state.ts';
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
import type { LedgerVault } from '../vault.ts';
import { SqliteRequest } from './accept.ts';
import { SqliteClaims } from './claims.ts';
import { readCauses, readCounts, readOldestQueuedAt } from './counts.ts';
import { SqliteDecisions } from './decisions.ts';
import { readEntry } from './details.ts';
import { areAllOfFullShares, refuseFull } from './full-shares.ts';
import { deleteOldHours, readDays, readHours } from './hours.ts';
import { readLanes, readModes } from './lanes.ts';
import { SqliteLeases } from './leases.ts';
import { listEntries } from './list.ts';
import { createLossGuard } from './loss-guard.ts';
import { createPrivately, migrate, refuseCopying } from './migrate.ts';
import { countOfDay, deleteOldNotices, readNotice, readNotices, saveNotice } from './notices.ts';
import { createParts, type SqliteParts } from './parts.ts';
import { listProjects } from './projects.ts';
import { countRepeat } from './repeats.ts';
import { deleteOldSessions, readSessions, saveSession } from './sessions.ts';
import { SqliteStatements } from './statements.ts';
import { WriteAheadLog } from './write-ahead-log.ts';
import { SqliteWriter, unavailable } from './writer.ts';

/** Reports written before other work of the process gets its turn. */
const ACCEPT_SLICE = 100;

/** See {@link Ledger.endWaits}. */
const WAITING_PER_WRITE = 200;

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
  readonly #reader: SqliteStatements;
  readonly #vault: LedgerVault;
  readonly #parts: SqliteParts;
  readonly #claims: SqliteClaims;
  readonly #leases: SqliteLeases;
  readonly #decisions: SqliteDecisions;
  readonly #listeners: ((provider: string) => void)[] = [];

  constructor(
    file: SqliteFile,
    { path, vault, gatherMs, maxAnnouncements = MAX_ANNOUNCEMENTS }: SqliteLedgerOptions,
  ) {
    this.#file = file;
    const refuseLost = createLossGuard(path);
    this.#writer = new SqliteWriter(file.connection, { sync: () => file.log.sync(), refuseLost, gatherMs });
    this.#reader = new SqliteStatements(file.readConnection);
    this.#parts = createParts(file.connection, { vault, maxAnnouncements });
    this.#claims = new SqliteClaims(this.#parts);
    this.#leases = new SqliteLeases(this.#parts);
    this.#decisions = new SqliteDecisions(this.#parts);
    this.#vault = vault;
  }

  repeat(reports: ReportList<RepeatedReport>, { now, isOver }: RepeatOptions): Promise<readonly boolean[]> {
    const { db } = this.#parts;
    return countInParts(reports, isOver, (part) =>
      this.#writer.write(async () => {
        const counted: boolean[] = [];
        for (const [index, report] of part.entries()) {
          if (index % ACCEPT_SLICE === ACCEPT_SLICE - 1) await nextTurn();
          counted.push(countRepeat(db, this.#vault, report, now));
        }
        return counted;
      }),
    );
  }

  async accept(reports: ReportList, { now, backlog, isOver }: AcceptOptions): Promise<AcceptResult> {
    const total = { created: 0, repeated: 0, setAside: [] as number[], beyond: [] as number[] };
    // As its parts others may come in between, nothing would be gained by asking in the transaction of the first one.
    if (!isOnePart(reports) && (await areAllOfFullShares(this.#reader, reports, backlog)))
      throw backlogFull();
    let left = reports.length;
    for (const [start, part] of inParts(reports, isOver)) {
      const check =
        start === 0 ? () => refuseFull(this.#parts.db, { total: reports.length, part, backlog }) : () => {};
      const { created, setAside, beyond } = await this.#acceptPart(part, now, check);
      total.created += created;
      total.repeated += part.length - created;
      for (const position of setAside) total.setAside.push(start + position);
      for (const position of beyond) total.beyond.push(start + position);
      left -= part.length;
    }
    return { ...total, left };
  }

  #acceptPart(reports: readonly ReportedToken[], now: number, check: () => void) {
    return this.#writer.write(async () => {
      check();
      const request = new SqliteRequest(this.#parts, now);
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
    return this.#writer.lease(() => this.#claims.claim(provider, options));
  }

  settle(claim: Pick<Claim, 'id' | 'lease' | 'firstReportedAt'>, settlement: Settlement): Promise<boolean> {
    return this.#writer.write(() => this.#leases.settle(claim, settlement));
  }

  putOff(claim: Pick<Claim, 'id' | 'lease'>, postponement: Postponement): Promise<boolean> {
    return this.#writer.write(() => this.#leases.putOff(claim, postponement));
  }

  /** In parts, so that what others write comes between. */
  async endWaits(
    provider: string,
    { limit = Number.POSITIVE_INFINITY, shownBy, ...options }: MendedOptions,
  ): Promise<number | undefined> {
    let moved = 0;
    for (let known = shownBy; moved < limit; known = undefined) {
      const part = Math.min(limit - moved, WAITING_PER_WRITE);
      const of = { ...options, limit: part, ...(known !== undefined && { shownBy: known }) };
      const more = await this.#writer.write(() => this.#leases.endWaits(provider, of));
      if (more === undefined) return undefined;
      moved += more;
      if (more < part) break;
    }
    if (moved > 0) this.#tellWork([provider]);
    return moved;
  }

  renew(claims: readonly Pick<Claim, 'id' | 'lease'>[], until: number): Promise<number> {
    return this.#writer.lease(() => this.#leases.renew(claims, until));
  }

  release(claim: Pick<Claim, 'id' | 'lease'>, now: number): Promise<boolean> {
    return this.#writer.write(() => this.#leases.release(claim, now));
  }

  async requeue(id: string, decision: PersonsDecision & { readonly approve: boolean }): Promise<boolean> {
    const provider = await this.#writer.write(() => this.#decisions.requeue(id, decision));
    if (provider === undefined) return false;
    this.#tellWork([provider]);
    return true;
  }

  reopen(id: string, reopening: Reopening): Promise<boolean> {
    return this.#writer.write(() => this.#decisions.reopen(id, reopening));
  }

  dismiss(id: string, decision: PersonsDecision): Promise<boolean> {
    return this.#writer.write(() => this.#decisions.dismiss(id, decision));
  }

  get(id: string): Promise<EntryDetails | undefined> {
    return this.#read((db) => readEntry(db, this.#vault, id));
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

  oldestQueuedAt(apartFrom = ''): Promise<number | undefined> {
    return this.#read((db) => readOldestQueuedAt(db, apartFrom));
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
    return this.#writer.write(() => this.#parts.lanes.pause(provider, pause));
  }

  async laneHealthy(
    provider: string,
    epoch: number,
    now: number,
    how: Recovery = 'recovered',
  ): Promise<void> {
    await this.#writer.write(() => this.#parts.lanes.healthy(provider, epoch, now, how));
    this.#tellWork([provider]);
  }

  async parkLane(provider: string, reason: string, now: number): Promise<void> {
    await this.#writer.write(() => this.#parts.lanes.park(provider, reason, now));
  }

  async resumeLane(provider: string, now: number): Promise<void> {
    await this.#writer.write(() => this.#parts.lanes.resume(provider, now));
    this.#tellWork([provider]);
  }

  lanes(now: number): Promise<readonly LaneState[]> {
    return this.#read((db) => readLanes(db, now));
  }

  setMode(provider: string, mode: Mode | null): Promise<void> {
    const { lanes, entries } = this.#parts;
    return this.#writer.write(() => {
      lanes.setMode(provider, mode);
      if (mode !== null && mode !== 'revoke') entries.endApprovals(provider);
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
      this.#parts.db.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', markKey(name), value);
    });
  }

  saveSession(session: StoredSession, now: number): Promise<boolean> {
    return this.#writer.write(() => saveSession(this.#parts.db, this.#vault, session, now));
  }

  session(id: string): Promise<StoredSession | undefined> {
    return this.#read((db) => readSessions(db, this.#vault, id)[0]);
  }

  sessions(): Promise<readonly StoredSession[]> {
    return this.#read((db) => readSessions(db, this.#vault));
  }

  async endSession(id: string): Promise<void> {
    await this.#writer.write(() => this.#parts.db.run('DELETE FROM session WHERE id = ?', id));
  }

  setChannels(channels: readonly string[]): Promise<void> {
    return this.#writer.write(() => this.#parts.announcements.setChannels(channels));
  }

  takeAnnouncements(channel: string, options: TakeOptions): Promise<AnnouncementBatch | undefined> {
    return this.#writer.lease(() => this.#parts.announcements.take(channel, options));
  }

  confirmAnnouncements(channel: string, lease: string, through: string): Promise<boolean> {
    return this.#writer.write(() => this.#parts.announcements.confirm(channel, lease, through));
  }

  putOffAnnouncements(channel: string, lease: string, until: number): Promise<boolean> {
    return this.#writer.write(() => this.#parts.announcements.putOff(channel, lease, until));
  }

  async saveNotice(notice: LoggedNotice): Promise<void> {
    await this.#writer.write(() => saveNotice(this.#parts.db, this.#vault, notice));
  }

  notice(id: string): Promise<LoggedNotice | undefined> {
    return this.#read((db) => readNotice(db, this.#vault, id));
  }

  notices(limit: number): Promise<readonly NoticeSummary[]> {
    return this.#read((db) => readNotices(db, this.#vault, limit));
  }

  sendAgain(notice: Pick<NoticeSummary, 'id' | 'channel'>, now: number): Promise<boolean> {
    return this.#writer.write(() => {
      if (!this.#parts.db.find('SELECT 1 FROM notice WHERE id = ?', notice.id)) return false;
      this.#parts.announcements.addSendAgain(notice, now);
      return true;
    });
  }

  countOfDay(name: string, options: { now: number; limit: number }): Promise<boolean> {
    return this.#writer.write(() => countOfDay(this.#parts.db, name, options));
  }

  async purge(options: { now: number; endedBefore: number; limit: number }): Promise<number> {
    const { db, entries } = this.#parts;
    await this.#writer.write(() => {
      deleteOldHours(db, options.now);
      deleteOldNotices(db, options);
      deleteOldSessions(db, options.now);
      entries.deleteOldCounts(options.now - COUNTS_KEPT_MS);
    });
    let purged = 0;
    while (purged < options.limit) {
      const limit = options.limit - purged;
      const part = await this.#writer.write(() => entries.deleteEnded({ ...options, limit }));
      purged += part.deleted;
      if (part.looked < limit) break;
    }
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
      this.#parts.db.run("INSERT INTO meta VALUES ('ping', '1') ON CONFLICT DO UPDATE SET value = 1 - value");
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
