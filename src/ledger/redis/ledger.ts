import type { Mode } from '../../words/mode.ts';
import type { AnnouncementBatch, TakeOptions } from '../announcement.ts';
import type { Claim, ClaimOptions, ClaimResult, MendedOptions, Postponement, Settlement } from '../claim.ts';
import type {
  Cause,
  Count,
  EntryDetails,
  ListOptions,
  ListPage,
  PersonsDecision,
  Reopening,
  State,
} from '../entry.ts';
import { historyOf } from '../history.ts';
import type { LaneState, Recovery } from '../lane-state.ts';
import type { Ledger } from '../ledger.ts';
import type { LoggedNotice, NoticeSummary } from '../notice.ts';
import { MAX_CANDIDATES, type NumberedPage, type NumberRange, numbersOf, toCursor } from '../paging.ts';
import type { ProjectOptions, ProjectPage } from '../projects.ts';
import type { AcceptOptions, AcceptResult, RepeatedReport, RepeatOptions, ReportList } from '../report.ts';
import { openedNotice, openedSummary, sealedNotice } from '../sealed-notice.ts';
import type { StoredSession } from '../session.ts';
import type { Hour, ProviderDay } from '../statistics.ts';
import { shownSubject } from '../subject.ts';
import { dayOf, hourOf, oldestDayKept } from '../tallies.ts';
import type { LedgerVault } from '../vault.ts';
import { RedisClaims } from './claims.ts';
import type { RedisConnection } from './connection.ts';
import { RedisDecisions } from './decisions.ts';
import type { PartitionKeys } from './keys.ts';
import { RedisLeases } from './leases.ts';
import { RedisMigrations } from './migrations.ts';
import { toPlaces } from './places.ts';
import {
  ENTRY_FIELDS,
  FIRST_OUTCOME,
  LEFT_OUT,
  listArguments,
  pairsOf,
  projectsArguments,
  SUBJECT,
  toAnnouncement,
  toCauses,
  toDays,
  toEntry,
  toHours,
  toLane,
  toProjectPage,
  toRecord,
  toSession,
} from './replies.ts';
import { RedisReports } from './reports.ts';
import { RedisStorage } from './storage.ts';
import type { WorkChannel } from './work-channel.ts';

const DELETIONS_PER_SCRIPT = 1_000;
const WAITING_PER_SCRIPT = 200;

interface RedisLedgerParts {
  /** Knows the scripts; closed with the ledger. */
  readonly connection: RedisConnection;
  readonly vault: LedgerVault;
  readonly keys: PartitionKeys;
  readonly work: WorkChannel;
}

interface LeadOptions {
  readonly now: number;
  readonly until: number;
  readonly lease: string;
  readonly givenUp?: string;
  readonly longestMs?: number;
}

/** A whole ledger under one hash tag; or one of several, see `PartitionedLedger`, for which it has more than the port. */
export class RedisLedger implements Ledger {
  /** For the ledger that this is a part of. */
  readonly reports: RedisReports;
  readonly claims: RedisClaims;
  readonly #storage: RedisStorage;
  readonly #leases: RedisLeases;
  readonly #decisions: RedisDecisions;
  readonly #work: WorkChannel;

