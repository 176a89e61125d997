/** What `src/ledger/ledger.ts` promises, in memory and in the simplest way: the model that each ledger is held against. */

import type { AnnouncementKind } from '../../../src/ledger/announcement.ts';
import {
  AT_ONCE_AHEAD_MS,
  type Claim,
  type ClaimOptions,
  type MendedOptions,
  type Postponement,
  type Settlement,
} from '../../../src/ledger/claim.ts';
import {
  type EntryDetails,
  type EntryFilter,
  FIRST_LOCATIONS,
  type HistoryEvent,
  MAX_FINDINGS,
  MAX_LOCATIONS,
  NO_PROGRESS,
  type Phase,
  type Progress,
  type Reopening,
} from '../../../src/ledger/entry.ts';
import { newestOf } from '../../../src/ledger/history.ts';
import { ALL_LANES } from '../../../src/ledger/lane-state.ts';
import { projectsOf, scopeOf } from '../../../src/ledger/places.ts';
import {
  type AcceptOptions,
  type AcceptResult,
  MAX_RESTARTS_OF_HELD,
  type RepeatedReport,
  type ReportedToken,
} from '../../../src/ledger/report.ts';
import { HOUR_MS } from '../../../src/ledger/tallies.ts';
import type { Mode } from '../../../src/words/mode.ts';
import { ModelAnnouncements } from './model-announcements.ts';
import { ModelClock } from './model-clock.ts';
import { DEAD, ModelHours } from './model-hours.ts';
import { type ModelLane, ModelLanes } from './model-lanes.ts';
import { ModelTurns, shareNameOf } from './model-turns.ts';

/** Those of each take turns among themselves. */
export const PHASES: readonly Phase[] = ['revoke', 'recheck', 'verify'];

export interface ModelEntry extends Omit<Mutable<EntryDetails>, keyof Progress> {
  /** Grows from entry to entry. */
  readonly number: number;
  progress: Progress;
  sealed: string | null;
  note: string | null;
  lease: string | null;
  /** Whose share of backlog and safety valve it uses. */
  share: string | null;
  /** The person approved what nothing proves. */
  approvedUnproven: boolean;
  /** Grows with each time that it is put into the schedule, or taken out. */
  turn: number;
  /** Entries with their turns that waited when it was released: it comes behind them. */
  behind: ReadonlyMap<ModelEntry, number>;
}

/** What was put off until a person has mended something. */
interface Waiting {
  readonly provider: string;
  readonly code: string;
  readonly id: string;
  dueAt: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? Item[] : T[K] };

export class LedgerModel {
  readonly clock = new ModelClock();
  readonly announcements: ModelAnnouncements;
  readonly lanes: ModelLanes;
  readonly hours = new ModelHours(this.clock);
  /** In the order of their first reports. */
  readonly entries = new Map<string, ModelEntry>();
  readonly #fresh = new Map<string, ModelTurns>();
  #waiting: Waiting[] = [];
  #created = 0;
  #turns = 0;

  constructor(maxAnnouncements: number) {
    this.announcements = new ModelAnnouncements(this.clock, maxAnnouncements);
    this.lanes = new ModelLanes(this.clock, this.announcements);
  }

  get now(): number {
    return this.clock.now;
  }

  /** How many entries there ever were. */
  get created(): number {
    return this.#created;
  }

  details(id: string): EntryDetails | undefined {
    const entry = this.entries.get(id);
    if (!entry) return undefined;
    const { number, progress, sealed, note, lease, share, approvedUnproven, turn, behind, ...shown } = entry;
    return { ...shown, ...progress };
  }

  queued(): readonly ModelEntry[] {
    return [...this.entries.values()].filter(({ state }) => state === 'queued');
  }

