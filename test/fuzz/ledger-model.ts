/** What `src/ledger/ledger.ts` promises, in memory and in the simplest way: the model that both ledgers are held against. */
import {
  type AcceptOptions,
  ALL_LANES,
  type Announcement,
  type AnnouncementKind,
  type Claim,
  type ClaimOptions,
  DELAY_BUCKETS_MS,
  type EntryDetails,
  type HistoryEvent,
  HOURS_KEPT_DAYS,
  type Hour,
  type LaneState,
  type ListOptions,
  MAX_EVENTS,
  MAX_FINDINGS,
  MAX_LOCATIONS,
  type Mode,
  NO_PROGRESS,
  type Postponement,
  type Progress,
  type Report,
  type Settlement,
} from '../../src/ledger/ledger.ts';
import type { Outcome } from '../../src/outcome.ts';

export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DEAD: readonly string[] = ['revoked', 'already-inactive'];

/** In the order of their first reports. */
export interface ModelEntry extends Omit<Mutable<EntryDetails>, keyof Progress> {
  progress: Progress;
  sealed: string | null;
  note: string | null;
  lease: string | null;
  /** Counted by the safety valve. */
  begun: boolean;
}

export interface ModelLane extends Omit<Mutable<LaneState>, 'mode'> {
  probe: string | null;
  probeUntil: number;
}

interface ModelChannel {
  cursor: number;
  lease: string | null;
  batchEnd: number;
  freeAt: number;
}

interface ModelHour {
  created: number;
  ended: Record<string, number>;
  delays: number[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? Item[] : T[K] };
type Told = Omit<Announcement, 'seq'> & { readonly number: number };

export class LedgerModel {
  now = Date.UTC(2026, 0, 1);
  readonly entries = new Map<string, ModelEntry>();
  readonly lanes = new Map<string, ModelLane>();
  readonly modes = new Map<string, Mode>();
  readonly channels = new Map<string, ModelChannel>();
  readonly hours = new Map<number, ModelHour>();
  /** What has not been confirmed by all. */
  announcements: Told[] = [];
  announced = 0;

  lane(provider: string): ModelLane {
    const blank = {
      ...{ provider, epoch: 0, streak: 0, pausedUntil: 0, reason: null, parked: false, lastDoneAt: null },
      ...{ begun: 0, begunSince: 0, probe: null, probeUntil: 0 },
    };
    const lane = this.lanes.get(provider) ?? blank;
    this.lanes.set(provider, lane);
    return lane;
  }

  laneState(provider: string): LaneState {
    const { probe, probeUntil, ...lane } = this.lane(provider);
    return { ...lane, mode: this.modes.get(provider) ?? this.modes.get(ALL_LANES) ?? null };
  }

  details(id: string): EntryDetails | undefined {
    const entry = this.entries.get(id);
    if (!entry) return undefined;
    const { progress, sealed, note, lease, begun, ...shown } = entry;
    return { ...shown, ...progress };
  }

  queued(): readonly ModelEntry[] {
    return [...this.entries.values()].filter(({ state }) => state === 'queued');
  }

  /** @returns undefined when the backlog is full */
  accept(reports: readonly Report[], { backlog }: Pick<AcceptOptions, 'backlog'>) {
    if (reports.length > 0 && this.queued().length >= backlog) return undefined;
    const before = this.entries.size;
    for (const report of reports) this.#take(report);
    const created = this.entries.size - before;
    return { created, repeated: reports.length - created };
  }

  #take(report: Report): void {
    const known = this.entries.get(report.id);
    const entry = known ?? this.#create(report);
    entry.reports += 1;
    entry.lastReportedAt = this.now;
    keep(entry.types, report.type, Number.POSITIVE_INFINITY);
    keep(entry.locations, report.location, MAX_LOCATIONS);
    const isNewFinding = keep(entry.findings, report.finding ?? '', MAX_FINDINGS);
    const { kind, reason } = entry.outcome ?? {};
    const isOver = entry.state === 'done' || entry.state === 'attention';
    const restarts = report.restarts.some((why) => why === kind || why === reason);
    if (!known || (isOver && restarts)) this.#start(entry, report);
    else if (this.#needsRecheck(entry, report)) this.#recheck(entry, report);
    else if (isNewFinding && entry.endedAt !== null) this.#announceEntry(entry, 'finding');
  }

