import type { Mode } from '../../words/mode.ts';
import type { Outcome } from '../../words/outcome.ts';
import { type AnnouncementBatch, MAX_ANNOUNCEMENTS } from '../announcement.ts';
import type { Claim, ClaimOptions, ClaimResult, Postponement, Settlement } from '../claim.ts';
import type {
  Cause,
  Count,
  Entry,
  EntryDetails,
  HistoryEvent,
  ListOptions,
  ListPage,
  State,
} from '../entry.ts';
import { historyOf } from '../history.ts';
import type { LaneState } from '../lane-state.ts';
import { type Ledger, LedgerError } from '../ledger.ts';
import { MAX_CANDIDATES, numbersOf, toCursor } from '../paging.ts';
import { deadTally, type ProjectOptions, type ProjectPage } from '../projects.ts';
import {
  type AcceptOptions,
  type AcceptResult,
  REPORTS_PER_PART,
  type RepeatedReport,
  type ReportedToken,
} from '../report.ts';
import type { StoredSession } from '../session.ts';
import { createShareKeys, shareOfLimit } from '../shares.ts';
import type { Hour } from '../statistics.ts';
import { sealedSubject, shownSubject } from '../subject.ts';
import { dayOf, deathBucket, hourOf, oldestDayKept, settledTally } from '../tallies.ts';
import type { LedgerVault } from '../vault.ts';
import { connectRedis, type RedisConnection, type RedisConnectionOptions } from './connection.ts';
import { diskSync, durabilityWarnings, groupCommit } from './durability.ts';
import {
  ENTRY_FIELDS,
  FIRST_OUTCOME,
  LEFT_OUT,
  listArguments,
  outcomeNames,
  placeArguments,
  progressArguments,
  projectsArguments,
  repeatArguments,
  reportArguments,
  SUBJECT,
  toAnnouncement,
  toCauses,
  toClaim,
  toEntry,
  toHours,
  toLane,
  toPlaces,
  toProjectPage,
  toSession,
} from './replies.ts';
import {
  callScript,
  KEYS_OF_SCRIPTS,
  MARKS_KEY,
  MODES_KEY,
  type Replies,
  readScripts,
  type ScriptName,
  SESSIONS_KEY,
  WORK_CHANNEL,
} from './scripts.ts';

/** Changes when a version cannot read what an older one wrote. */
const LAYOUT = '4';

/** Written with locations in clear; and while these are being sealed, which nothing else may open. */
const UNSEALED_LAYOUTS = ['2', '2-3'] as const;
/** Entries are listed neither by project nor by outcome; or are being entered there. */
const UNINDEXED_LAYOUTS = ['3', '3-4'] as const;

const DELETIONS_PER_SCRIPT = 1_000;
const ENTRIES_PER_SCRIPT = 200;

export interface RedisLedgerOptions extends RedisConnectionOptions {
  /** Of the key file in use. */
  readonly vault: LedgerVault;
  /** In place of {@link MAX_ANNOUNCEMENTS}. */
  readonly maxAnnouncements?: number;
}

/**
 * Connects, and claims an empty server for this key file.
 * @throws {LedgerError} `unavailable`, `wrong-keys`
 * @throws {Error} when the URL is not valid
 */
