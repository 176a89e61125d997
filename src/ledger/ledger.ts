/**
 * The port to durable storage: what was reported, what became of it, and which lane may work on it. It knows no
 * provider and no secret: tokens and notes arrive sealed, and locations are sealed where they are written. Two
 * implementations, one contract suite.
 *
 * All times are milliseconds since the Unix epoch and come from the caller's clock. Every operation is atomic, and
 * its promise resolves only once the change is durable.
 */
import type { Mode } from '../words/mode.ts';
import type { Outcome } from '../words/outcome.ts';
import type { Share } from '../words/share.ts';

export type State = 'queued' | 'held' | 'attention' | 'done' | 'dismissed';

export const STATES: readonly State[] = ['queued', 'held', 'attention', 'done', 'dismissed'];

/** What is kept of one entry: older locations and events make room, later findings are not added. What a person did stays. */
export const MAX_LOCATIONS = 50;
export const MAX_FINDINGS = 50;
export const MAX_EVENTS = 100;

/** So often in an hour reports start a held entry anew. */
export const MAX_RESTARTS_OF_HELD = 10;
/** So many are written at once; in between others have their turn. */
export const REPORTS_PER_PART = 1_000;

/** How long the entries of an id of {@link ReportedToken.beyond} are counted, which is used for a day. */
export const COUNTS_KEPT_MS = 2 * 24 * 3_600_000;

/** Announcements kept for a channel that cannot be reached; older ones make room. */
export const MAX_ANNOUNCEMENTS = 100_000;

/** How far back {@link Ledger.hours} goes. */
export const HOURS_KEPT_DAYS = 90;

/** One reported token, as the HTTP side hands it over. */
export interface ReportedToken {
  /** Keyed fingerprint of provider and token, see `Vault.fingerprint`. */
  readonly id: string;
  readonly provider: string;
  readonly kind: string;
  readonly type: string;
  /** Empty when the scanner gave none. */
  readonly location: string;
  /** Quash may read at the location: GitLab itself reported it. One that is readable stays so. */
  readonly readable: boolean;
  /**
   * Once `after` entries were made of reports with the same `id` here, further ones make none: they count for the entry
   * of that id, which keeps no sealed text.
   */
  readonly beyond?: { readonly id: string; readonly after: number };
  /** With whom it takes turns, and whose share of backlog and safety valve it uses. Absent: it has no share to keep to. */
  readonly share?: Share;
  /**
   * Empty where no text is kept; then no person can queue it again. Read where it is written, and once at most: whoever
   * makes a report may seal it only then.
   */
  readonly sealed: string;
  readonly initial:
    | { readonly state: 'queued' }
    /** The outcome says why it waits. */
    | { readonly state: 'held'; readonly outcome?: Outcome }
    | { readonly state: 'attention'; readonly outcome: Outcome }
    /** The operator's configuration ignores it: it has ended, and is not announced. */
    | { readonly state: 'dismissed'; readonly outcome: Outcome };
  /** Names what the reporter calls this leak, so that it can be told what became of it; opaque to the ledger. */
  readonly finding?: string;
  /**
   * An entry that is `done` because its token was dead (`revoked`, `already-inactive`), and ended before this time, is
   * queued with phase `recheck` and keeps its outcome until a settlement brings another one. Absent: never.
   */
  readonly recheckEndedBefore?: number;
  /**
   * An entry that ended, needs attention or is held for one of these reasons (or kinds of outcome) starts anew with this
   * report; one that is held at most {@link MAX_RESTARTS_OF_HELD} times an hour, as a person may be about to decide. What
   * a person dismissed does not, only what was `ignored`.
   */
  readonly restarts: readonly string[];
  /** The same, where the report's location is new to the entry, or can be read only now: there may be now what was missing before. */
  readonly restartsAtNewPlace?: readonly string[];
}

/** What tells whether a report says anything new. */
export type RepeatedReport = Pick<
  ReportedToken,
  'id' | 'type' | 'location' | 'readable' | 'finding' | 'restarts' | 'recheckEndedBefore'
>;

export interface AcceptOptions {
  readonly now: number;
  /**
   * When this many entries are queued already, the whole request is refused with `backlog-full`. So is one whose new
   * elements are all of namespaces of which a tenth as many are queued, see {@link ReportedToken.share}.
   */
  readonly backlog: number;
  /** Asked between the parts of a large request: when it says so, the rest of it is left. */
  readonly isOver?: () => boolean;
}

