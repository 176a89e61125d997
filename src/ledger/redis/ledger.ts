import type { Mode } from '../../words/mode.ts';
import type { AnnouncementBatch } from '../announcement.ts';
import type { Claim, ClaimOptions, ClaimResult, Postponement, Settlement } from '../claim.ts';
import { COPY_HAS_NOT_ENDED, wasHandedOver } from '../copy.ts';
import type {
  Cause,
  Count,
  Entry,
  EntryDetails,
  ListOptions,
  ListPage,
  PersonsDecision,
  Reopening,
  State,
} from '../entry.ts';
import { historyOf } from '../history.ts';
import type { LaneState } from '../lane-state.ts';
import { backlogFull, type Ledger, LedgerError } from '../ledger.ts';
import type { LoggedNotice, NoticeSummary } from '../notice.ts';
import { otherVersion, VERSION } from '../other-version.ts';
import { outcomeNames } from '../outcome-names.ts';
import { MAX_CANDIDATES, type NumberedPage, type NumberRange, numbersOf, toCursor } from '../paging.ts';
import { deadTally, type ProjectOptions, type ProjectPage } from '../projects.ts';
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
import { openedNotice, openedSummary, sealedNotice } from '../sealed-notice.ts';
import type { StoredSession } from '../session.ts';
import { createShareKeys, shareOfLimit } from '../shares.ts';
import type { Hour, ProviderDay } from '../statistics.ts';
import { sealedSubject, shownSubject } from '../subject.ts';
import { dayOf, deathBucket, hourOf, oldestDayKept, settledTally } from '../tallies.ts';
import type { LedgerVault } from '../vault.ts';
import type { RedisConnection } from './connection.ts';
import { diskSync, durabilityWarnings, groupCommit } from './durability.ts';
import { inGroups } from './in-groups.ts';
import type { PartitionKeys } from './keys.ts';
import { type Elsewhere, type LaneLook, NO_USAGE, type ValveUsage } from './lane-look.ts';
import { inLayout, LAYOUT, LAYOUT_HANDED_OVER, LAYOUT_OF_COPY } from './layout.ts';
import {
  ACT,
  ENTRY_FIELDS,
  FIRST_OUTCOME,
  LEFT_OUT,
  listArguments,
  pairsOf,
  placeArguments,
  progressArguments,
  projectsArguments,
  repeatArguments,
  reportArguments,
  SUBJECT,
  toAnnouncement,
  toCauses,
  toClaim,
  toDays,
  toEntry,
  toHours,
  toLane,
  toLook,
  toPlaces,
  toProjectPage,
  toSession,
  toUsage,
  type Values,
} from './replies.ts';
import { callScript, type Replies, type ScriptName } from './scripts.ts';
import type { WorkChannel } from './work-channel.ts';

/** Written with locations in clear; and while these are being sealed, which nothing else may open. */
const UNSEALED_LAYOUTS = ['2', '2-3'] as const;
/** Entries are listed neither by project nor by outcome; or are being entered there. */
const UNINDEXED_LAYOUTS = ['3', '3-4'] as const;
/** Other versions do not see that it has changed, see begin-migration.lua. */
const UNFENCED_LAYOUT = '4';

const DELETIONS_PER_SCRIPT = 1_000;
const ENTRIES_PER_SCRIPT = 200;
const SETTLEMENTS_PER_SCRIPT = 100;

interface RedisLedgerParts {
  /** Knows the scripts; closed with the ledger. */
  readonly connection: RedisConnection;
  readonly vault: LedgerVault;
  readonly keys: PartitionKeys;
  readonly work: WorkChannel;
}