  #create({ id, provider, kind }: Report): ModelEntry {
    const entry: ModelEntry = {
      ...{ id, provider, kind, types: [], state: 'queued', outcome: null, approved: false, reports: 0 },
      ...{ firstReportedAt: this.now, lastReportedAt: this.now, dueAt: null, endedAt: null, locations: [] },
      ...{
        findings: [],
        history: [],
        progress: NO_PROGRESS,
        sealed: null,
        note: null,
        lease: null,
        begun: false,
      },
    };
    this.entries.set(id, entry);
    this.lane(provider);
    this.hour().created += 1;
    return entry;
  }

  #start(entry: ModelEntry, { kind, sealed, initial }: Report): void {
    const outcome = initial.state === 'attention' ? initial.outcome : null;
    const isNews = initial.state === 'attention' && entry.state !== 'attention';
    this.endLease(entry);
    Object.assign(entry, {
      ...{ kind, sealed, outcome, state: initial.state, note: null, approved: false, begun: false },
      progress: NO_PROGRESS,
      dueAt: initial.state === 'queued' ? this.now : null,
      endedAt: initial.state === 'attention' ? this.now : null,
    });
    this.#addEvents(entry, [{ at: this.now, event: 'reported', ...(outcome && { outcome }) }]);
    if (isNews) this.#countEnded('attention');
    if (initial.state !== 'queued') this.#announceEntry(entry, initial.state);
  }

  #needsRecheck({ state, endedAt, outcome }: ModelEntry, { recheckEndedBefore = 0 }: Report): boolean {
    return state === 'done' && Number(endedAt) < recheckEndedBefore && DEAD.includes(outcome?.kind ?? '');
  }

  #recheck(entry: ModelEntry, { kind, sealed }: Report): void {
    const progress: Progress = { ...NO_PROGRESS, phase: 'recheck' };
    Object.assign(entry, { kind, sealed, progress, state: 'queued', dueAt: this.now, endedAt: null });
    this.#addEvents(entry, [{ at: this.now, event: 'reported' }]);
  }

  /** What may be claimed now, but for the limit and the safety valve; the longest due first. */
  due(provider: string): readonly ModelEntry[] {
    return [...this.entries.values()]
      .filter((entry) => entry.provider === provider && entry.dueAt !== null && entry.dueAt <= this.now)
      .sort((a, b) => Number(a.dueAt) - Number(b.dueAt));
  }

  /** The hour of the safety valve runs from the first entry that was begun in it. */
  endHour(lane: ModelLane): void {
    if (lane.begunSince > 0 && this.now >= lane.begunSince + HOUR_MS)
      Object.assign(lane, { begun: 0, begunSince: 0 });
  }

  /** Takes over what a ledger gave out. */
  claimed(claims: readonly Claim[], lane: ModelLane, { leaseMs }: Pick<ClaimOptions, 'leaseMs'>): void {
    const probing = lane.streak > 0;
    for (const { id, lease } of claims) {
      const entry = this.known(id);
      if (!entry.begun && lane.begun === 0) lane.begunSince = this.now;
      if (!entry.begun) lane.begun += 1;
      Object.assign(entry, { lease, begun: true, dueAt: this.now + leaseMs });
    }
    const [first] = claims;
    if (probing && first) Object.assign(lane, { probe: first.lease, probeUntil: this.now + leaseMs });
  }

  known(id: string): ModelEntry {
    const entry = this.entries.get(id);
    if (!entry) throw new Error(`There is no entry ${id}.`);
    return entry;
  }

  /** The entry that this lease still holds. */
  holder({ id, lease }: Pick<Claim, 'id' | 'lease'>): ModelEntry | undefined {
    const entry = this.entries.get(id);
    return entry?.lease === lease ? entry : undefined;
  }

  endLease(entry: ModelEntry): void {
    const lane = this.lane(entry.provider);
    if (entry.lease !== null && lane.probe === entry.lease)
      Object.assign(lane, { probe: null, probeUntil: 0 });
    entry.lease = null;
  }

  settle(entry: ModelEntry, { state, outcome, dueAt, progress, note, events, announce }: Settlement): void {
    const isNews = state === 'done' || state !== entry.state;
    this.endLease(entry);
    entry.endedAt = state === 'held' ? null : isNews ? this.now : entry.endedAt;
    entry.outcome = state === 'held' ? null : (outcome ?? entry.outcome);
    Object.assign(entry, { state, progress, dueAt: dueAt ?? null, note: note ?? entry.note });
    if (state === 'done') Object.assign(entry, { sealed: null, note: null });
    if (state === 'done') this.lane(entry.provider).lastDoneAt = this.now;
    if (isNews && outcome && state !== 'held') this.#countSettled(entry, state, outcome);
    this.#addEvents(entry, events);
    if (announce) this.#announceEntry(entry, announce);
  }

  putOff(entry: ModelEntry, { dueAt, progress, note, events, announce }: Postponement): void {
    this.endLease(entry);
    Object.assign(entry, { dueAt, progress, note: note ?? entry.note });
    this.#addEvents(entry, events);
    if (announce) this.#announceEntry(entry, announce);
  }

  release(entry: ModelEntry): void {
    this.endLease(entry);
    entry.dueAt = this.now;
  }

  requeue(id: string, { approve, event }: { approve: boolean; event: HistoryEvent }): boolean {
    const entry = this.entries.get(id);
    if (!entry || (entry.state !== 'held' && entry.state !== 'attention')) return false;
    this.endLease(entry);
    const approved = entry.approved || approve;
    Object.assign(entry, { approved, state: 'queued', outcome: null, dueAt: this.now, endedAt: null });
    entry.progress = NO_PROGRESS;
    this.#addEvents(entry, [event]);
    return true;
  }

  dismiss(id: string, { event }: { event: HistoryEvent }): boolean {
    const entry = this.entries.get(id);
    if (!entry || entry.state === 'done' || entry.state === 'dismissed') return false;
    this.endLease(entry);
    Object.assign(entry, { state: 'dismissed', dueAt: null, endedAt: this.now, sealed: null, note: null });
    this.#addEvents(entry, [event]);
    this.#countEnded('dismissed');
    this.#announceEntry(entry, 'dismissed');
    return true;
  }

  pauseLane(
    provider: string,
    { epoch, until, reason }: { epoch: number; until: number; reason: string },
  ): void {
    const lane = this.lane(provider);
    if (lane.epoch !== epoch) return;
    lane.epoch += 1;
    lane.streak += 1;
    if (!lane.parked) lane.reason = reason;
    Object.assign(lane, { pausedUntil: until, probe: null, probeUntil: 0 });
    if (lane.streak === 1) this.#announce({ kind: 'lane-paused', provider, reason });
  }

  laneHealthy(provider: string, epoch: number): void {
    const lane = this.lane(provider);
    if (lane.epoch !== epoch || lane.streak === 0) return;
    lane.epoch += 1;
    if (!lane.parked) lane.reason = null;
    Object.assign(lane, { streak: 0, pausedUntil: 0 });
  }

  parkLane(provider: string, reason: string): void {
    const lane = this.lane(provider);
    if (!lane.parked) this.#announce({ kind: 'lane-parked', provider, reason });
    lane.epoch += 1;
    Object.assign(lane, { parked: true, reason });
  }

  resumeLane(provider: string): void {
    const lane = this.lane(provider);
    if (lane.parked || lane.streak > 0) this.#announce({ kind: 'lane-resumed', provider });
    lane.epoch += 1;
    Object.assign(lane, { parked: false, streak: 0, pausedUntil: 0, reason: null, begun: 0, begunSince: 0 });
  }

  setChannels(names: readonly string[]): void {
    for (const name of this.channels.keys()) if (!names.includes(name)) this.channels.delete(name);
    for (const name of names) {
      const begun = { cursor: this.announced, lease: null, batchEnd: 0, freeAt: 0 };
      this.channels.set(name, this.channels.get(name) ?? begun);
    }
    this.#dropConfirmed();
  }

  /** What the channel may be given now. */
  undelivered(name: string, limit: number): readonly Told[] {
    const channel = this.channels.get(name);
    if (!channel || channel.freeAt > this.now) return [];
    return this.announcements.filter(({ number }) => number > channel.cursor).slice(0, limit);
  }

  confirm(name: string, lease: string, through: number): boolean {
    const channel = this.channels.get(name);
    if (!channel || channel.lease !== lease) return false;
    channel.cursor = Math.max(channel.cursor, Math.min(through, channel.batchEnd));
    if (channel.cursor >= channel.batchEnd) Object.assign(channel, { lease: null, freeAt: 0 });
    this.#dropConfirmed();
    return true;
  }

  putOffChannel(name: string, lease: string, until: number): boolean {
    const channel = this.channels.get(name);
    if (!channel || channel.lease !== lease) return false;
    Object.assign(channel, { lease: null, freeAt: until });
    return true;
  }

  #dropConfirmed(): void {
    const confirmed = Math.min(...[...this.channels.values()].map(({ cursor }) => cursor));
    this.announcements = this.announcements.filter(({ number }) => number > confirmed);
  }

  /** What may be deleted, the longest ended first. */
  ended(before: number): readonly ModelEntry[] {
    return [...this.entries.values()]
      .filter(({ endedAt }) => endedAt !== null && endedAt < before)
      .sort((a, b) => Number(a.endedAt) - Number(b.endedAt));
  }

  dropOldHours(): void {
    const oldest = Math.floor(this.now / DAY_MS - HOURS_KEPT_DAYS) * DAY_MS;
    for (const at of this.hours.keys()) if (at < oldest) this.hours.delete(at);
  }

  list({ state, provider, type, since = 0 }: Omit<ListOptions, 'limit' | 'cursor'>): readonly string[] {
    return [...this.entries.values()]
      .filter(
        (entry) => entry.state === (state ?? entry.state) && entry.provider === (provider ?? entry.provider),
      )
      .filter((entry) => (type === undefined || entry.types.includes(type)) && entry.firstReportedAt >= since)
      .map(({ id }) => id)
      .reverse();
  }

  hoursSince(since: number): readonly Hour[] {
    return [...this.hours]
      .filter(([at]) => at >= Math.floor(since / HOUR_MS) * HOUR_MS)
      .sort(([a], [b]) => a - b)
      .map(([at, hour]) => ({ at, ...hour }));
  }

  hour(): ModelHour {
    const at = Math.floor(this.now / HOUR_MS) * HOUR_MS;
    const hour = this.hours.get(at) ?? {
      created: 0,
      ended: {},
      delays: [...DELAY_BUCKETS_MS, 0].map(() => 0),
    };
    this.hours.set(at, hour);
    return hour;
  }

  #countEnded(how: string): void {
    const { ended } = this.hour();
    ended[how] = (ended[how] ?? 0) + 1;
  }

  #countSettled(
    { firstReportedAt }: ModelEntry,
    state: 'done' | 'attention',
    { kind, verified }: Outcome,
  ): void {
    const isDead = state === 'done' && DEAD.includes(kind);
    if (state === 'attention') this.#countEnded('attention');
    else this.#countEnded(isDead && !verified ? `${kind}-unproven` : kind);
    if (!isDead || !verified) return;
    const { delays } = this.hour();
    const bucket = [...DELAY_BUCKETS_MS, Number.POSITIVE_INFINITY].findIndex(
      (end) => this.now - firstReportedAt <= end,
    );
    delays[bucket] = (delays[bucket] ?? 0) + 1;
  }

  #addEvents(entry: ModelEntry, events: readonly HistoryEvent[]): void {
    entry.history = [...entry.history, ...events].slice(-MAX_EVENTS);
  }

  #announceEntry({ provider, id, outcome }: ModelEntry, kind: AnnouncementKind): void {
    this.#announce({ kind, provider, id, ...(outcome && { outcome }) });
  }

  #announce(told: Omit<Told, 'number' | 'at'>): void {
    if (this.channels.size === 0) return;
    this.announced += 1;
    this.announcements.push({ number: this.announced, at: this.now, ...told });
  }

  /** The safety valve. */
  parkByValve(lane: ModelLane): void {
    this.parkLane(lane.provider, 'safety-valve');
  }
}

/** @returns whether it was not there yet, and is now */
function keep(list: string[], text: string, max: number): boolean {
  if (text === '' || list.includes(text) || list.length >= max) return false;
  list.push(text);
  return true;
}
