import { type HistoryEvent, MAX_FINDINGS, type Phase } from '../entry.ts';
import { MAX_RESTARTS_OF_HELD, type ReportedToken } from '../report.ts';
import { createShareKeys } from '../shares.ts';
import { CREATED, endedTally, REOPENED } from '../tallies.ts';
import type { SqliteAnnouncements } from './announcements.ts';
import type { SqliteEntries } from './entries.ts';
import { countInHour } from './hours.ts';
import type { SqliteParts } from './parts.ts';
import type { SqlitePlaces } from './places.ts';
import { countReport, needsRecheck, startsAnew } from './repeats.ts';
import { toTypes } from './rows.ts';
import type { Row, SqliteStatements } from './statements.ts';
import type { SqliteTurns } from './turns.ts';

/** The reports of one request, on their way into one transaction. */
export class SqliteRequest {
  /** See {@link AcceptResult}. */
  readonly setAside: number[] = [];
  readonly beyond: number[] = [];
  readonly #db: SqliteStatements;
  readonly #entries: SqliteEntries;
  readonly #places: SqlitePlaces;
  readonly #announcements: SqliteAnnouncements;
  readonly #turns: SqliteTurns;
  readonly #now: number;
  readonly #keysOf = createShareKeys();
  /** Queues that have had a fresh entry of this request. */
  readonly #entered = new Set<string>();
  /** The number of the newest entry. */
  #seq: number;
  /** By provider: how many entries are new, need attention now, or are open again, see {@link Hour.reopened}. */
  readonly #created = new Map<string, number>();
  readonly #toAttention = new Map<string, number>();
  readonly #reopened = new Map<string, number>();
  /** By how many entries each type has more now. */
  readonly #types = new Map<string, number>();
  /** The new entries, by all that they are counted by. */
  readonly #tally = new Map<string, { counted: readonly string[]; entries: number }>();
  /** The new queued entries of each share. */
  readonly #shares = new Map<string, number>();

  constructor({ db, entries, places, announcements, turns }: SqliteParts, now: number) {
    this.#db = db;
    this.#entries = entries;
    this.#places = places;
    this.#announcements = announcements;
    this.#turns = turns;
    this.#now = now;
    this.#seq = Math.max(Number(db.row('SELECT max(seq) AS n FROM entry').n ?? 0), now * 1000 - 1);
  }

  /** @param position of the report in its request */
  add(report: ReportedToken, position: number): void {
    const beyond = report.beyond && this.#isBeyond(report, report.beyond) ? report.beyond.id : undefined;
    const id = beyond ?? report.id;
    const isNew = this.#create(report, id);
    // What moves now may have come with this very request.
    if (!isNew) this.#writeTally();
    const beginsToWait = isNew ? waitsForPerson(report.initial) : this.#repeat(report, id);
    if (beyond !== undefined) this.beyond.push(position);
    else if (beginsToWait) this.setAside.push(position);
  }

  /** Whether so many entries were made already that this report makes none. */
  #isBeyond(report: ReportedToken, { id, after }: NonNullable<ReportedToken['beyond']>): boolean {
    if (this.#db.find('SELECT 1 FROM entry WHERE id = ?', report.id)) return false;
    const added = this.#db.run(
      `INSERT INTO beyond VALUES (?1, ?2, 1)
       ON CONFLICT DO UPDATE SET entries = entries + 1, at = ?2 WHERE entries < ?3`,
      ...[id, this.#now, after],
    );
    return added === 0;
  }

  /** Writes what is counted once for all reports. @returns how many entries are new */
  finish(): number {
    this.#countInHour(CREATED, this.#created);
    this.#countInHour(endedTally('attention'), this.#toAttention);
    this.#countInHour(REOPENED, this.#reopened);
    for (const [type, entries] of this.#types) {
      this.#db.run(
        `INSERT INTO type_tally VALUES (?, ?) ON CONFLICT DO UPDATE SET entries = entries + excluded.entries`,
        ...[type, entries],
      );
    }
    this.#writeTally();
    return [...this.#created.values()].reduce((sum, entries) => sum + entries, 0);
  }

  #countInHour(tally: string, providers: ReadonlyMap<string, number>): void {
    for (const [provider, entries] of providers) {
      countInHour(this.#db, { now: this.#now, provider, tally, entries });
    }
  }

