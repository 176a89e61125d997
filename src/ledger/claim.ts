/** What a worker takes in hand, and how it gives it back. */
import type { Outcome } from '../words/outcome.ts';
import type { Subject } from '../words/subject.ts';
import type { AnnouncementKind } from './announcement.ts';
import type { HistoryEvent, Progress } from './entry.ts';
import type { LaneState } from './lane-state.ts';

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

/**
 * What goes on at once is due as if it had waited for so long. It takes turns with what is tried again and with what is
 * fresh: of each of the three somebody may have any number, and delays none of the others. Nothing else is due for so long:
 * a lane may be paused for months, and what waits there has its time all the while.
 */
export const AT_ONCE_AHEAD_MS = 3_650 * 24 * 3_600_000;

/** When an entry has had its time, for whoever is told: since it was put there, where it goes on at once. */
export function shownDueAt<Due extends number | null>(dueAt: Due, now: number): Due | number {
  return dueAt !== null && dueAt < now - AT_ONCE_AHEAD_MS / 2 ? dueAt + AT_ONCE_AHEAD_MS : dueAt;
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
  /** What the vendor told of it; absent keeps what is known. */
  readonly subject?: Subject;
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
  /** What a person has to mend before it can succeed: the code of a failure, see {@link Ledger.endWaits}. */
  readonly waitsFor?: string;
}

/** Which entries have been put off for long enough, as what they wait for is mended. */
export interface MendedOptions {
  readonly now: number;
  readonly waitsFor: readonly string[];
  /** The first ones to have their time; without it all of them. */
  readonly limit?: number;
  /** Nothing happens unless this entry was one of them in the last hour. */
  readonly shownBy?: string;
}