export async function openRedisLedger({
  vault,
  maxAnnouncements = MAX_ANNOUNCEMENTS,
  ...options
}: RedisLedgerOptions): Promise<Ledger> {
  const ledger = new RedisLedger(connectRedis(options), vault, readScripts({ maxAnnouncements }));
  try {
    await ledger.open();
    return ledger;
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

class RedisLedger implements Ledger {
  readonly #connection: RedisConnection;
  /** Blocks while it waits for the disk, so nothing else may use it. */
  readonly #syncConnection: RedisConnection;
  readonly #written: () => Promise<void>;
  readonly #vault: LedgerVault;
  readonly #listeners: ((provider: string) => void)[] = [];
  /** Tells our own messages from those of other replicas. */
  readonly #origin = crypto.randomUUID();

  constructor(connection: RedisConnection, vault: LedgerVault, scripts: Readonly<Record<string, string>>) {
    this.#connection = connection;
    this.#vault = vault;
    this.#syncConnection = connection.duplicate();
    this.#written = groupCommit(diskSync(this.#syncConnection));
    connection.defineScripts(scripts, KEYS_OF_SCRIPTS.length);
  }

  async open(): Promise<void> {
    const keyCheck = this.#vault.keyCheck();
    const [knownCheck, layout] = await this.#script('open', [keyCheck, LAYOUT]);
    if (knownCheck !== keyCheck) {
      throw new LedgerError('wrong-keys', 'The Redis ledger was written with another key file.');
    }
    if (UNSEALED_LAYOUTS.some((unsealed) => unsealed === layout)) await this.#sealPlaces();
    else if (UNINDEXED_LAYOUTS.some((unindexed) => unindexed === layout)) await this.#indexEntries();
    else if (layout !== LAYOUT) {
      throw new LedgerError('unavailable', 'The Redis ledger was written by another version of Quash.');
    }
    await this.#connection.subscribe(
      WORK_CHANNEL,
      (message) => this.#onMessage(message),
      () => void this.#tellAllWork(),
    );
  }

  /** From layout 2 to 3; several replicas may do it at once, and any of them may be killed. */
  async #sealPlaces(): Promise<void> {
    await this.#setLayout(UNSEALED_LAYOUTS[1]);
    await this.#migrate((entries) => this.#sealPlacesOf(entries.map(({ id }) => id)));
    await this.#indexEntries();
  }

  /** From layout 3 to 4, in the same way. */
  async #indexEntries(): Promise<void> {
    await this.#setLayout(UNINDEXED_LAYOUTS[1]);
    await this.#migrate(async (entries) => {
      const named = entries.flatMap(({ id, outcome }) => [id, outcome ? outcomeNames(outcome) : '']);
      if (named.length > 0) await this.#script('index-entries', named);
    });
    await this.#setLayout(LAYOUT);
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

  async #setLayout(layout: string): Promise<void> {
    await this.#connection.run((client) => client.hset(KEYS_OF_SCRIPTS[0], 'layout', layout));
  }

  async repeat(reports: readonly RepeatedReport[], { now }: { now: number }): Promise<readonly boolean[]> {
    const counted: boolean[] = [];
    for (let start = 0; start < reports.length; start += REPORTS_PER_PART) {
      const part = reports.slice(start, start + REPORTS_PER_PART);
      const reply = await this.#script('repeat', [now, ...repeatArguments(part, this.#vault)]);
      for (const digit of reply) counted.push(digit === '1');
    }
    // Also for the first report of a token, which its own request may still be waiting for.
    if (counted.includes(true)) await this.#written();
    return counted;
  }

  async accept(
    reports: readonly ReportedToken[],
    { now, backlog, isOver = () => false }: AcceptOptions,
  ): Promise<AcceptResult> {
    let created = 0;
    let repeated = 0;
    const setAside: number[] = [];
    const beyond: number[] = [];
    const woken = new Set<string>();
    const isOnePart = reports.length <= REPORTS_PER_PART;
    if (!isOnePart && (await this.#isAllOfFullShares(reports, backlog))) throw backlogFull();
    let start = 0;
    for (; start < reports.length; start += REPORTS_PER_PART) {
      if (start > 0 && isOver()) break;
      const part = reports.slice(start, start + REPORTS_PER_PART);
      const reply = await this.#script('accept', [
        ...[now, start === 0 ? backlog : -1, isOnePart ? shareOfLimit(backlog) : -1, this.#origin],
        ...reportArguments(part, this.#vault),
      ]);
      if (!reply) throw backlogFull();
      created += reply[0];
      repeated += reply[1];
      for (const provider of reply[2]) woken.add(provider);
      for (const position of reply[3]) setAside.push(start + position);
      for (const position of reply[4]) beyond.push(start + position);
    }
    if (reports.length > 0) await this.#written();
    for (const provider of woken) this.#tellWork(provider);
    return { created, repeated, setAside, beyond, left: Math.max(0, reports.length - start) };
  }

  /** Of a request that is committed in parts. */
  async #isAllOfFullShares(reports: readonly ReportedToken[], backlog: number): Promise<boolean> {
    const keysOf = createShareKeys();
    let someNew = false;
    for (let start = 0; start < reports.length; start += REPORTS_PER_PART) {
      const part = reports.slice(start, start + REPORTS_PER_PART);
      const found = await this.#script('new-of-shares', [
        shareOfLimit(backlog),
        ...part.flatMap(({ id, share }) => [id, keysOf(share).limited ?? '']),
      ]);
      if (found === 'free') return false;
      someNew ||= found === 'full';
    }
    return someNew;
  }

  async claim(provider: string, options: ClaimOptions): Promise<ClaimResult> {
    const { now, limit, leaseMs, maxPerHour, asksOnly } = options;
    const [lane, nextAt, surplus, claims] = await this.#script('claim', [
      ...[provider, now, limit, now + leaseMs, crypto.randomUUID(), maxPerHour],
      ...[shareOfLimit(maxPerHour), asksOnly ? 1 : 0],
    ]);
    return {
      claims: claims.map((claim) => toClaim(this.#vault, provider, claim)),
      lane: toLane(lane),
      ...(nextAt !== '' && { nextAt: Number(nextAt) }),
      ...(surplus === 1 && { surplus: true }),
    };
  }

  async settle(
    { id, lease, firstReportedAt }: Pick<Claim, 'id' | 'lease' | 'firstReportedAt'>,
    settlement: Settlement,
  ): Promise<boolean> {
    const { now, state, outcome, dueAt, progress, note, subject, events, announce, ofReports } = settlement;
    const bucket = deathBucket(settlement, firstReportedAt);
    const settled = await this.#script('settle', [
      ...[id, lease, this.#origin, now, state],
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
    { now, approve, event }: { now: number; approve: boolean; event: HistoryEvent },
  ): Promise<boolean> {
    const { by = '' } = event;
    const signed = [false, true].map((unproven) => this.#vault.signApproval(id, { unproven, by }));
    const provider = await this.#script('requeue', [
      ...[id, this.#origin, now, approve ? 1 : 0, JSON.stringify(event)],
      ...signed,
    ]);
    if (provider === null) return false;
    this.#tellWork(provider);
    return true;
  }

  async reopen(
    id: string,
    { now, outcome, event }: { now: number; outcome: Outcome; event: HistoryEvent },
  ): Promise<boolean> {
    const reopened = await this.#script('reopen', [
      ...[id, now, JSON.stringify(outcome), outcomeNames(outcome), JSON.stringify(event)],
    ]);
    return reopened === 1;
  }

  async dismiss(id: string, { now, event }: { now: number; event: HistoryEvent }): Promise<boolean> {
    return (await this.#script('dismiss', [id, this.#origin, now, JSON.stringify(event)])) === 1;
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

  async list({ since, until, cursor, limit, ...filter }: ListOptions): Promise<ListPage> {
    const { below, smallest } = numbersOf({ since, until, cursor });
    const [last, ...entries] = await this.#script('list', [
      ...[below, smallest, MAX_CANDIDATES, limit, ...listArguments(filter), ...ENTRY_FIELDS],
    ]);
    return {
      entries: entries.map(([id, fields, projects]) => toEntry(id, fields, projects)),
      ...(last !== '' && { cursor: toCursor(Number(last)) }),
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

  async pauseLane(
    provider: string,
    { epoch, until, reason, now }: { epoch: number; until: number; reason: string; now: number },
  ): Promise<LaneState> {
    return toLane(await this.#script('pause-lane', [provider, epoch, until, reason, now]));
  }

  async laneHealthy(provider: string, epoch: number, now: number): Promise<void> {
    const opened = await this.#script('lane-healthy', [provider, epoch, this.#origin, now]);
    if (opened) this.#tellWork(provider);
  }

  async parkLane(provider: string, reason: string, now: number): Promise<void> {
    await this.#script('park-lane', [provider, reason, now]);
  }

  async resumeLane(provider: string, now: number): Promise<void> {
    await this.#script('resume-lane', [provider, this.#origin, now]);
    this.#tellWork(provider);
  }

  async lanes(now: number): Promise<readonly LaneState[]> {
    return (await this.#script('lanes', [now])).map(toLane);
  }

  async setMode(provider: string, mode: Mode | null): Promise<void> {
    // In parts, so that a script is short however many were approved.
    while ((await this.#script('set-mode', [provider, mode ?? ''])) === 1);
  }

  async mark(name: string): Promise<string | undefined> {
    const value = await this.#connection.run((client) => client.hget(MARKS_KEY, name));
    return value ?? undefined;
  }

  async setMark(name: string, value: string): Promise<void> {
    await this.#connection.run((client) => client.hset(MARKS_KEY, name, value));
  }

  async saveSession({ id, version, until, content }: StoredSession, now: number): Promise<boolean> {
    const sealed = this.#vault.sealSession(id, content);
    const isSaved = (await this.#script('save-session', [id, version, until, sealed, now])) === 1;
    if (isSaved) await this.#written();
    return isSaved;
  }

  async session(id: string): Promise<StoredSession | undefined> {
    const stored = await this.#connection.run((client) => client.hget(SESSIONS_KEY, id));
    return stored === null ? undefined : toSession(this.#vault, id, stored);
  }

  async sessions(): Promise<readonly StoredSession[]> {
    const stored = await this.#connection.run((client) => client.hgetall(SESSIONS_KEY));
    return Object.entries(stored).flatMap(([id, text]) => toSession(this.#vault, id, text) ?? []);
  }

  async endSession(id: string): Promise<void> {
    await this.#connection.run((client) => client.hdel(SESSIONS_KEY, id));
    await this.#written();
  }

  async modes(): Promise<Readonly<Record<string, Mode>>> {
    const modes = await this.#connection.run((client) => client.hgetall(MODES_KEY));
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
      const deleted = part > 0 ? await this.#script('purge', [endedBefore, part, oldestDay]) : 0;
      purged += deleted;
      if (deleted === 0 || deleted < part) return purged;
    }
  }

  onWork(listener: (provider: string) => void): void {
    this.#listeners.push(listener);
  }

  async ping(): Promise<void> {
    await this.#script('ping', []);
    await this.#written();
  }

  async warnings(): Promise<readonly string[]> {
    return durabilityWarnings(this.#connection);
  }

  async close(): Promise<void> {
    this.#connection.close();
    this.#syncConnection.close();
  }

  /** @throws {LedgerError} `unavailable` */
  #script<Name extends ScriptName>(name: Name, args: readonly (string | number)[]): Promise<Replies[Name]> {
    return this.#connection.run((client) => callScript(client, name, args));
  }

  #tellWork(provider: string): void {
    for (const listener of this.#listeners) listener(provider);
  }

  #onMessage(message: string): void {
    const [origin, provider] = message.split(' ');
    if (provider && origin !== this.#origin) this.#tellWork(provider);
  }

  /** After the subscription was away: messages may have been missed. */
  async #tellAllWork(): Promise<void> {
    try {
      for (const lane of await this.lanes(0)) this.#tellWork(lane.provider);
    } catch {
      // The server went away again; the next subscription does it.
    }
  }
}

function backlogFull(): LedgerError {
  return new LedgerError('backlog-full', 'Too many entries are queued, in all or of these namespaces.');
}
