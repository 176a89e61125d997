/**
 * The port to durable storage: what was reported, what became of it, and which lane may work on it. It knows no
 * provider and no secret: tokens and notes arrive sealed, and locations are sealed where they are written. Two
 * implementations, one contract suite.
 *
 * All times are milliseconds since the Unix epoch and come from the caller's clock. Every operation is atomic, and
 * its promise resolves only once the change is durable.
 */
import type { Mode } from '../words/mode.ts';
import type { AnnouncementBatch, TakeOptions } from './announcement.ts';
import type { Claim, ClaimOptions, ClaimResult, MendedOptions, Postponement, Settlement } from './claim.ts';
import type {
  Cause,
  Count,
  EntryDetails,
  ListOptions,
  ListPage,
  PersonsDecision,
  Reopening,
} from './entry.ts';
import type { LaneState, Recovery } from './lane-state.ts';
import type { LoggedNotice, NoticeSummary } from './notice.ts';
import type { ProjectOptions, ProjectPage } from './projects.ts';
import type { AcceptOptions, AcceptResult, RepeatedReport, RepeatOptions, ReportList } from './report.ts';
import type { StoredSession } from './session.ts';
import type { Hour, ProviderDay } from './statistics.ts';

export interface Ledger {
  /**
   * Counts the reports that say nothing new, which are nearly all: their entry is there with type, location and finding,
   * and has no reason to start anew or to be asked about. It costs one look for each, and seals nothing.
   * @returns for each report whether it was counted; the others are for {@link accept}
   * @throws {LedgerError} `unavailable`
   */
  repeat(reports: ReportList<RepeatedReport>, options: RepeatOptions): Promise<readonly boolean[]>;
  /**
   * Commits the reports in the parts of {@link inParts}, each as a whole, of which the first decides about refusals:
   * should a later one fail, the caller sends all again. A new id becomes an entry. A known one counts the report, adds type and location,
   * and starts nothing, but for {@link ReportedToken.restarts} and {@link ReportedToken.recheckEndedBefore}. With a channel, entries
   * that begin as held or in attention are announced, and so are new findings of entries that have ended.
   * @throws {LedgerError} `backlog-full`, `unavailable`
   */
  accept(reports: ReportList, options: AcceptOptions): Promise<AcceptResult>;
  /**
   * Takes what is due for one provider, and nothing while its lane is paused or parked. Turns are taken between what has
   * its time (the longest due first), what is fresh (queued by a report and not claimed since), and what is verified. Of the
   * fresh ones the groups take turns, in them the namespaces, in them the projects, see {@link ReportedToken.share}; a
   * project's own come in the order of their reports. What has its time joins the turns of its phase, as one more project
   * of its namespace by each project where it was found first, but for what goes on at once and what somebody may still have in
   * hand; namespaces that have nothing else are a group of their own.
   */
  claim(provider: string, options: ClaimOptions): Promise<ClaimResult>;
  /**
   * Ends the work; sealed token and note are erased when the state is `done`.
   * @returns false when the lease was lost, or there are more reports than {@link Settlement.ofReports}; then nothing changed
   */
  settle(claim: Pick<Claim, 'id' | 'lease' | 'firstReportedAt'>, settlement: Settlement): Promise<boolean>;
  /** @returns false when the lease was lost; then nothing changed */
  putOff(claim: Pick<Claim, 'id' | 'lease'>, postponement: Postponement): Promise<boolean>;
  /**
   * What was put off for one of these, see {@link Postponement.waitsFor}, has its time now, in its turns. A copy of the ledger
   * forgets what its entries wait for; they keep their time.
   * @returns how many; undefined when {@link MendedOptions.shownBy} did not wait for it
   */
  endWaits(provider: string, options: MendedOptions): Promise<number | undefined>;
  /**
   * Whoever works on them keeps them: they become due again at `until`. What was lost stays lost.
   * @returns how many are held still
   */
  renew(claims: readonly Pick<Claim, 'id' | 'lease'>[], until: number): Promise<number>;
  /** Gives a claim back as it was: it has its time now, behind what is due already. */
  release(claim: Pick<Claim, 'id' | 'lease'>, now: number): Promise<boolean>;
  /**
   * A person's retry or approval: `held` or `attention` becomes `queued`, due at once, with fresh progress. An approval
   * of an entry that is held as `unproven` says so in the claims that follow.
   */
  requeue(id: string, decision: PersonsDecision & { readonly approve: boolean }): Promise<boolean>;
  /**
   * What ended, or waits for a person, needs one after all: it becomes `attention` with this outcome. The token of what was
   * `done` is gone, so that only a new report or a dismissal ends it.
   * @returns false when it is in another state than {@link Reopening.from}; then nothing changed
   */
  reopen(id: string, reopening: Reopening): Promise<boolean>;
  /** A person's decision that nothing is to be done: any state but `done` becomes `dismissed`; the token is erased. */
  dismiss(id: string, decision: PersonsDecision): Promise<boolean>;
  get(id: string): Promise<EntryDetails | undefined>;
  list(options: ListOptions): Promise<ListPage>;
  /** Only what is not zero. */
  count(): Promise<readonly Count[]>;
  /** Only what is not zero. */
  causes(): Promise<readonly Cause[]>;
  /** Of projects that have entries; in the order of their paths. */
  projects(options: ProjectOptions): Promise<ProjectPage>;
  /**
   * When the oldest entry that is `queued` was first reported; undefined when none is.
   * @param apartFrom the provider whose entries do not count
   */
  oldestQueuedAt(apartFrom?: string): Promise<number | undefined>;
  /** The hours since then in which anything happened, in order; at most {@link HOURS_KEPT_DAYS} back. */
  hours(since: number): Promise<readonly Hour[]>;
  /** The same by provider and day, from the day on in which the time is; those of a provider in order. */
  days(since: number): Promise<readonly ProviderDay[]>;
  /** Pauses the lane until `until` if nobody did since `epoch`, and counts the streak; the first of a streak is announced. */
  pauseLane(
    provider: string,
    pause: { epoch: number; until: number; reason: string; now: number },
  ): Promise<LaneState>;
  /**
   * The lane's entry that was let through after a pause succeeded, or what waited on where that showed `in-part`; does
   * nothing when `epoch` is over. Announced as resumed unless the lane is parked, too.
   * @param how default is `recovered`
   */
  laneHealthy(provider: string, epoch: number, now: number, how?: Recovery): Promise<void>;
  /** Stops the lane until {@link resumeLane}; announced unless it was parked already. */
  parkLane(provider: string, reason: string, now: number): Promise<void>;
  /** Ends pause and park at once (announced if there was one); the safety valve forgets its hour. */
  resumeLane(provider: string, now: number): Promise<void>;
  lanes(now: number): Promise<readonly LaneState[]>;
  /**
   * Puts a mode in the place of the configured one, for a provider or for {@link ALL_LANES}; null takes it back.
   * A claim made after this sees it. Any but `revoke` ends the approvals of what is queued: a person asked to be asked.
   */
  setMode(provider: string, mode: Mode | null): Promise<void>;
  /** What {@link setMode} put in place, by provider or {@link ALL_LANES}. */
  modes(): Promise<Readonly<Record<string, Mode>>>;
  /**
   * Says who is told of what happens from now on. A new channel begins here, one that is no longer named is
   * forgotten; without any, nothing is kept for them.
   */
  setChannels(channels: readonly string[]): Promise<void>;
  /**
   * What the channel has not confirmed; undefined when that is nothing, or somebody has it, or it was put off, or there
   * is no such channel. What it missed is counted until something is confirmed.
   * @param options what is leased or put off for longer than `longestMs` was so by a clock that was ahead, and is free
   */
  takeAnnouncements(channel: string, options: TakeOptions): Promise<AnnouncementBatch | undefined>;
  /**
   * The channel has delivered all up to and including `through`; the lease ends with the last of its batch. What all
   * channels have confirmed is deleted.
   * @returns false when the lease was lost
   */
  confirmAnnouncements(channel: string, lease: string, through: string): Promise<boolean>;
  /** The channel could not deliver, and gets nothing before `until`; ends the lease. @returns false when it was lost */
  putOffAnnouncements(channel: string, lease: string, until: number): Promise<boolean>;
  /** Keeps what became of a notice, in the place of what was kept of it before, among the newest {@link MAX_NOTICES}. */
  saveNotice(notice: LoggedNotice): Promise<void>;
  notice(id: string): Promise<LoggedNotice | undefined>;
  /** Those that were tried last for the first time come first. */
  notices(limit: number): Promise<readonly NoticeSummary[]>;
  /**
   * Announces to a notice's channel that it is to be sent again; the channel no longer waits after a failure.
   * @returns false when there is no such notice
   */
  sendAgain(notice: Pick<NoticeSummary, 'id' | 'channel'>, now: number): Promise<boolean>;
  /**
   * Counts one more for this name on the day (UTC) of `now`.
   * @returns false, and counts nothing, when there are as many as `limit`
   */
  countOfDay(name: string, options: { now: number; limit: number }): Promise<boolean>;
  /**
   * Deletes up to `limit` entries that ended before `endedBefore` and are `attention`, or `done` or `dismissed` and not
   * reported since, the notices that are older, the days of {@link hours} that are no longer kept, and what was counted on earlier days.
   * @returns how many entries
   */
  purge(options: { now: number; endedBefore: number; limit: number }): Promise<number>;
  /** Calls back with a provider's id when it may have new work, also when another replica accepted it. */
  onWork(listener: (provider: string) => void): void;
  /** What {@link setMark} stored under that name, for all replicas; undefined when nothing was. */
  mark(name: string): Promise<string | undefined>;
  setMark(name: string, value: string): Promise<void>;
  /**
   * Keeps a session for all replicas, in the place of the version before; what is over by `now` is forgotten.
   * @returns false when another version is there, or none any more; then nothing changed
   */
  saveSession(session: StoredSession, now: number): Promise<boolean>;
  session(id: string): Promise<StoredSession | undefined>;
  /** In no order; some may be over. */
  sessions(): Promise<readonly StoredSession[]>;
  endSession(id: string): Promise<void>;
  /** Proves that it can be written. @throws {LedgerError} `unavailable` */
  ping(): Promise<void>;
  /** What an operator should know about how safe this storage is; empty when all is well. */
  warnings(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export type LedgerErrorCode = 'unavailable' | 'backlog-full' | 'wrong-keys';

export class LedgerError extends Error {
  readonly code: LedgerErrorCode;

  constructor(code: LedgerErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'LedgerError';
    this.code = code;
  }
}

export function backlogFull(): LedgerError {
  return new LedgerError('backlog-full', 'Too many entries are queued, in all or of these namespaces.');
}