export interface AcceptResult {
  /** New entries. */
  readonly created: number;
  /** Reports of an entry that was there already, or earlier in the same request. */
  readonly repeated: number;
  /** Positions of the reports whose entries wait for a person from now on: they are new, or begin anew. */
  readonly setAside: readonly number[];
  /** Positions of those that only count for another entry, see {@link ReportedToken.beyond}. */
  readonly beyond: readonly number[];
  /** How many reports, the last ones, were left: see {@link AcceptOptions.isOver}. */
  readonly left: number;
}

/**
 * `revoke`: the token has to be revoked; `verify`: upstream took the revocation and has to be asked again;
 * `recheck`: it was dead, was reported again, and upstream is asked whether it still is.
 */
export type Phase = 'revoke' | 'verify' | 'recheck';

/** How far the work on an entry is; the dispatcher's counters, opaque to the ledger. */
export interface Progress {
  readonly phase: Phase;
  /** Failed revocations so far. */
  readonly attempts: number;
  /** Verifications so far that gave no proof. */
  readonly verifications: number;
  /** Times put off without cost since the last answer. */
  readonly deferrals: number;
}

export const NO_PROGRESS: Progress = { phase: 'revoke', attempts: 0, verifications: 0, deferrals: 0 };

/** One line of an entry's history. */
export interface HistoryEvent {
  readonly at: number;
  /** What happened: `reported`, `attempted`, `settled`, `requeued`, `dismissed`, ... */
  readonly event: string;
  /** Who did it, where that was a person. */
  readonly by?: string;
  readonly outcome?: Outcome;
  /** A failure's code, and the constant sentence that goes with it. */
  readonly code?: string;
  readonly message?: string;
  /** When the entry will be worked on again. */
  readonly dueAt?: number;
}

export interface Claim extends Progress {
  readonly id: string;
  /** Names this very claim; every write needs it and fails once another claim has taken over. */
  readonly lease: string;
  readonly provider: string;
  readonly kind: string;
  readonly sealed: string;
  /** What the provider remembered, sealed. */
  readonly note: string | null;
  /** A person approved it, so mode `hold` lets it through. */
  readonly approved: boolean;
  /** The person approved it although nothing proves that its secret leaked. */
  readonly approvedUnproven: boolean;
  readonly state: 'queued' | 'attention';
  readonly firstReportedAt: number;
}

export interface ClaimOptions {
  readonly now: number;
  readonly limit: number;
  /** The entries become due again at `now + leaseMs`, unless they are settled, put off, renewed or released before. */
  readonly leaseMs: number;
  /**
   * Safety valve: when so many tokens were revoked alive in the last hour, or may be by what is in hand, no entry of
   * phase `revoke` is handed out until the hour has moved on; and none of a namespace that has had a tenth of it. 0 is
   * no limit.
   */
  readonly maxPerHour: number;
  /** Nothing of phase `revoke`, and {@link ClaimResult.nextAt} does not tell of it. */
  readonly asksOnly?: boolean;
}

export interface ClaimResult {
  readonly claims: readonly Claim[];
  readonly lane: LaneState;
  /** When a next claim may bring something; undefined while nothing is due, or the lane is parked. */
  readonly nextAt?: number;
  /** Some stay behind only because of what is in hand: as soon as that ends, there may be more. */
  readonly surplus?: true;
}

/** In place of a provider's id, for {@link Ledger.setMode}: all lanes that have no mode of their own. */
export const ALL_LANES = '*';

/**
 * What is known of a lane by all replicas. A pause ends by itself: then one entry alone is let through, and what
 * comes of it decides (`laneHealthy`, or a further `pauseLane`). A park ends by `resumeLane` only.
 */
export interface LaneState {
  readonly provider: string;
  /** Grows with every pause and resume; `pauseLane` and `laneHealthy` act only on the epoch they saw. */
  readonly epoch: number;
  /** Pauses in a row without success between them. */
  readonly streak: number;
  /** 0 when it is not paused. */
  readonly pausedUntil: number;
  /** Why it is paused or parked: a failure's code, or `operator`; null when it works. */
  readonly reason: string | null;
  readonly parked: boolean;
  /** What a person set in place of the configured mode, for this lane or else for all; null when nobody did. */
  readonly mode: Mode | null;
  /** When an entry of the lane last became `done`; null when none did. */
  readonly lastDoneAt: number | null;
  /** Tokens that were alive and that it revoked, in the safety valve's hour: it moves on in steps of five minutes. */
  readonly revokedLastHour: number;
  /** When the safety valve lets the next one through; null while it is open. */
  readonly valveOpensAt: number | null;
}