  /** @returns whether it was not there yet */
  #create(report: ReportedToken, id: string): boolean {
    const { provider, kind, type, finding } = report;
    if (this.#db.find('SELECT 1 FROM entry WHERE id = ?', id)) return false;
    const sealed = id === report.id ? report.sealed : '';
    const now = this.#now;
    const seq = this.#seq + 1;
    const { state, outcome, dueAt, endedAt } = beginningOf(report, now);
    const { project, limited } = this.#keysOf(report.share);
    this.#db.run(
      `INSERT INTO entry (seq, turn, id, provider, kind, types, state, outcome, first_outcome, sealed, due_at,
       ended_at, first_reported_at, last_reported_at, share, queue, caller)
       VALUES (?1, ?1, ?, ?, ?, ?, ?, ?7, ?7, ?, ?, ?, ?11, ?11, ?, ?, ?)`,
      ...[seq, id, provider, kind, type, state, outcome, sealed || null, dueAt, endedAt, now, limited],
      ...[state === 'queued' ? project : null, report.caller ?? null],
    );
    if (state === 'queued') this.#enter(report, 'revoke');
    if (state === 'queued' && limited !== null) {
      addOne(this.#shares, limited);
    }
    this.#seq = seq;
    addOne(this.#created, provider);
    this.#count(report);
    this.#addType(seq, type);
    this.#places.begin(seq, id, report);
    if (finding) this.#db.run('INSERT INTO entry_finding VALUES (?, 1, ?)', seq, finding);
    if (state === 'attention') addOne(this.#toAttention, provider);
    if (state === 'dismissed') add(this.#reopened, provider, -1);
    if (state === 'held' || state === 'attention') this.#announcements.addOfEntry(seq, state, now);
    return true;
  }

  #writeTally(): void {
    for (const { counted, entries } of this.#tally.values()) {
      this.#db.run(
        `INSERT INTO tally VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET entries = entries + excluded.entries`,
        ...[...counted, entries],
      );
    }
    this.#tally.clear();
    for (const [share, queued] of this.#shares) {
      this.#db.run(
        'INSERT INTO share_tally VALUES (?, ?) ON CONFLICT DO UPDATE SET queued = queued + excluded.queued',
        ...[share, queued],
      );
    }
    this.#shares.clear();
  }

  /** The report's project has a fresh entry of that phase. */
  #enter({ provider, share }: ReportedToken, phase: Phase): void {
    const keys = this.#keysOf(share);
    const name = `${phase} ${provider} ${keys.project}`;
    if (this.#entered.has(name)) return;
    this.#entered.add(name);
    this.#turns.enter(provider, phase, keys);
  }