  constructor({ connection, vault, keys, work }: RedisLedgerParts) {
    this.#work = work;
    this.#storage = new RedisStorage(connection, keys, vault);
    this.reports = new RedisReports(this.#storage, work);
    this.claims = new RedisClaims(this.#storage);
    this.#leases = new RedisLeases(this.#storage, work.origin);
    this.#decisions = new RedisDecisions(this.#storage, work);
  }

  /** @returns how many partitions were made, as there was nothing in them */
  async open(): Promise<number> {
    const isNew = await this.openStorage();
    const lanes = async () => (await this.lanes(0)).map(({ provider }) => provider);
    await this.#work.subscribe(this.#storage.connection, lanes);
    return Number(isNew);
  }

  openStorage(): Promise<boolean> {
    return new RedisMigrations(this.#storage, (options) => this.list(options)).open();
  }

  /** Resolves once all is durable that was answered before. */
  written(): Promise<void> {
    return this.#storage.written();
  }

  repeat(reports: ReportList<RepeatedReport>, options: RepeatOptions): Promise<readonly boolean[]> {
    return this.reports.repeat(reports, options);
  }

  accept(reports: ReportList, options: AcceptOptions): Promise<AcceptResult> {
    return this.reports.accept(reports, options);
  }

  claim(provider: string, options: ClaimOptions): Promise<ClaimResult> {
    return this.claims.claim(provider, options);
  }

  settle(claim: Pick<Claim, 'id' | 'lease' | 'firstReportedAt'>, settlement: Settlement): Promise<boolean> {
    return this.#leases.settle(claim, settlement);
  }

  putOff(claim: Pick<Claim, 'id' | 'lease'>, postponement: Postponement): Promise<boolean> {
    return this.#leases.putOff(claim, postponement);
  }

  async endWaits(
    provider: string,
    { now, waitsFor, limit = Number.POSITIVE_INFINITY, shownBy = '' }: MendedOptions,
  ): Promise<number | undefined> {
    let moved = 0;
    for (let known = shownBy; moved < limit; known = '') {
      const part = Math.min(limit - moved, WAITING_PER_SCRIPT);
      const more = await this.#storage.script('end-waits', [
        ...[provider, this.#work.origin, now, part, known, ...waitsFor],
      ]);
      if (more === null) return undefined;
      moved += more;
      if (more < part) break;
    }
    if (moved > 0) this.#work.tell(provider);
    return moved;
  }

  renew(claims: readonly Pick<Claim, 'id' | 'lease'>[], until: number): Promise<number> {
    return this.#leases.renew(claims, until);
  }

  release(claim: Pick<Claim, 'id' | 'lease'>, now: number): Promise<boolean> {
    return this.#leases.release(claim, now);
  }

  requeue(id: string, decision: PersonsDecision & { readonly approve: boolean }): Promise<boolean> {
    return this.#decisions.requeue(id, decision);
  }

  reopen(id: string, reopening: Reopening): Promise<boolean> {
    return this.#decisions.reopen(id, reopening);
  }

  dismiss(id: string, decision: PersonsDecision): Promise<boolean> {
    return this.#decisions.dismiss(id, decision);
  }

  async get(id: string): Promise<EntryDetails | undefined> {
    const reply = await this.#storage.script('get', [id, ...ENTRY_FIELDS, SUBJECT, LEFT_OUT, FIRST_OUTCOME]);
    if (!reply) return undefined;
    const [fields, places, keys, findings, history, projects] = reply;
    const entry = toEntry(id, fields, projects);
    const locationsLeftOut = Number(fields.at(-2) ?? 0);
    const events = historyOf(entry, fields.at(-1), history);
    const found = toPlaces(this.#storage.vault, id, places, keys);
    const subject = shownSubject(this.#storage.vault, id, fields.at(-3));
    return { ...entry, ...found, ...subject, locationsLeftOut, findings, history: events };
  }

  async list(options: ListOptions): Promise<ListPage> {
    const { found, last } = await this.page(options, numbersOf(options));
    return {
      entries: found.map(({ entry }) => entry),
      ...(last !== undefined && { cursor: toCursor(last) }),
    };
  }

  async page(
    { since: _since, until: _until, cursor: _cursor, limit, ...filter }: ListOptions,
    { below, smallest }: NumberRange,
  ): Promise<NumberedPage> {
    const [last, ...entries] = await this.#storage.script('list', [
      ...[below, smallest, MAX_CANDIDATES, limit, ...listArguments(filter), ...ENTRY_FIELDS],
    ]);
    // Of what Redis has evicted the indexes still tell.
    const there = entries.filter(([, [, provider]]) => provider !== null);
    return {
      found: there.map(([id, fields, projects]) => ({
        number: Number(fields[0]),
        entry: toEntry(id, fields, projects),
      })),
      last: last === '' ? undefined : Number(last),
    };
  }

  async causes(): Promise<readonly Cause[]> {
    return toCauses(await this.#storage.script('causes', []));
  }

  async projects(options: ProjectOptions): Promise<ProjectPage> {
    return toProjectPage(await this.#storage.script('projects', projectsArguments(options)));
  }

  async count(): Promise<readonly Count[]> {
    const reply = await this.#storage.script('count', []);
    const counts: Count[] = [];
    for (let at = 0; at < reply.length; at += 3) {
      const [provider, state, entries] = reply.slice(at, at + 3);
      counts.push({ provider: String(provider), state: state as State, entries: Number(entries) });
    }
    return counts;
  }

  async oldestQueuedAt(apartFrom = ''): Promise<number | undefined> {
    const at = await this.#storage.script('oldest-queued', [apartFrom]);
    return at === null ? undefined : Number(at);
  }

  async hours(since: number): Promise<readonly Hour[]> {
    const first = hourOf(since);
    const hours = toHours(await this.#storage.script('hours', [dayOf(first)]));
    return hours.filter(({ at }) => at >= first);
  }

  async days(since: number): Promise<readonly ProviderDay[]> {
    return toDays(await this.#storage.script('hours', [dayOf(since)]));
  }

  async pauseLane(
    provider: string,
    { epoch, until, reason, now }: { epoch: number; until: number; reason: string; now: number },
  ): Promise<LaneState> {
    return toLane(await this.#storage.script('pause-lane', [provider, epoch, until, reason, now]));
  }

  async laneHealthy(
    provider: string,
    epoch: number,
    now: number,
    how: Recovery = 'recovered',
  ): Promise<void> {
    const opened = await this.#storage.script('lane-healthy', [
      ...[provider, epoch, this.#work.origin, now, how],
    ]);
    if (opened) this.#work.tell(provider);
  }

  async parkLane(provider: string, reason: string, now: number): Promise<void> {
    await this.#storage.script('park-lane', [provider, reason, now]);
    await this.#storage.written();
  }

  async resumeLane(provider: string, now: number): Promise<void> {
    await this.#storage.script('resume-lane', [provider, this.#work.origin, now]);
    this.#work.tell(provider);
  }

  async lanes(now: number): Promise<readonly LaneState[]> {
    return (await this.#storage.script('lanes', [now])).map(toLane);
  }

  async setMode(provider: string, mode: Mode | null): Promise<void> {
    // In parts, so that a script is short however many were approved.
    while ((await this.#storage.script('set-mode', [provider, mode ?? ''])) === 1);
    await this.#storage.written();
  }

  async mark(name: string): Promise<string | undefined> {
    const value = await this.#storage.connection.run((client) => client.hget(this.#storage.keys.marks, name));
    return value ?? undefined;
  }

  async setMark(name: string, value: string): Promise<void> {
    await this.#storage.connection.run((client) => client.hset(this.#storage.keys.marks, name, value));
  }

  async saveSession({ id, version, until, content }: StoredSession, now: number): Promise<boolean> {
    const sealed = this.#storage.vault.sealSession(id, content);
    const isSaved = (await this.#storage.script('save-session', [id, version, until, sealed, now])) === 1;
    if (isSaved) await this.#storage.written();
    return isSaved;
  }

  async session(id: string): Promise<StoredSession | undefined> {
    const stored = await this.#storage.connection.run((client) =>
      client.hget(this.#storage.keys.sessions, id),
    );
    return stored === null ? undefined : toSession(this.#storage.vault, id, stored);
  }

  async sessions(): Promise<readonly StoredSession[]> {
    const stored = await this.#storage.connection.run((client) =>
      client.hgetall(this.#storage.keys.sessions),
    );
    return Object.entries(stored).flatMap(([id, text]) => toSession(this.#storage.vault, id, text) ?? []);
  }

  async endSession(id: string): Promise<void> {
    await this.#storage.connection.run((client) => client.hdel(this.#storage.keys.sessions, id));
    await this.#storage.written();
  }

  async modes(): Promise<Readonly<Record<string, Mode>>> {
    return toRecord(await this.#storage.script('modes', [])) as Record<string, Mode>;
  }

  async setChannels(channels: readonly string[]): Promise<void> {
    await this.#storage.script('set-channels', channels);
  }

  async takeAnnouncements(
    channel: string,
    { now, limit, leaseMs, longestMs = Number.MAX_SAFE_INTEGER }: TakeOptions,
  ): Promise<AnnouncementBatch | undefined> {
    const lease = crypto.randomUUID();
    const reply = await this.#storage.script('take-announcements', [
      channel,
      now,
      limit,
      now + leaseMs,
      lease,
      now + longestMs,
    ]);
    if (!reply) return undefined;
    const [missed, found] = reply;
    return { lease, announcements: found.map(toAnnouncement), missed };
  }

  async confirmAnnouncements(channel: string, lease: string, through: string): Promise<boolean> {
    return (await this.#storage.script('confirm-announcements', [channel, lease, through])) === 1;
  }

  async putOffAnnouncements(channel: string, lease: string, until: number): Promise<boolean> {
    return (await this.#storage.script('put-off-announcements', [channel, lease, until])) === 1;
  }

  /** Of several partitions: whether this replica may be told for the channel. @param givenUp its earlier lease */
  async leadChannel(
    channel: string,
    { now, until, lease, givenUp = '', longestMs = Number.MAX_SAFE_INTEGER }: LeadOptions,
  ): Promise<boolean> {
    const reply = await this.#storage.script('lead-channel', [
      channel,
      now,
      until,
      lease,
      givenUp,
      now + longestMs,
    ]);
    return reply === 1;
  }

  async saveNotice(notice: LoggedNotice): Promise<void> {
    const { summary, content } = sealedNotice(this.#storage.vault, notice);
    await this.#storage.script('save-notice', [notice.id, notice.firstAt, summary, content]);
  }

  async notice(id: string): Promise<LoggedNotice | undefined> {
    const { noticeSummaries, noticeContents } = this.#storage.keys;
    const [summary, content] = await this.#storage.connection.run((client) =>
      Promise.all([client.hget(noticeSummaries, id), client.hget(noticeContents, id)]),
    );
    if (summary === null || content === null) return undefined;
    return openedNotice(this.#storage.vault, id, { summary, content });
  }

  async notices(limit: number): Promise<readonly NoticeSummary[]> {
    const found = pairsOf(await this.#storage.script('notices', [limit]));
    return found.flatMap(([id, summary]) => openedSummary(this.#storage.vault, id, summary) ?? []);
  }

  async sendAgain({ id, channel }: Pick<NoticeSummary, 'id' | 'channel'>, now: number): Promise<boolean> {
    return (await this.#storage.script('send-again', [channel, now, id])) === 1;
  }

  /** It waits no longer after a failure. */
  async freeChannel(channel: string): Promise<void> {
    await this.#storage.script('send-again', [channel, 0, '']);
  }

  async countOfDay(name: string, { now, limit }: { now: number; limit: number }): Promise<boolean> {
    return (await this.#storage.script('count-of-day', [name, dayOf(now), limit])) === 1;
  }

  async purge({
    now,
    endedBefore,
    limit,
  }: {
    now: number;
    endedBefore: number;
    limit: number;
  }): Promise<number> {
    const oldestDay = dayOf(oldestDayKept(now));
    let purged = 0;
    while (purged < limit) {
      const part = Math.min(limit - purged, DELETIONS_PER_SCRIPT);
      const [looked, deleted] = await this.#storage.script('purge', [endedBefore, part, oldestDay, now]);
      purged += deleted;
      if (looked < part) break;
    }
    return purged;
  }

  onWork(listener: (provider: string) => void): void {
    this.#work.onWork(listener);
  }

  async ping(): Promise<void> {
    await this.#storage.script('ping', []);
    await this.#storage.written();
  }

  warnings(): Promise<readonly string[]> {
    return this.#storage.warnings();
  }

  async close(): Promise<void> {
    this.#storage.close();
  }
}
