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
} from '../entry.ts';
import type { LaneState } from '../lane-state.ts';
import { type Ledger, LedgerError } from '../ledger.ts';
import type { LoggedNotice, NoticeSummary } from '../notice.ts';
import type { ProjectOptions, ProjectPage } from '../projects.ts';
import type { AcceptOptions, AcceptResult, RepeatedReport, RepeatOptions, ReportList } from '../report.ts';
import type { StoredSession } from '../session.ts';
import { type Hour, type ProviderDay, sumDays, sumHours } from '../statistics.ts';
import type { RedisConnection } from './connection.ts';
import { partitionOf } from './keys.ts';
import { type LaneLook, wholeLane } from './lane-look.ts';
import type { RedisLedger } from './ledger.ts';
import { acceptIn, repeatIn } from './partitioned-accept.ts';
import { PartitionedAnnouncements } from './partitioned-announcements.ts';
import { PartitionedClaims } from './partitioned-claims.ts';
import { listIn } from './partitioned-list.ts';
import { projectsIn } from './partitioned-projects.ts';
import { Partition } from './partitions.ts';
import type { WorkChannel } from './work-channel.ts';

interface PartitionedLedgerParts {
  readonly connection: RedisConnection;
  readonly work: WorkChannel;
  /** All of them, on that connection and with that channel. */
  readonly parts: readonly RedisLedger[];
}

/**
 * One ledger over several hash slots of a Redis Cluster. README.md beside this file says what lies where, and what
 * happens while a partition is away.
 */
export class PartitionedLedger implements Ledger {
  readonly #connection: RedisConnection;
  readonly #work: WorkChannel;
  readonly #partitions: readonly Partition[];
  readonly #claims: PartitionedClaims;
  readonly #announcements: PartitionedAnnouncements;
  /** The partition where the first of a few is looked for. */
  #turn = 0;