  /** @returns undefined when the backlog is full */
  accept(
    reports: readonly ReportedToken[],
    { backlog }: Pick<AcceptOptions, 'backlog'>,
  ): AcceptResult | undefined {
    if (reports.length > 0 && this.queued().length >= backlog) return undefined;
    const created = reports.filter(({ id }) => !this.entries.has(id));
    if (created.length > 0 && created.every((report) => this.#isShareFull(report, backlog))) return undefined;
    const before = this.#created;
    const setAside = [...reports.entries()].filter(([, report]) => this.#take(report)).map(([at]) => at);
    const added = this.#created - before;
    return { created: added, repeated: reports.length - added, setAside, beyond: [], left: 0 };
  }

  /** @returns whether it says nothing new, and was counted */
  repeat(report: RepeatedReport): boolean {
    const { id, type, location, readable, finding = '' } = report;
    const entry = this.entries.get(id);
    if (!entry?.types.includes(type)) return false;
    if (location !== '' && !entry.locations.includes(location)) return false;
    if (readable && entry.unreadableLocations.includes(location)) return false;
    if (finding !== '' && !entry.findings.includes(finding)) return false;
    if (restarts(entry, report.restarts) || this.#needsRecheck(entry, report)) return false;
    this.#count(entry);
    return true;
  }

  #count(entry: ModelEntry): void {
    entry.reports += 1;
    entry.lastReportedAt = Math.max(entry.lastReportedAt, this.now);
  }

  #isShareFull(report: ReportedToken, backlog: number): boolean {
    const name = shareNameOf(report);
    return name !== null && this.queued().filter(({ share }) => share === name).length >= tenthOf(backlog);
  }

  /** @returns whether its entry waits for a person from now on */
  #take(report: ReportedToken): boolean {
    const known = this.entries.get(report.id);
    const entry = known ?? this.#create(report);
    this.#count(entry);
    keep(entry.types, report.type, Number.POSITIVE_INFINITY);
    const isNewPlace = keepFirstAndNewest(entry, report);
    const isNewFinding = keep(entry.findings, report.finding ?? '', MAX_FINDINGS);
    const reasons = [...report.restarts, ...((isNewPlace && report.restartsAtNewPlace) || [])];
    if (!known || (restarts(entry, reasons) && this.#mayRestart(entry))) {
      this.#start(entry, report);
      return report.initial.state !== 'queued';
    }
    if (this.#needsRecheck(entry, report)) this.#recheck(entry, report);
    else if (isNewFinding && entry.endedAt !== null) this.#announce(entry, 'finding');
    return false;
  }

  #create({ id, provider, kind }: ReportedToken): ModelEntry {
    const { now } = this;
    this.#created += 1;
    const entry: ModelEntry = {
      ...{ number: this.#created, id, provider, kind, types: [], state: 'queued', outcome: null },
      ...{ approved: false, reports: 0, firstReportedAt: now, lastReportedAt: now, dueAt: null },
      ...{
        endedAt: null,
        locations: [],
        unreadableLocations: [],
        locationsLeftOut: 0,
        projects: [],
        caller: null,
        findings: [],
        history: [],
      },
      progress: NO_PROGRESS,
      ...{
        sealed: null,
        note: null,
        lease: null,
        share: null,
        approvedUnproven: false,
        turn: 0,
        behind: new Map(),
      },
    };
    this.entries.set(id, entry);
    this.hours.countCreated();
    return entry;
  }

  #mayRestart({ state, history }: ModelEntry): boolean {
    const isRecent = ({ event, at }: HistoryEvent) => event === 'reported' && at > this.now - HOUR_MS;
    return state !== 'held' || history.slice(1).filter(isRecent).length < MAX_RESTARTS_OF_HELD;
  }

  #start(entry: ModelEntry, report: ReportedToken): void {
    const { kind, sealed, initial } = report;
    const outcome = initial.state === 'queued' ? null : (initial.outcome ?? null);
    const isNews = initial.state === 'attention' && entry.state !== 'attention';
    if (isOver(entry.state)) this.hours.countReopened(1);
    this.#endLease(entry);
    Object.assign(entry, {
      ...{ kind, sealed, outcome, state: initial.state, note: kind === entry.kind ? entry.note : null },
      approved: false,
      approvedUnproven: false,
      progress: NO_PROGRESS,
      endedAt: initial.state === 'attention' ? this.now : null,
    });
    if (initial.state === 'queued') this.#queue(entry, report);
    else this.#schedule(entry, null);
    entry.share = shareNameOf(report);
    this.#addEvents(entry, [{ at: this.now, event: 'reported', ...(outcome && { outcome }) }]);
    if (isNews) this.hours.countEnded('attention');
    if (initial.state !== 'queued') this.#announce(entry, initial.state);
  }

  #needsRecheck(
    { state, endedAt, outcome }: ModelEntry,
    { recheckEndedBefore = 0 }: Pick<ReportedToken, 'recheckEndedBefore'>,
  ): boolean {
    return state === 'done' && Number(endedAt) < recheckEndedBefore && DEAD.includes(outcome?.kind ?? '');
  }