/** A whole ledger under one hash tag; or one of several, see `PartitionedLedger`, for which it has more than the port. */
export class RedisLedger implements Ledger {
  readonly #connection: RedisConnection;
  /** Blocks while it waits for the disk, so nothing else may use it. */
  readonly #syncConnection: RedisConnection;
  readonly #written: () => Promise<void>;
  readonly #vault: LedgerVault;
  readonly #keys: PartitionKeys;
  readonly #work: WorkChannel;
  readonly #origin: string;
  /** Whether the server that is connected has run the script of accept. */
  #knowsAccept = false;
  /** Of a lane at work many settle at about the same time. */
  readonly #settle = inGroups(SETTLEMENTS_PER_SCRIPT, (settlements: readonly Values[]) =>
    this.#script('settle', [this.#origin, ...settlements.flatMap((values) => [values.length, ...values])]),
  );

  constructor({ connection, vault, keys, work }: RedisLedgerParts) {
    this.#connection = connection;
    this.#vault = vault;
    this.#keys = keys;
    this.#work = work;
    this.#origin = work.origin;
    connection.client.on('ready', () => {
      this.#knowsAccept = false;
    });
    this.#syncConnection = connection.duplicate();
    this.#written = groupCommit(diskSync(this.#syncConnection, keys.sync));
  }

  async open(): Promise<void> {
    await this.openStorage();
    const lanes = async () => (await this.lanes(0)).map(({ provider }) => provider);
    await this.#work.subscribe(this.#connection, lanes);
  }

  async openStorage(): Promise<void> {
    const keyCheck = this.#vault.keyCheck();
    const [knownCheck, layout, writer, handedOver] = await this.#script('open', [keyCheck, LAYOUT, VERSION]);
    if (knownCheck !== keyCheck) {
      throw new LedgerError('wrong-keys', 'The Redis ledger was written with another key file.');
    }
    if (UNSEALED_LAYOUTS.some((unsealed) => unsealed === layout)) await this.#sealPlaces();
    else if (layout === LAYOUT_OF_COPY) throw new LedgerError('unavailable', COPY_HAS_NOT_ENDED);
    else if (layout === LAYOUT_HANDED_OVER) throw wasHandedOver(JSON.parse(handedOver ?? '{}'));
    else if (UNINDEXED_LAYOUTS.some((unindexed) => unindexed === layout)) await this.#indexEntries();
    else if (layout === UNFENCED_LAYOUT) await this.#fence();
    else if (layout !== LAYOUT) throw otherVersion('Redis', writer ?? undefined);
  }

  /** From layout 2 to 5; several replicas may do it at once, and any of them may be killed. */
  async #sealPlaces(): Promise<void> {
    if ((await this.#script('begin-migration', [UNSEALED_LAYOUTS[1]])) === 0) return;
    await this.#migrate((entries) => this.#sealPlacesOf(entries.map(({ id }) => id)));
    await this.#indexEntries();
  }

  /** From layout 3 to 5, in the same way. */
  async #indexEntries(): Promise<void> {
    if ((await this.#script('begin-migration', [UNINDEXED_LAYOUTS[1]])) === 0) return;
    await this.#migrate(async (entries) => {
      const named = entries.flatMap(({ id, outcome }) => [id, outcome ? outcomeNames(outcome) : '']);
      if (named.length > 0) await this.#script('index-entries', named);
    });
    await this.#fence();
  }

  /** From layout 4 to 5; the last step of each migration. */
  async #fence(): Promise<void> {
    await this.#script('begin-migration', [UNFENCED_LAYOUT]);
    const [meta] = this.#keys.ofScripts;
    await this.#connection.run((client) => client.hset(meta, inLayout(LAYOUT)));
    await this.#written();
  }

  async #migrate(migrate: (entries: readonly Entry[]) => Promise<void>): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ limit: ENTRIES_PER_SCRIPT, ...(cursor !== undefined && { cursor }) });
      await migrate(page.entries);
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  async #sealPlacesOf(ids: readonly string[]): Promise<void> {
    const found = await this.#script('old-places', ids);
    const sealed = ids.flatMap((id, index) => {
      const places = (found[index] ?? []).map((location) => placeArguments(this.#vault, id, location));
      if (places.length === 0) return [];
      const keys = places.map(([key]) => `${key} `).join('');
      return [id, keys, places.length, ...places.map(([, place]) => place)];
    });
    if (sealed.length > 0) await this.#script('seal-places', sealed);
  }

  async repeat(
    reports: ReportList<RepeatedReport>,
    { now, isOver }: RepeatOptions,
  ): Promise<readonly boolean[]> {
    const counted = await countInParts(reports, isOver, async (part) => {
      const reply = await this.#script('repeat', [now, ...repeatArguments(part, this.#vault)]);
      return Array.from(reply, (digit) => digit === '1');
    });
    // Also for the first report of a token, which its own request may still be waiting for.
    if (counted.includes(true)) await this.#written();
    return counted;
  }

  async accept(reports: ReportList, { now, backlog, isOver }: AcceptOptions): Promise<AcceptResult> {
    let created = 0;
    let repeated = 0;
    const setAside: number[] = [];
    const beyond: number[] = [];
    const woken = new Set<string>();
    const isWhole = isOnePart(reports);
    if (!isWhole && (await this.#isAllOfFullShares(reports, backlog))) throw backlogFull();
    let left = reports.length;
    for (const [start, part] of inParts(reports, isOver)) {
      const limits = [start === 0 ? backlog : -1, isWhole ? shareOfLimit(backlog) : -1] as const;
      const accepting = this.acceptPart(part, now, limits);
      const told = this.#tellEarly(part);
      const reply = await accepting;
      this.#knowsAccept = true;
      if (!reply) throw backlogFull();
      created += reply[0];
      repeated += reply[1];
      for (const provider of reply[2]) if (!told.has(provider)) woken.add(provider);
      for (const position of reply[3]) setAside.push(start + position);
      for (const position of reply[4]) beyond.push(start + position);
      left -= part.length;
    }
    if (reports.length > 0) await this.#written();
    for (const provider of woken) this.#work.tell(provider);
    return { created, repeated, setAside, beyond, left };
  }

  /**
   * A claim that is sent now is run behind the reports that were just sent, so who claims need not wait for their answer.
   * A script that the server does not know yet is sent again, and would come behind.
   * @returns whose providers were told
   */
  #tellEarly(reports: readonly ReportedToken[]): ReadonlySet<string> {
    const providers = new Set<string>();
    if (!this.#connection.keepsOrder || !this.#knowsAccept) return providers;
    for (const { provider, initial } of reports) if (initial.state === 'queued') providers.add(provider);
    for (const provider of providers) this.#work.tell(provider);
    return providers;
  }

  /**
   * Commits at most {@link REPORTS_PER_PART}, which are durable after {@link written}; nobody is told here of new work.
   * @returns null when a limit is reached
   */
  acceptPart(
    reports: readonly ReportedToken[],
    now: number,
    [backlog, share]: readonly [backlog: number, share: number] = [-1, -1],
  ): Promise<Replies['accept']> {
    const values = reportArguments(reports, this.#vault);
    return this.#script('accept', [now, backlog, share, this.#origin, ...values]);
  }

  /** Resolves once all is durable that was answered before. */
  written(): Promise<void> {
    return this.#written();
  }

  /** How many entries are queued, and of each share. */
  async queued(shares: readonly string[]): Promise<readonly number[]> {
    return this.#script('queued', shares);
  }

  /** Of a request that is committed in parts. */
  async #isAllOfFullShares(reports: ReportList, backlog: number): Promise<boolean> {
    const keysOf = createShareKeys();
    let someNew = false;
    for (const [, part] of inParts(reports)) {
      const found = await this.newOfShares(
        part.map(({ id, share }) => [id, keysOf(share).limited ?? '']),
        shareOfLimit(backlog),
      );
      if (found === 'free') return false;
      someNew ||= found === 'full';
    }
    return someNew;
  }

  /** Whether there are new ids among them, and one whose share, where it has one, has fewer than `limit` queued here. */
  newOfShares(
    reports: readonly (readonly [id: string, share: string])[],
    limit: number,
  ): Promise<Replies['new-of-shares']> {
    return this.#script('new-of-shares', [limit, ...reports.flat()]);
  }

  /** Of these ids, those that have an entry. */
  async known(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const found = await this.#connection.run((client) =>
      Promise.all(ids.map((id) => client.exists(this.#keys.entry(id)))),
    );
    return new Set(ids.filter((_, index) => found[index] === 1));
  }

  /** Counts reports that may be beyond a number of entries. @returns how many there were until now, with these */
  async countBeyond(id: string, reports: number): Promise<number> {
    const key = this.#keys.beyond(id);
    return this.#connection.run(async (client) => {
      const count = await client.incrby(key, reports);
      await client.pexpire(key, COUNTS_KEPT_MS);
      return count;
    });
  }

  async claim(provider: string, options: ClaimOptions): Promise<ClaimResult> {
    const found = await this.claimPart(provider, options);
    if (!found) throw new TypeError('A claim without a look is outdated by none.');
    return found.result;
  }

  /**
   * @param elsewhere where there are several partitions: what the script has to know of the others
   * @returns undefined when somebody else has looked since the look that this claim rests on
   */
  async claimPart(
    provider: string,
    { now, limit, leaseMs, maxPerHour, asksOnly }: ClaimOptions,
    elsewhere?: Elsewhere,
  ): Promise<{ readonly result: ClaimResult; readonly usage: ValveUsage } | undefined> {
    const reply = await this.#script('claim', [
      ...[provider, now, limit, now + leaseMs, crypto.randomUUID(), maxPerHour],
      ...[shareOfLimit(maxPerHour), asksOnly ? 1 : 0, elsewhere ? JSON.stringify(elsewhere) : ''],
    ]);
    if (!reply) return undefined;
    const [lane, nextAt, surplus, claims, usage] = reply;
    const result: ClaimResult = {
      claims: claims.map((claim) => toClaim(this.#vault, provider, claim)),
      lane: toLane(lane),
      ...(nextAt !== '' && { nextAt: Number(nextAt) }),
      ...(surplus === 1 && { surplus: true }),
    };
    return { result, usage: usage === '' ? NO_USAGE : toUsage(usage) };
  }

  /** What this partition has of one lane. From here on nobody claims in it who looked before. */
  async lookToClaim(
    provider: string,
    { now, maxPerHour }: Pick<ClaimOptions, 'now' | 'maxPerHour'>,
    token: string,
  ): Promise<LaneLook> {
    const [found] = await this.#script('look', [now, token, maxPerHour, provider]);
    if (!found) throw new TypeError('A look at a lane has found none.');
    return toLook(found);
  }

  /** What this partition has of all its lanes. */
  async look(now: number): Promise<readonly LaneLook[]> {
    return (await this.#script('look', [now, '', ''])).map(toLook);
  }

  /** The safety valve counts nothing of what was revoked here before. */
  async forgetHour(provider: string): Promise<void> {
    await this.#connection.run((client) => client.del(this.#keys.revoked(provider)));
  }

  async settle(
    { id, lease, firstReportedAt }: Pick<Claim, 'id' | 'lease' | 'firstReportedAt'>,
    settlement: Settlement,
  ): Promise<boolean> {
    const { now, state, outcome, dueAt, progress, note, subject, events, announce, ofReports } = settlement;
    const bucket = deathBucket(settlement, firstReportedAt);
    const settled = await this.#settle([
      ...[id, lease, now, state],
      ...[outcome ? JSON.stringify(outcome) : '', outcomeNames(outcome), dueAt ?? '', note ?? ''],
      ...[...progressArguments(progress), announce ?? '', settledTally(settlement, firstReportedAt) ?? ''],
      ...[ofReports ?? '', bucket === undefined ? '' : deadTally(bucket)],
      sealedSubject(this.#vault, id, subject) ?? '',
      ...events.map((event) => JSON.stringify(event)),
    ]);
    return settled === 1;
  }

  async putOff({ id, lease }: Pick<Claim, 'id' | 'lease'>, postponement: Postponement): Promise<boolean> {
    const { now, dueAt, progress, note, events, announce, endsApproval } = postponement;
    const putOff = await this.#script('put-off', [
      ...[id, lease, this.#origin, now, dueAt, note ?? ''],
      ...[...progressArguments(progress), announce ?? '', endsApproval ? 1 : 0],
      ...events.map((event) => JSON.stringify(event)),
    ]);
    return putOff === 1;
  }

  async renew(claims: readonly Pick<Claim, 'id' | 'lease'>[], until: number): Promise<number> {
    return this.#script('renew', [until, ...claims.flatMap(({ id, lease }) => [id, lease])]);
  }

  async release({ id, lease }: Pick<Claim, 'id' | 'lease'>, now: number): Promise<boolean> {
    return (await this.#script('release', [id, lease, this.#origin, now])) === 1;
  }

  async requeue(
    id: string,
    { now, approve, event, asOf }: PersonsDecision & { readonly approve: boolean },
  ): Promise<boolean> {
    const { by = '' } = event;
    for (;;) {
      const act = Number(await this.#connection.run((client) => client.hget(this.#keys.entry(id), ACT)));
      const signed = [false, true].map((unproven) => this.#vault.signApproval(id, { unproven, act, by }));
      const provider = await this.#script('requeue', [
        ...[id, this.#origin, now, approve ? 1 : 0, JSON.stringify(event), act],
        ...[...signed, asOf ?? ''],
      ]);
      if (provider === null) return false;
      if (provider === '') continue;
      this.#work.tell(provider);
      return true;
    }
  }

  async reopen(id: string, { now, from, outcome, event }: Reopening): Promise<boolean> {
    const reopened = await this.#script('reopen', [
      ...[id, now, from, JSON.stringify(outcome), outcomeNames(outcome), JSON.stringify(event)],
    ]);
    return reopened === 1;
  }

  async dismiss(id: string, { now, event, asOf }: PersonsDecision): Promise<boolean> {
    const dismissed = await this.#script('dismiss', [
      ...[id, this.#origin, now, JSON.stringify(event), asOf ?? ''],
    ]);
    return dismissed === 1;
  }

  async get(id: string): Promise<EntryDetails | undefined> {
    const reply = await this.#script('get', [id, ...ENTRY_FIELDS, SUBJECT, LEFT_OUT, FIRST_OUTCOME]);
    if (!reply) return undefined;
    const [fields, places, keys, findings, history, projects] = reply;
    const entry = toEntry(id, fields, projects);
    const locationsLeftOut = Number(fields.at(-2) ?? 0);
    const events = historyOf(entry, fields.at(-1), history);
    const found = toPlaces(this.#vault, id, places, keys);
    const subject = shownSubject(this.#vault, id, fields.at(-3));
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
    const [last, ...entries] = await this.#script('list', [
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
    return toCauses(await this.#script('causes', []));
  }

  async projects(options: ProjectOptions): Promise<ProjectPage> {
    return toProjectPage(await this.#script('projects', projectsArguments(options)));
  }

  async count(): Promise<readonly Count[]> {
    const reply = await this.#script('count', []);
    const counts: Count[] = [];
    for (let at = 0; at < reply.length; at += 3) {
      const [provider, state, entries] = reply.slice(at, at + 3);
      counts.push({ provider: String(provider), state: state as State, entries: Number(entries) });
    }
    return counts;
  }

  async oldestQueuedAt(): Promise<number | undefined> {
    const at = await this.#script('oldest-queued', []);
    return at === null ? undefined : Number(at);
  }

  async hours(since: number): Promise<readonly Hour[]> {
    const first = hourOf(since);
    const hours = toHours(await this.#script('hours', [dayOf(first)]));
    return hours.filter(({ at }) => at >= first);
  }

  async days(since: number): Promise<readonly ProviderDay[]> {
    return toDays(await this.#script('hours', [dayOf(since)]));
  }

  async pauseLane(
    provider: string,
    { epoch, until, reason, now }: { epoch: number; until: number; reason: string; now: number },
  ): Promise<LaneState> {
    return toLane(await this.#script('pause-lane', [provider, epoch, until, reason, now]));
  }

  async laneHealthy(provider: string, epoch: number, now: number): Promise<void> {
    const opened = await this.#script('lane-healthy', [provider, epoch, this.#origin, now]);
    if (opened) this.#work.tell(provider);
  }

  async parkLane(provider: string, reason: string, now: number): Promise<void> {
    await this.#script('park-lane', [provider, reason, now]);
  }

  async resumeLane(provider: string, now: number): Promise<void> {
    await this.#script('resume-lane', [provider, this.#origin, now]);
    this.#work.tell(provider);
  }

  async lanes(now: number): Promise<readonly LaneState[]> {
    return (await this.#script('lanes', [now])).map(toLane);
  }

  async setMode(provider: string, mode: Mode | null): Promise<void> {
    // In parts, so that a script is short however many were approved.
    while ((await this.#script('set-mode', [provider, mode ?? ''])) === 1);
  }

  async mark(name: string): Promise<string | undefined> {
    const value = await this.#connection.run((client) => client.hget(this.#keys.marks, name));
    return value ?? undefined;
  }

  async setMark(name: string, value: string): Promise<void> {
    await this.#connection.run((client) => client.hset(this.#keys.marks, name, value));
  }

  async saveSession({ id, version, until, content }: StoredSession, now: number): Promise<boolean> {
    const sealed = this.#vault.sealSession(id, content);
    const isSaved = (await this.#script('save-session', [id, version, until, sealed, now])) === 1;
    if (isSaved) await this.#written();
    return isSaved;
  }

  async session(id: string): Promise<StoredSession | undefined> {
    const stored = await this.#connection.run((client) => client.hget(this.#keys.sessions, id));
    return stored === null ? undefined : toSession(this.#vault, id, stored);
  }

  async sessions(): Promise<readonly StoredSession[]> {
    const stored = await this.#connection.run((client) => client.hgetall(this.#keys.sessions));
    return Object.entries(stored).flatMap(([id, text]) => toSession(this.#vault, id, text) ?? []);
  }

  async endSession(id: string): Promise<void> {
    await this.#connection.run((client) => client.hdel(this.#keys.sessions, id));
    await this.#written();
  }

  async modes(): Promise<Readonly<Record<string, Mode>>> {
    const modes = await this.#connection.run((client) => client.hgetall(this.#keys.modes));
    return modes as Record<string, Mode>;
  }

  async setChannels(channels: readonly string[]): Promise<void> {
    await this.#script('set-channels', channels);
  }

  async takeAnnouncements(
    channel: string,
    { now, limit, leaseMs }: { now: number; limit: number; leaseMs: number },
  ): Promise<AnnouncementBatch | undefined> {
    const lease = crypto.randomUUID();
    const reply = await this.#script('take-announcements', [channel, now, limit, now + leaseMs, lease]);
    if (!reply) return undefined;
    const [missed, found] = reply;
    return { lease, announcements: found.map(toAnnouncement), missed };
  }

  async confirmAnnouncements(channel: string, lease: string, through: string): Promise<boolean> {
    return (await this.#script('confirm-announcements', [channel, lease, through])) === 1;
  }

  async putOffAnnouncements(channel: string, lease: string, until: number): Promise<boolean> {
    return (await this.#script('put-off-announcements', [channel, lease, until])) === 1;
  }

  /** Of several partitions: whether this replica may be told for the channel. @param givenUp its earlier lease */
  async leadChannel(
    channel: string,
    { now, until, lease, givenUp = '' }: { now: number; until: number; lease: string; givenUp?: string },
  ): Promise<boolean> {
    return (await this.#script('lead-channel', [channel, now, until, lease, givenUp])) === 1;
  }

  async saveNotice(notice: LoggedNotice): Promise<void> {
    const { summary, content } = sealedNotice(this.#vault, notice);
    await this.#script('save-notice', [notice.id, notice.firstAt, summary, content]);
  }

  async notice(id: string): Promise<LoggedNotice | undefined> {
    const { noticeSummaries, noticeContents } = this.#keys;
    const [summary, content] = await this.#connection.run((client) =>
      Promise.all([client.hget(noticeSummaries, id), client.hget(noticeContents, id)]),
    );
    if (summary === null || content === null) return undefined;
    return openedNotice(this.#vault, id, { summary, content });
  }

  async notices(limit: number): Promise<readonly NoticeSummary[]> {
    const found = pairsOf(await this.#script('notices', [limit]));
    return found.flatMap(([id, summary]) => openedSummary(this.#vault, id, summary) ?? []);
  }

  async sendAgain({ id, channel }: Pick<NoticeSummary, 'id' | 'channel'>, now: number): Promise<boolean> {
    return (await this.#script('send-again', [channel, now, id])) === 1;
  }

  /** It waits no longer after a failure. */
  async freeChannel(channel: string): Promise<void> {
    await this.#script('send-again', [channel, 0, '']);
  }

  async countOfDay(name: string, { now, limit }: { now: number; limit: number }): Promise<boolean> {
    return (await this.#script('count-of-day', [name, dayOf(now), limit])) === 1;
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
    for (;;) {
      const part = Math.min(limit - purged, DELETIONS_PER_SCRIPT);
      const deleted = part > 0 ? await this.#script('purge', [endedBefore, part, oldestDay, now]) : 0;
      purged += deleted;
      if (deleted === 0 || deleted < part) return purged;
    }
  }

  onWork(listener: (provider: string) => void): void {
    this.#work.onWork(listener);
  }

  async ping(): Promise<void> {
    await this.#script('ping', []);
    await this.#written();
  }

  async warnings(): Promise<readonly string[]> {
    return durabilityWarnings(this.#connection, this.#keys.sync);
  }

  async close(): Promise<void> {
    this.#connection.close();
    this.#syncConnection.close();
  }

  /** @throws {LedgerError} `unavailable` */
  #script<Name extends ScriptName>(name: Name, args: readonly (string | number)[]): Promise<Replies[Name]> {
    return this.#connection.run((client) => callScript(client, this.#keys, name, args));
  }
}