  constructor({ connection, work, parts }: PartitionedLedgerParts) {
    this.#connection = connection;
    this.#work = work;
    const onBack = () => void work.tellAll(() => this.#lanesSeen());
    this.#partitions = parts.map((part) => new Partition(part, onBack));
    this.#claims = new PartitionedClaims(this.#partitions);
    this.#announcements = new PartitionedAnnouncements(this.#partitions);
  }

  /** @returns how many partitions were made, as there was nothing in them */
  async open(): Promise<number> {
    const areNew = await Promise.all(this.#partitions.map(({ ledger }) => ledger.openStorage()));
    // From here on it is known what one that goes away has.
    await this.#looks(0);
    await this.#work.subscribe(this.#connection, () => this.#lanesSeen());
    return areNew.filter((isNew) => isNew).length;
  }

  repeat(reports: ReportList<RepeatedReport>, options: RepeatOptions): Promise<readonly boolean[]> {
    return repeatIn(this.#partitions, reports, options);
  }

  accept(reports: ReportList, options: AcceptOptions): Promise<AcceptResult> {
    return acceptIn(this.#partitions, reports, options, (provider) => this.#work.tell(provider));
  }

  claim(provider: string, options: ClaimOptions): Promise<ClaimResult> {
    return this.#claims.claim(provider, options);
  }

  settle(claim: Pick<Claim, 'id' | 'lease' | 'firstReportedAt'>, settlement: Settlement): Promise<boolean> {
    return this.#of(claim.id).settle(claim, settlement);
  }

  putOff(claim: Pick<Claim, 'id' | 'lease'>, postponement: Postponement): Promise<boolean> {
    return this.#of(claim.id).putOff(claim, postponement);
  }

  /** Where it is shown by an entry, whether it is one is asked where that lies. */
  async endWaits(
    provider: string,
    { shownBy, limit = Number.POSITIVE_INFINITY, ...options }: MendedOptions,
  ): Promise<number | undefined> {
    const home = shownBy === undefined ? undefined : this.#partitionOf(shownBy);
    const ofHome = await home?.ledger.endWaits(provider, { ...options, limit, shownBy: shownBy ?? '' });
    if (home && ofHome === undefined) return undefined;
    let moved = ofHome ?? 0;
    // One after the other, as a few are meant of all together; from another one each time.
    this.#turn = (this.#turn + 1) % this.#partitions.length;
    const inTurn = [...this.#partitions.slice(this.#turn), ...this.#partitions.slice(0, this.#turn)];
    for (const each of inTurn) {
      if (each === home || moved >= limit) continue;
      const left = { ...options, limit: limit - moved };
      moved += (await each.ask((ledger) => ledger.endWaits(provider, left))) ?? 0;
    }
    return moved;
  }

  async renew(claims: readonly Pick<Claim, 'id' | 'lease'>[], until: number): Promise<number> {
    const byPartition = Map.groupBy(claims, ({ id }) => this.#of(id));
    const renewed = await allEnded([...byPartition].map(([part, own]) => part.renew(own, until)));
    return renewed.reduce((sum, each) => sum + each, 0);
  }

  release(claim: Pick<Claim, 'id' | 'lease'>, now: number): Promise<boolean> {
    return this.#of(claim.id).release(claim, now);
  }

  requeue(id: string, decision: PersonsDecision & { readonly approve: boolean }): Promise<boolean> {
    return this.#of(id).requeue(id, decision);
  }

  reopen(id: string, reopening: Reopening): Promise<boolean> {
    return this.#of(id).reopen(id, reopening);
  }

  dismiss(id: string, decision: PersonsDecision): Promise<boolean> {
    return this.#of(id).dismiss(id, decision);
  }

  get(id: string): Promise<EntryDetails | undefined> {
    return this.#of(id).get(id);
  }

  list(options: ListOptions): Promise<ListPage> {
    return listIn(this.#partitions, options);
  }

  async count(): Promise<readonly Count[]> {
    const counts = await this.#all((ledger) => ledger.count());
    return sumBy(counts.flat(), ({ provider, state }) => `${provider}\n${state}`);
  }

  async causes(): Promise<readonly Cause[]> {
    const causes = await this.#all((ledger) => ledger.causes());
    return sumBy(causes.flat(), ({ provider, state, outcome, reason }) =>
      [provider, state, outcome, reason].join('\n'),
    );
  }

  projects(options: ProjectOptions): Promise<ProjectPage> {
    return projectsIn(this.#partitions, options);
  }

  async oldestQueuedAt(apartFrom?: string): Promise<number | undefined> {
    const found = (await this.#all((ledger) => ledger.oldestQueuedAt(apartFrom))).flatMap((at) => at ?? []);
    return found.length === 0 ? undefined : Math.min(...found);
  }

  async hours(since: number): Promise<readonly Hour[]> {
    return sumHours((await this.#all((ledger) => ledger.hours(since))).flat());
  }

  async days(since: number): Promise<readonly ProviderDay[]> {
    return sumDays((await this.#all((ledger) => ledger.days(since))).flat());
  }

  async pauseLane(
    provider: string,
    pause: { epoch: number; until: number; reason: string; now: number },
  ): Promise<LaneState> {
    const home = await this.#of(provider).pauseLane(provider, pause);
    const looks = (await this.#looks(pause.now)).get(provider);
    return wholeLane(home, [...(looks?.values() ?? [])], pause.now);
  }

  laneHealthy(...[provider, ...opening]: Parameters<Ledger['laneHealthy']>): Promise<void> {
    return this.#of(provider).laneHealthy(provider, ...opening);
  }

  parkLane(provider: string, reason: string, now: number): Promise<void> {
    return this.#of(provider).parkLane(provider, reason, now);
  }

  async resumeLane(provider: string, now: number): Promise<void> {
    await Promise.all(
      this.#partitions.map((each) => each.ask((ledger) => ledger.claims.forgetHour(provider))),
    );
    await this.#of(provider).resumeLane(provider, now);
  }

  async lanes(now: number): Promise<readonly LaneState[]> {
    return [...(await this.#looks(now))].flatMap(([provider, looks]) => {
      const all = [...looks.values()];
      const home = looks.get(this.#partitionOf(provider)) ?? all[0];
      return home ? [wholeLane(home.lane, all, now)] : [];
    });
  }

  /** Everywhere, as each ends approvals of its own entries; where one is away, the others have it and this fails. */
  async setMode(provider: string, mode: Mode | null): Promise<void> {
    await this.#all((ledger) => ledger.setMode(provider, mode));
  }

  async modes(): Promise<Readonly<Record<string, Mode>>> {
    const found = new Map<Partition, Readonly<Record<string, Mode>>>();
    await Promise.all(
      this.#partitions.map(async (each) => {
        const modes = await each.ask((ledger) => ledger.modes());
        if (modes) found.set(each, modes);
      }),
    );
    if (found.size === 0) throw this.#noneAnswers();
    const all = [...found.values()].flatMap((modes) => Object.entries(modes));
    // Where they differ, as one was away, that of the home is in force.
    const inForce = all.filter(([name, mode]) => {
      const ofHome = found.get(this.#partitionOf(name));
      return !ofHome || ofHome[name] === mode;
    });
    return Object.fromEntries(inForce);
  }

  async setChannels(channels: readonly string[]): Promise<void> {
    await this.#all((ledger) => ledger.setChannels(channels));
  }

  takeAnnouncements(channel: string, options: TakeOptions): Promise<AnnouncementBatch | undefined> {
    return this.#announcements.take(channel, options);
  }

  confirmAnnouncements(channel: string, lease: string, through: string): Promise<boolean> {
    return this.#announcements.confirm(channel, lease, through);
  }

  putOffAnnouncements(channel: string, lease: string, until: number): Promise<boolean> {
    return this.#announcements.putOff(channel, lease, until);
  }

  saveNotice(notice: LoggedNotice): Promise<void> {
    return this.#of(notice.id).saveNotice(notice);
  }

  notice(id: string): Promise<LoggedNotice | undefined> {
    return this.#of(id).notice(id);
  }

  async notices(limit: number): Promise<readonly NoticeSummary[]> {
    const found = (await this.#all((ledger) => ledger.notices(limit))).flat();
    return found.toSorted((a, b) => b.firstAt - a.firstAt).slice(0, limit);
  }

  async sendAgain(notice: Pick<NoticeSummary, 'id' | 'channel'>, now: number): Promise<boolean> {
    if (!(await this.#of(notice.id).sendAgain(notice, now))) return false;
    await this.#of(notice.channel).freeChannel(notice.channel);
    return true;
  }

  countOfDay(name: string, options: { now: number; limit: number }): Promise<boolean> {
    return this.#of(name).countOfDay(name, options);
  }

  async purge({ limit, ...options }: { now: number; endedBefore: number; limit: number }): Promise<number> {
    let purged = 0;
    for (const each of this.#partitions) {
      purged += (await each.ask((ledger) => ledger.purge({ ...options, limit: limit - purged }))) ?? 0;
    }
    return purged;
  }

  onWork(listener: (provider: string) => void): void {
    this.#work.onWork(listener);
  }

  mark(name: string): Promise<string | undefined> {
    return this.#of(name).mark(name);
  }

  setMark(name: string, value: string): Promise<void> {
    return this.#of(name).setMark(name, value);
  }

  saveSession(session: StoredSession, now: number): Promise<boolean> {
    return this.#of(session.id).saveSession(session, now);
  }

  session(id: string): Promise<StoredSession | undefined> {
    return this.#of(id).session(id);
  }

  async sessions(): Promise<readonly StoredSession[]> {
    return (await this.#all((ledger) => ledger.sessions())).flat();
  }

  endSession(id: string): Promise<void> {
    return this.#of(id).endSession(id);
  }

  /** As long as some partition takes reports: {@link warnings} names those that are away. */
  async ping(): Promise<void> {
    const found = await Promise.all(
      this.#partitions.map((each) => each.ask((ledger) => ledger.ping().then(() => true))),
    );
    if (!found.includes(true)) throw this.#noneAnswers();
  }

  async warnings(): Promise<readonly string[]> {
    const found = await Promise.all(this.#partitions.map((each) => each.ask((ledger) => ledger.warnings())));
    const away = found.flatMap((warnings, index) => (warnings ? [] : [index + 1]));
    const all = found.flatMap((warnings) => warnings ?? []);
    if (away.length === 0) return [...new Set(all)];
    const sentence = `Of ${found.length} partitions of the Redis ledger these are away: ${away.join(', ')}. Their entries wait.${this.#why()}`;
    return [sentence, ...new Set(all)];
  }

  async close(): Promise<void> {
    await Promise.all(this.#partitions.map((partition) => partition.close()));
  }

  /** Every lane as all partitions have it; one that is away, as it had it last. */
  async #looks(now: number): Promise<ReadonlyMap<string, ReadonlyMap<Partition, LaneLook>>> {
    const lanes = new Map<string, Map<Partition, LaneLook>>();
    const found = await Promise.all(
      this.#partitions.map((each) => each.ask((ledger) => ledger.claims.look(now))),
    );
    for (const [index, partition] of this.#partitions.entries()) {
      for (const look of found[index] ?? []) partition.seen.set(look.lane.provider, look);
      for (const look of found[index] ?? partition.seen.values()) {
        const { provider } = look.lane;
        lanes.set(provider, (lanes.get(provider) ?? new Map()).set(partition, look));
      }
    }
    return lanes;
  }

  async #lanesSeen(): Promise<readonly string[]> {
    return [...(await this.#looks(0)).keys()];
  }

  #noneAnswers(): LedgerError {
    return new LedgerError('unavailable', `No partition of the Redis ledger answers.${this.#why()}`);
  }

  /** Why the first one is away; the others mostly are for the same reason. */
  #why(): string {
    const fault = this.#partitions.find(({ isAway }) => isAway)?.fault;
    return fault ? ` ${fault.message}` : '';
  }

  /** That has the entry of this id, or is the home of what has this name. */
  #partitionOf(name: string): Partition {
    const partition = this.#partitions[partitionOf(name, this.#partitions.length)];
    if (!partition) throw new RangeError('There is no such partition.');
    return partition;
  }

  #of(name: string): RedisLedger {
    return this.#partitionOf(name).ledger;
  }

  #all<Result>(question: (ledger: RedisLedger) => Promise<Result>): Promise<readonly Result[]> {
    return allEnded(this.#partitions.map(({ ledger }) => question(ledger)));
  }
}

/** Waits for all, then throws what the first one has thrown. */
async function allEnded<Result>(questions: readonly Promise<Result>[]): Promise<readonly Result[]> {
  await Promise.allSettled(questions);
  return Promise.all(questions);
}

/** @param nameOf what has the same name is added up */
function sumBy<Counted extends { readonly entries: number }>(
  parts: readonly Counted[],
  nameOf: (part: Counted) => string,
): readonly Counted[] {
  const sums = new Map<string, Counted>();
  for (const part of parts) {
    const entries = (sums.get(nameOf(part))?.entries ?? 0) + part.entries;
    sums.set(nameOf(part), { ...part, entries });
  }
  return [...sums.values()];
}