  #count({ provider, initial }: ReportedToken): void {
    const { kind = '', reason = '' } = (initial.state !== 'queued' && initial.outcome) || {};
    const counted = [provider, initial.state, kind, reason];
    const name = counted.join(' ');
    const { entries } = this.#tally.get(name) ?? { entries: 0 };
    this.#tally.set(name, { counted, entries: entries + 1 });
  }

  /** @returns whether it waits for a person from now on */
  #repeat(report: ReportedToken, id: string): boolean {
    const sql = 'SELECT seq, provider, phase, queue, state, outcome, types, ended_at FROM entry WHERE id = ?';
    const known = this.#db.row(sql, id);
    const seq = Number(known.seq);
    countReport(this.#db, seq, this.#now);
    const types = toTypes(known);
    if (!types.includes(report.type)) {
      this.#db.run('UPDATE entry SET types = ? WHERE seq = ?', [...types, report.type].join('\n'), seq);
      this.#addType(seq, report.type);
    }
    const isNewPlace = this.#places.add(seq, id, report);
    const hasNewFinding = this.#addFinding(seq, report.finding ?? '');
    if (startsAnew(known, report, isNewPlace) && this.#mayRestart(known)) return this.#restart(known, report);
    if (needsRecheck(known, report)) this.#recheck(seq, report);
    else if (hasNewFinding && known.ended_at !== null)
      this.#announcements.addOfEntry(seq, 'finding', this.#now);
    return false;
  }

  #mayRestart({ seq, state }: Row): boolean {
    if (state !== 'held') return true;
    const { n } = this.#db.row(
      `SELECT count(*) AS n FROM entry_event
       WHERE entry = ? AND event ->> 'event' = 'reported' AND event ->> 'at' > ?`,
      ...[Number(seq), this.#now - HOUR_MS],
    );
    return Number(n) < MAX_RESTARTS_OF_HELD;
  }

  /** @returns whether it waits for a person from now on */
  #restart(known: Row, report: ReportedToken): boolean {
    const seq = Number(known.seq);
    const { state, outcome, dueAt, endedAt } = beginningOf(report, this.#now);
    this.#entries.endLease(seq);
    const { project, limited } = this.#keysOf(report.share);
    this.#seq += 1;
    this.#db.run(
      `UPDATE entry SET note = iif(kind = ?1, note, NULL), kind = ?1, state = ?, outcome = ?, sealed = ?, approved = 0, approval = NULL,
       act = act + (approved > 0), turn = ?, share = ?,
       queue = ?, phase = 'revoke', attempts = 0, verifications = 0, deferrals = 0, due_at = ?, ended_at = ?
       WHERE seq = ?`,
      // That it was seen to work before a person was asked still counts; what was noted of another kind is not read as of this.
      ...[report.kind, state, outcome, report.sealed, this.#seq, limited],
      ...[state === 'queued' ? project : null, dueAt, endedAt, seq],
    );
    if (state === 'queued') this.#enter(report, 'revoke');
    this.#turns.leftBy(known);
    this.#entries.addEvents(seq, [reportedEvent(report, this.#now)]);
    if (state === 'attention' && known.state !== 'attention') addOne(this.#toAttention, report.provider);
    const wasOpen = known.state !== 'done' && known.state !== 'dismissed';
    const isOpen = state !== 'dismissed';
    if (wasOpen !== isOpen) add(this.#reopened, report.provider, isOpen ? 1 : -1);
    if (state !== 'held' && state !== 'attention') return false;
    this.#announcements.addOfEntry(seq, state, this.#now);
    return true;
  }

  /** The outcome stays. */
  #recheck(seq: number, report: ReportedToken): void {
    const { project, limited } = this.#keysOf(report.share);
    this.#seq += 1;
    this.#db.run(
      `UPDATE entry SET kind = ?, state = 'queued', sealed = ?, due_at = ?, ended_at = NULL, turn = ?, share = ?,
       approved = 0, approval = NULL, act = act + (approved > 0), queue = ?, phase = 'recheck', attempts = 0, verifications = 0, deferrals = 0 WHERE seq = ?`,
      ...[report.kind, report.sealed, this.#now, this.#seq, limited, project, seq],
    );
    addOne(this.#reopened, report.provider);
    this.#enter(report, 'recheck');
    this.#entries.addEvents(seq, [{ at: this.#now, event: 'reported' }]);
  }

  #addType(seq: number, type: string): void {
    this.#db.run('INSERT INTO entry_type VALUES (?, ?)', type, seq);
    this.#types.set(type, (this.#types.get(type) ?? 0) + 1);
  }

  /** Keeps the first ones, in their order. @returns whether the text was not there yet, and is now */
  #addFinding(seq: number, finding: string): boolean {
    if (finding === '') return false;
    const added = this.#db.run(
      `INSERT INTO entry_finding
       SELECT ?1, count(*) + 1, ?2 FROM entry_finding WHERE entry = ?1
       HAVING count(*) < ${MAX_FINDINGS} AND total(finding = ?2) = 0`,
      ...[seq, finding],
    );
    return added > 0;
  }
}

const HOUR_MS = 3_600_000;

function waitsForPerson({ state }: ReportedToken['initial']): boolean {
  return state === 'held' || state === 'attention';
}

/** The columns that the state in which an entry begins decides about. */
function beginningOf({ initial }: ReportedToken, now: number) {
  return {
    state: initial.state,
    outcome: initial.state === 'queued' || !initial.outcome ? null : JSON.stringify(initial.outcome),
    dueAt: initial.state === 'queued' ? now : null,
    endedAt: initial.state === 'attention' || initial.state === 'dismissed' ? now : null,
  };
}

function reportedEvent({ initial }: ReportedToken, at: number): HistoryEvent {
  const event = { at, event: 'reported' };
  return initial.state !== 'queued' && initial.outcome ? { ...event, outcome: initial.outcome } : event;
}

function addOne(counts: Map<string, number>, name: string): void {
  add(counts, name, 1);
}

function add(counts: Map<string, number>, name: string, more: number): void {
  counts.set(name, more + (counts.get(name) ?? 0));
}
