/** One entry of the ledger as people see it: what was reported, how far the work on it is, and what became of it. */
import type { Outcome } from '../words/outcome.ts';
import type { Subject } from '../words/subject.ts';

export type State = 'queued' | 'held' | 'attention' | 'done' | 'dismissed';

export const STATES: readonly State[] = ['queued', 'held', 'attention', 'done', 'dismissed'];

/** What is kept of one entry: older locations and events make room, later findings are not added. What a person did stays. */
export const MAX_LOCATIONS = 50;
/** So many locations stay: whoever commits a token again and again pushes aside none of those where it was found first. */
export const FIRST_LOCATIONS = 10;
export const MAX_FINDINGS = 50;
export const MAX_EVENTS = 100;

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
  /** The URLs of the projects of its locations, which are stored in clear. */
  readonly projects: readonly string[];
  /** Who reported it first; null where that is not known. */
  readonly caller: string | null;
}

export interface EntryDetails extends Entry {
  /** In the order of their first report; the first and the newest of them, see {@link MAX_LOCATIONS}. */
  readonly locations: readonly string[];
  /** Those of the locations that only callers reported for whom nothing is read, see {@link ReportedToken.readable}. */
  readonly unreadableLocations: readonly string[];
  /** Locations between these that made room. */
  readonly locationsLeftOut: number;
  /** See {@link ReportedToken.finding}. */
  readonly findings: readonly string[];
  /** What the vendor told of it while it lived. */
  readonly subject?: Subject;
  readonly history: readonly HistoryEvent[];
}

/** What a person decided about an entry. */
export interface PersonsDecision {
  readonly now: number;
  readonly event: HistoryEvent;
  /** When the person saw it: what has something later in its history stays as it is. Absent: whatever it has become. */
  readonly asOf?: number | undefined;
}

/** An entry is put before a person without having been worked on. */
export interface Reopening {
  readonly now: number;
  readonly from: 'done' | 'held';
  readonly outcome: Outcome;
  readonly event: HistoryEvent;
}

/** Which entries are meant: those that all of these fit. */
export interface EntryFilter {
  readonly state?: State;
  readonly provider?: string;
  readonly type?: string;
  /** A kind of outcome, and the reason that goes with one. */
  readonly outcome?: string;
  readonly reason?: string;
  /** A project, or a group with everything below it: its path, on whatever instance, or its URL. */
  readonly project?: string;
  /** Who reported it first. */
  readonly caller?: string;
  /** How its id begins. */
  readonly id?: string;
  /** First reported at or after, and before; after a clock was set back a page may have others, too. */
  readonly since?: number;
  readonly until?: number;
}

export interface ListOptions extends EntryFilter {
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

/** How many entries stand like this, of all that have an outcome. */
export interface Cause extends Count {
  /** The kind of outcome, and its reason; empty where it has none. */
  readonly outcome: string;
  readonly reason: string;
}
