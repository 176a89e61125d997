/**
 * The port to durable storage: what was reported, what became of it, and which lane may work on it. It knows no
 * provider and no secret: tokens and notes arrive sealed. Two implementations, one contract suite.
 *
 * All times are milliseconds since the Unix epoch and come from the caller's clock. Every operation is atomic, and
 * its promise resolves only once the change is durable.
 */
import type { Outcome } from '../outcome.ts';

export type State = 'queued' | 'held' | 'attention' | 'done' | 'dismissed';

export const STATES: readonly State[] = ['queued', 'held', 'attention', 'done', 'dismissed'];

/** The locations and the events kept of one entry; older events make room, later locations only count. */
export const MAX_LOCATIONS = 50;
export const MAX_EVENTS = 100;

/** One reported token, as the HTTP side hands it over. */
export interface Report {
  /** Keyed fingerprint of provider and token, see `Vault.fingerprint`. */
  readonly id: string;
  readonly provider: string;
  readonly kind: string;
  readonly type: string;
  /** Empty when the scanner gave none. */
  readonly location: string;
  readonly sealed: string;
  readonly initial:
    | { readonly state: 'queued' | 'held' }
    | { readonly state: 'attention'; readonly outcome: Outcome };
  /** An entry that ended, or needs attention, for one of these reasons (or kinds of outcome) starts anew with this report. */
  readonly restarts: readonly string[];
}

export interface AcceptOptions {
  readonly now: number;
  /** When this many entries are queued already, the whole request is refused with `backlog-full`. */
  readonly backlog: number;
}

export interface AcceptResult {
  /** New entries. */
  readonly created: number;
  /** Reports of an entry that was there already, or earlier in the same request. */
  readonly repeated: number;
}

/** `revoke`: the token has to be revoked; `verify`: upstream took the revocation and has to be asked again. */
export type Phase = 'revoke' | 'verify';

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
  readonly state: 'queued' | 'attention';
  readonly firstReportedAt: number;
}

export interface ClaimOptions {
  readonly now: number;
  readonly limit: number;
  /** The entries become due again at `now + leaseMs`, unless they are settled, put off or released before. */
  readonly leaseMs: number;
  /**
   * Safety valve: at most this many entries are begun per lane and hour (from the first one on; entries that were
   * claimed before do not count). When one more waits, the lane is parked with reason `safety-valve`. 0 is no limit.
   */
  readonly maxPerHour: number;
}

export interface ClaimResult {
  readonly claims: readonly Claim[];
  readonly lane: LaneState;
  /** When a next claim may bring something; undefined while nothing is due, or the lane is parked. */
  readonly nextAt?: number;
}

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
  /** Why it is paused or parked: a failure's code, `operator` or `safety-valve`; null when it works. */
  readonly reason: string | null;
  readonly parked: boolean;
}

/** Work on a claimed entry ended, for good (`done`) or until a person or a later try changes something (`attention`). */
export interface Settlement {
  readonly now: number;
  readonly state: 'done' | 'attention' | 'held';
  /** Absent for `held`. */
  readonly outcome?: Outcome;
  /** For `attention`: when it is tried again by itself. */
  readonly dueAt?: number;
  readonly progress: Progress;
  /** The new sealed note; absent keeps the old one. */
  readonly note?: string;
  readonly events: readonly HistoryEvent[];
}

/** Work on a claimed entry goes on later. */
export interface Postponement {
  readonly now: number;
  readonly dueAt: number;
  readonly progress: Progress;
  /** The new sealed note; absent keeps the old one. */
  readonly note?: string;
  readonly events: readonly HistoryEvent[];
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
  /** In the order of their first report. */
  readonly locations: readonly string[];
  readonly history: readonly HistoryEvent[];
}

export interface ListOptions {
  readonly state?: State;
  readonly provider?: string;
  readonly type?: string;
  /** First reported at or after. */
  readonly since?: number;
  /** From an earlier page; newest first, and right while entries change their state. */
  readonly cursor?: string;
  readonly limit: number;
}

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

export interface Ledger {
  /**
   * Commits all reports or none. A new id becomes an entry. A known one counts the report, adds type and location,
   * and starts nothing, but for {@link Report.restarts}.
   * @throws {LedgerError} `backlog-full`, `unavailable`
   */
  accept(reports: readonly Report[], options: AcceptOptions): Promise<AcceptResult>;
  /** Takes what is due for one provider, the longest due first, and nothing while its lane is paused or parked. */
  claim(provider: string, options: ClaimOptions): Promise<ClaimResult>;
  /**
   * Ends the work; sealed token and note are erased when the state is `done`.
   * @returns false when the lease was lost; then nothing changed
   */
  settle(claim: Pick<Claim, 'id' | 'lease'>, settlement: Settlement): Promise<boolean>;
  /** @returns false when the lease was lost; then nothing changed */
  putOff(claim: Pick<Claim, 'id' | 'lease'>, postponement: Postponement): Promise<boolean>;
  /** Gives a claim back as it was, due at once but behind what waits already. */
  release(claim: Pick<Claim, 'id' | 'lease'>, now: number): Promise<boolean>;
  /** A person's retry or approval: `held` or `attention` becomes `queued`, due at once, with fresh progress. */
  requeue(id: string, options: { now: number; approve: boolean; event: HistoryEvent }): Promise<boolean>;
  /** A person's decision that nothing is to be done: any state but `done` becomes `dismissed`; the token is erased. */
  dismiss(id: string, options: { now: number; event: HistoryEvent }): Promise<boolean>;
  get(id: string): Promise<EntryDetails | undefined>;
  list(options: ListOptions): Promise<ListPage>;
  /** Only what is not zero. */
  count(): Promise<readonly Count[]>;
  /** Pauses the lane until `until` if nobody did since `epoch`, and counts the streak. */
  pauseLane(
    provider: string,
    pause: { epoch: number; until: number; reason: string; now: number },
  ): Promise<LaneState>;
  /** The lane's entry that was let through after a pause succeeded; does nothing when `epoch` is over. */
  laneHealthy(provider: string, epoch: number): Promise<void>;
  /** Stops the lane until {@link resumeLane}. */
  parkLane(provider: string, reason: string): Promise<void>;
  /** Ends pause and park at once and opens the safety valve for a fresh hour. */
  resumeLane(provider: string): Promise<void>;
  lanes(): Promise<readonly LaneState[]>;
  /**
   * Deletes up to `limit` entries that ended before `endedBefore` and are `done`, `dismissed` or `attention`.
   * @returns how many
   */
  purge(options: { endedBefore: number; limit: number }): Promise<number>;
  /** Calls back with a provider's id when it may have new work, also when another replica accepted it. */
  onWork(listener: (provider: string) => void): void;
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