  #recheck(entry: ModelEntry, report: ReportedToken): void {
    const { kind, sealed } = report;
    const progress: Progress = { ...NO_PROGRESS, phase: 'recheck' };
    this.hours.countReopened(1);
    Object.assign(entry, { kind, sealed, progress, state: 'queued', endedAt: null });
    Object.assign(entry, { approved: false, approvedUnproven: false });
    this.#queue(entry, report);
    entry.share = shareNameOf(report);
    this.#addEvents(entry, [{ at: this.now, event: 'reported' }]);
  }

  /** Those that take turns. */
  fresh(provider: string, phase: Phase): ModelTurns {
    const name = `${provider} ${phase}`;
    const turns = this.#fresh.get(name) ?? new ModelTurns();
    this.#fresh.set(name, turns);
    return turns;
  }

  isFresh(entry: ModelEntry): boolean {
    return PHASES.some((phase) => this.fresh(entry.provider, phase).has(entry));
  }

  /** Whoever claims lets what has its time join the turns, but for what somebody may still have in hand. */
  joinTurns(provider: string): void {
    const inOrder = this.due(provider).toSorted(
      (a, b) => Number(a.dueAt) - Number(b.dueAt) || a.turn - b.turn,
    );
    for (const entry of inOrder) {
      if (entry.lease !== null || this.isAhead(entry)) continue;
      this.fresh(provider, entry.progress.phase).addRetried(entry);
    }
  }

  /** Whether it goes on at once, or has waited for as long. */
  isAhead({ dueAt }: ModelEntry): boolean {
    return Number(dueAt) <= this.now - AT_ONCE_AHEAD_MS;
  }

  /** What has its time, whether the safety valve lets it through or not. */
  due(provider: string): readonly ModelEntry[] {
    return [...this.entries.values()].filter(
      (entry) =>
        entry.provider === provider &&
        entry.dueAt !== null &&
        entry.dueAt <= this.now &&
        !this.isFresh(entry),
    );
  }

  /** What is in hand and may be revoked. */
  inHand(provider: string): readonly ModelEntry[] {
    return [...this.entries.values()].filter(
      ({ lease, dueAt, progress, ...entry }) =>
        entry.provider === provider &&
        lease !== null &&
        Number(dueAt) > this.now &&
        progress.phase === 'revoke',
    );
  }

  /** Whether no more may be revoked: of the lane, or of a share. */
  isFull(provider: string, maxPerHour: number, share?: string | null): boolean {
    if (maxPerHour === 0 || share === null) return false;
    const inHand = this.inHand(provider).filter((entry) => share === undefined || entry.share === share);
    const max = share === undefined ? maxPerHour : tenthOf(maxPerHour);
    return this.lanes.hour(provider, share).length + inHand.length >= max;
  }

  /** Of what is full: when there may be room again, at the latest. */
  opensAt(provider: string, maxPerHour: number, share?: string): number {
    const max = share === undefined ? maxPerHour : tenthOf(maxPerHour);
    const leaseEnds = this.inHand(provider).map(({ dueAt }) => Number(dueAt));
    return this.lanes.opensAt(provider, max, share) ?? Math.min(...leaseEnds);
  }

  /** Takes over that a ledger gave it out. */
  claimed({ id, lease }: Claim, lane: ModelLane, { leaseMs }: Pick<ClaimOptions, 'leaseMs'>): void {
    const until = this.now + leaseMs;
    const entry = this.known(id);
    for (const phase of PHASES) {
      if (this.fresh(entry.provider, phase).has(entry)) this.fresh(entry.provider, phase).serve(entry);
    }
    lane.touched = true;
    entry.lease = lease;
    this.#schedule(entry, until);
    if (lane.streak > 0) Object.assign(lane, { probe: lease, probeUntil: until });
  }

  known(id: string): ModelEntry {
    const entry = this.entries.get(id);
    if (!entry) throw new Error(`There is no entry ${id}.`);
    return entry;
  }

  /** Its retention is over. */
  forget(id: string): void {
    const entry = this.known(id);
    for (const phase of PHASES) this.fresh(entry.provider, phase).remove(entry);
    this.entries.delete(id);
  }

  /** The entry that this lease still holds. */
  holder({ id, lease }: Pick<Claim, 'id' | 'lease'>): ModelEntry | undefined {
    const entry = this.entries.get(id);
    return entry?.lease === lease ? entry : undefined;
  }

  #endLease(entry: ModelEntry): void {
    this.lanes.endProbe(entry.provider, entry.lease);
    entry.lease = null;
  }

  settle(entry: ModelEntry, { state, outcome, dueAt, progress, note, events, announce }: Settlement): void {
    const isNews = state === 'done' || state !== entry.state;
    this.#endLease(entry);
    entry.endedAt = state === 'held' ? null : isNews ? this.now : entry.endedAt;
    entry.outcome = state === 'held' ? (outcome ?? null) : (outcome ?? entry.outcome);
    Object.assign(entry, { state, progress, note: note ?? entry.note });
    this.#schedule(entry, dueAt ?? null);
    if (state === 'done') Object.assign(entry, { sealed: null, note: null });
    if (state === 'done') this.lanes.get(entry.provider).lastDoneAt = this.now;
    if (state === 'done' && outcome?.kind === 'revoked') this.lanes.countRevoked(entry.provider, entry.share);
    if (isNews && outcome && state === 'done') this.hours.countDone(outcome, entry.firstReportedAt);
    if (isNews && !outcome && state === 'done') this.hours.countReopened(-1);
    if (isNews && outcome && state === 'attention') this.hours.countEnded('attention');
    this.#addEvents(entry, events);
    if (announce) this.#announce(entry, announce);
  }

  putOff(entry: ModelEntry, postponement: Postponement): void {
    const { dueAt, progress, note, events, announce, endsApproval, waitsFor } = postponement;
    this.#endLease(entry);
    if (endsApproval) Object.assign(entry, { approved: false, approvedUnproven: false });
    Object.assign(entry, { progress, note: note ?? entry.note });
    this.#schedule(entry, dueAt);
    this.#addEvents(entry, events);
    if (announce) this.#announce(entry, announce);
    if (waitsFor === undefined) return;
    const { provider, id } = entry;
    const isForgotten = (each: Waiting) =>
      each.provider === provider &&
      each.code === waitsFor &&
      (each.dueAt < this.now - HOUR_MS || each.id === id);
    this.#waiting = [
      ...this.#waiting.filter((each) => !isForgotten(each)),
      { provider, code: waitsFor, id, dueAt },
    ];
  }

  endWaits(
    provider: string,
    { waitsFor: codes, limit = Number.POSITIVE_INFINITY, shownBy }: MendedOptions,
  ): number | undefined {
    const isShowing = (each: Waiting) =>
      each.provider === provider && codes.includes(each.code) && each.id === shownBy;
    const isShown = this.#waiting.some(isShowing);
    this.#waiting = this.#waiting.filter((each) => !isShowing(each));
    if (shownBy !== undefined && !isShown) return undefined;
    let moved = 0;
    for (const code of codes) {
      const found = this.#waiting
        .filter((each) => each.provider === provider && each.code === code && each.dueAt > this.now)
        .toSorted((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1));
      for (const each of found) {
        if (moved >= limit) break;
        const entry = this.entries.get(each.id);
        const isFresh = entry && PHASES.some((phase) => this.fresh(provider, phase).has(entry));
        if (!entry || entry.dueAt !== each.dueAt || entry.lease !== null || isFresh) {
          this.#waiting.splice(this.#waiting.indexOf(each), 1);
          continue;
        }
        each.dueAt = this.now;
        this.#schedule(entry, this.now);
        moved += 1;
      }
    }
    return moved;
  }

  renew(entry: ModelEntry, until: number): void {
    const lane = this.lanes.get(entry.provider);
    if (lane.probe === entry.lease) lane.probeUntil = until;
    entry.dueAt = until;
  }

  release(entry: ModelEntry): void {
    this.#endLease(entry);
    const waiting = this.due(entry.provider).filter((each) => each !== entry);
    this.#schedule(entry, this.now);
    entry.behind = new Map(waiting.map((each) => [each, each.turn]));
  }

  #queue(entry: ModelEntry, report: ReportedToken): void {
    this.#schedule(entry, this.now);
    this.fresh(entry.provider, entry.progress.phase).add(entry, report);
  }

  #schedule(entry: ModelEntry, dueAt: number | null): void {
    for (const phase of PHASES) this.fresh(entry.provider, phase).remove(entry);
    this.#turns += 1;
    Object.assign(entry, { dueAt, turn: this.#turns, behind: new Map() });
  }

  requeue(id: string, { approve, event }: { approve: boolean; event: HistoryEvent }): boolean {
    const entry = this.entries.get(id);
    if (!entry || (entry.state !== 'held' && entry.state !== 'attention')) return false;
    if (entry.sealed === null) return false;
    this.#endLease(entry);
    const approved = entry.approved || approve;
    if (approve) entry.approvedUnproven = entry.outcome?.reason === 'unproven';
    Object.assign(entry, { approved, state: 'queued', outcome: null, endedAt: null });
    this.#schedule(entry, this.now);
    entry.progress = NO_PROGRESS;
    this.#addEvents(entry, [event]);
    return true;
  }

  setMode(provider: string, mode: Mode | null): void {
    this.lanes.setMode(provider, mode);
    if (mode === null || mode === 'revoke') return;
    for (const entry of this.queued()) {
      if (provider === ALL_LANES || entry.provider === provider) {
        Object.assign(entry, { approved: false, approvedUnproven: false });
      }
    }
  }

  reopen(id: string, { from, outcome, event }: Reopening): boolean {
    const entry = this.entries.get(id);
    if (!entry || entry.state !== from) return false;
    if (isOver(entry.state)) this.hours.countReopened(1);
    Object.assign(entry, { state: 'attention', outcome, endedAt: this.now });
    this.#addEvents(entry, [event]);
    this.hours.countEnded('attention');
    this.#announce(entry, 'attention');
    return true;
  }

  dismiss(id: string, { event }: { event: HistoryEvent }): boolean {
    const entry = this.entries.get(id);
    if (!entry || entry.state === 'done' || entry.state === 'dismissed') return false;
    this.#endLease(entry);
    if (entry.state === 'held') entry.outcome = null;
    Object.assign(entry, { state: 'dismissed', endedAt: this.now, sealed: null, note: null });
    this.#schedule(entry, null);
    this.#addEvents(entry, [event]);
    this.hours.countEnded('dismissed');
    this.#announce(entry, 'dismissed');
    return true;
  }

  /** What may be deleted, the longest ended first. */
  /** Whose retention is over: of what is done or dismissed it begins with the last report. */
  ended(before: number): readonly ModelEntry[] {
    return [...this.entries.values()].filter(
      ({ state, endedAt, lastReportedAt }) =>
        endedAt !== null && endedAt < before && (state === 'attention' || lastReportedAt < before),
    );
  }

  /** Newest first. */
  list({ state, provider, type, outcome, reason }: EntryFilter): readonly ModelEntry[] {
    return [...this.entries.values()]
      .filter(
        (entry) => entry.state === (state ?? entry.state) && entry.provider === (provider ?? entry.provider),
      )
      .filter((entry) => type === undefined || entry.types.includes(type))
      .filter((entry) => outcome === undefined || entry.outcome?.kind === outcome)
      .filter((entry) => reason === undefined || entry.outcome?.reason === reason)
      .reverse();
  }

  #addEvents(entry: ModelEntry, events: readonly HistoryEvent[]): void {
    entry.history = newestOf([...entry.history, ...events]);
  }

  #announce({ provider, id, outcome }: ModelEntry, kind: AnnouncementKind): void {
    this.announcements.add({ kind, provider, id, ...(outcome && { outcome }) });
  }
}