/** What somebody may want to be told. `alive-again`: a token that was dead works; `finding`: a finding was added to an entry that has ended. */
export type AnnouncementKind =
  | 'done'
  | 'attention'
  | 'held'
  | 'dismissed'
  | 'alive-again'
  | 'finding'
  | 'lane-paused'
  | 'lane-parked'
  | 'lane-resumed';

/** One thing that happened to an entry, or to a lane when there is no `id`. */
export interface Announcement {
  /** Grows; opaque but for its order within one ledger. */
  readonly seq: string;
  readonly at: number;
  readonly kind: AnnouncementKind;
  readonly provider: string;
  readonly id?: string;
  /** Of an entry, as it was then. */
  readonly outcome?: Outcome;
  /** Of a lane: why it is paused or parked; `recovered` when a pause ended by itself, nothing when a person ended it. */
  readonly reason?: string;
}

/** What one channel may deliver now. Another replica gets nothing for it until the lease ends. */
export interface AnnouncementBatch {
  readonly lease: string;
  /** Oldest first. */
  readonly announcements: readonly Announcement[];
  /** How many that came before these, and that the channel has not confirmed, made room: it will never get them. */
  readonly missed: number;
}

/**
 * Upper ends in milliseconds, each about half as much again, of the buckets in which times from report to death are
 * counted; a last bucket takes what is longer.
 */
export const DELAY_BUCKETS_MS: readonly number[] = Array.from({ length: 48 }, (_, index) =>
  Math.round(10 * 1.5 ** index),
);

/** What happened in one hour. */
export interface Hour {
  /** Its beginning. */
  readonly at: number;
  /** New entries. */
  readonly created: number;
  /**
   * Entries that became `done`, by kind of outcome, with `dismissed` and `attention` beside them. A death without
   * proof counts as `revoked-unproven` or `already-inactive-unproven`.
   */
  readonly ended: Readonly<Record<string, number>>;
  /** Of those that were shown to be dead: how many took how long since their first report, see {@link DELAY_BUCKETS_MS}. */
  readonly delays: readonly number[];
}

/** Work on a claimed entry ended, for good (`done`) or until a person or a later try changes something (`attention`). */
export interface Settlement {
  readonly now: number;
  readonly state: 'done' | 'attention' | 'held';
  /** Absent after a recheck that found nothing new: then the earlier one stays, and no hour counts it. */
  readonly outcome?: Outcome;
  /** For `attention`: when it is tried again by itself. */
  readonly dueAt?: number;
  readonly progress: Progress;
  /** The new sealed note; absent keeps the old one. */
  readonly note?: string;
  readonly events: readonly HistoryEvent[];
  /** What is to be told of it, if there is a channel. */
  readonly announce?: AnnouncementKind;
  /** The end holds for so many reports: once there are more, it is not written. */
  readonly ofReports?: number;
}

/** Work on a claimed entry goes on later. */
export interface Postponement {
  readonly now: number;
  readonly dueAt: number;
  readonly progress: Progress;
  /** The new sealed note; absent keeps the old one. */
  readonly note?: string;
  readonly events: readonly HistoryEvent[];
  /** What is to be told of it, if there is a channel. */
  readonly announce?: AnnouncementKind;
  /** From now on it counts as never approved. */
  readonly endsApproval?: true;
}

export interface Entry extends Progress {
  readonly id: string;
  readonly provider: string;
  readonly kind: string;
  readonly types: readonly string[];
  readonly state: State;
  readonly outcome: Outcome | null;
  readonly approved: boolean;
  /** How often it was reported. */
  readonly reports: number;
  readonly firstReportedAt: number;
  readonly lastReportedAt: number;
  /** When work on it goes on; null when nothing will happen by itself. */
  readonly dueAt: number | null;
  /** When it last became `done`, `attention` or `dismissed`. */
  readonly endedAt: number | null;
}

export interface EntryDetails extends Entry {
  /** In the order of their first report; the newest of them, see {@link MAX_LOCATIONS}. */
  readonly locations: readonly string[];
  /** Those of the locations that only callers reported for whom nothing is read, see {@link ReportedToken.readable}. */
  readonly unreadableLocations: readonly string[];
  /** Of these locations: the URLs of their projects, which are stored in clear. */
  readonly projects: readonly string[];
  /** Older locations that made room. */
  readonly locationsLeftOut: number;
  /** See {@link ReportedToken.finding}. */
  readonly findings: readonly string[];
  readonly history: readonly HistoryEvent[];
}

export interface ListOptions {
  readonly state?: State;
  readonly provider?: string;
  readonly type?: string;
  /** First reported at or after; after a clock was set back a page may have older ones, too. */
  readonly since?: number;
  /** From an earlier page; newest first, and right while entries change their state. */
  readonly cursor?: string;
  readonly limit: number;
}