function restarts({ state, outcome }: ModelEntry, reasons: readonly string[]): boolean {
  const isOver = state !== 'queued' && state !== 'dismissed';
  return isOver && reasons.some((why) => why === outcome?.kind || why === outcome?.reason);
}

function tenthOf(limit: number): number {
  return Math.max(1, Math.floor(limit / 10));
}

/** The oldest behind the first ones makes room. @returns whether it was not there yet, or can be read only now */
function keepFirstAndNewest(entry: ModelEntry, { location, readable }: ReportedToken): boolean {
  if (location === '') return false;
  const isUnreadable = entry.unreadableLocations.includes(location);
  const dropUnreadable = (place: string | undefined) => {
    entry.unreadableLocations = entry.unreadableLocations.filter((one) => one !== place);
  };
  if (readable) dropUnreadable(location);
  if (entry.locations.includes(location)) return readable && isUnreadable;
  entry.locations.push(location);
  if (!readable) entry.unreadableLocations.push(location);
  if (entry.locations.length > MAX_LOCATIONS) {
    dropUnreadable(entry.locations.splice(FIRST_LOCATIONS, 1)[0]);
    entry.locationsLeftOut += 1;
  }
  entry.projects = [...projectsOf(entry.locations.map(scopeOf))];
  return true;
}

/** @returns whether it was not there yet, and is now */
function keep(list: string[], text: string, max: number): boolean {
  if (text === '' || list.includes(text) || list.length >= max) return false;
  list.push(text);
  return true;
}

function isOver(state: ModelEntry['state']): boolean {
  return state === 'done' || state === 'dismissed';
}