/** A page may be shorter than asked for, even empty, and still have a successor: no page looks at more than a few thousand entries. */
export interface ListPage {
  readonly entries: readonly Entry[];
  /** Absent on the last page. */
  readonly cursor?: string;
}

export interface Count {
  readonly provider: string;
  readonly state: State;
  readonly entries: number;
}

/** Somebody is signed in. */
export interface StoredSession {
  readonly id: string;
  /** 1 for a new one, and one more with each change. */
  readonly version: number;
  /** When it may be forgotten. */
  readonly until: number;
  /** Sealed where it is written; opaque to the ledger. */
  readonly content: string;
}

export interface Ledger {
  /**
   * Counts the reports that say nothing new, which are nearly all: their entry is there with type, location and finding,
   * and has no reason to start anew or to be asked about. It costs one look for each, and seals nothing.
   * @returns for each report whether it was counted; the others are for {@link accept}
   * @throws {LedgerError} `unavailable`
   */
  repeat(reports: readonly RepeatedReport[], options: { now: number }): Promise<readonly boolean[]>;
  /**
   * Commits the reports in parts of {@link REPORTS_PER_PART}, each as a whole, of which the first decides about refusals:
   * should a later one fail, the caller sends all again. A new id becomes an entry. A known one counts the report, adds type and location,
   * and starts nothing, but for {@link ReportedToken.restarts} and {@link ReportedToken.recheckEndedBefore}. With a channel, entries
   * that begin as held or in attention are announced, and so are new findings of entries that have ended.
   * @throws {LedgerError} `backlog-full`, `unavailable`
   */
  accept(reports: readonly ReportedToken[], options: AcceptOptions): Promise<AcceptResult>;
  /**
   * Takes what is due for one provider, and nothing while its lane is paused or parked. Turns are taken between what has
   * its time (retries, verifications, whatever a person has queued: the longest due first) and what is fresh: queued by
   * a report and not claimed since. Of the fresh ones the groups take turns, in them the namespaces, in them the
   * projects, see {@link ReportedToken.share}; a project's own come in the order of their reports.
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
  requeue(id: string, options: { now: number; approve: boolean; event: HistoryEvent }): Promise<boolean>;
  /**
   * An entry that is `done` needs a person after all: it becomes `attention` with this outcome. Its token is gone, so that
   * only a new report or a dismissal ends it.
   * @returns false when it is not `done`; then nothing changed
   */
  reopen(id: string, options: { now: number; outcome: Outcome; event: HistoryEvent }): Promise<boolean>;
  /** A person's decision that nothing is to be done: any state but `done` becomes `dismissed`; the token is erased. */
  dismiss(id: string, options: { now: number; event: HistoryEvent }): Promise<boolean>;
  get(id: string): Promise<EntryDetails | undefined>;
  list(options: ListOptions): Promise<ListPage>;
  /** Only what is not zero. */
  count(): Promise<readonly Count[]>;
  /** When the oldest entry that is `queued` was first reported; undefined when none is. */
  oldestQueuedAt(): Promise<number | undefined>;
  /** The hours since then in which anything happened, in order; at most {@link HOURS_KEPT_DAYS} back. */
  hours(since: number): Promise<readonly Hour[]>;
  /** Pauses the lane until `until` if nobody did since `epoch`, and counts the streak; the first of a streak is announced. */
  pauseLane(
    provider: string,
    pause: { epoch: number; until: number; reason: string; now: number },
  ): Promise<LaneState>;
  /**
   * The lane's entry that was let through after a pause succeeded; does nothing when `epoch` is over. Announced as
   * resumed unless the lane is parked, too.
   */
  laneHealthy(provider: string, epoch: number, now: number): Promise<void>;
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
   */
  takeAnnouncements(
    channel: string,
    options: { now: number; limit: number; leaseMs: number },
  ): Promise<AnnouncementBatch | undefined>;
  /**
   * The channel has delivered all up to and including `through`; the lease ends with the last of its batch. What all
   * channels have confirmed is deleted.
   * @returns false when the lease was lost
   */
  confirmAnnouncements(channel: string, lease: string, through: string): Promise<boolean>;
  /** The channel could not deliver, and gets nothing before `until`; ends the lease. @returns false when it was lost */
  putOffAnnouncements(channel: string, lease: string, until: number): Promise<boolean>;
  /**
   * Deletes up to `limit` entries that ended before `endedBefore` and are `done`, `dismissed` or `attention`, and the
   * days of {@link hours} that are no longer kept.
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
