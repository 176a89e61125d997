import type { Announcement } from '../ledger/announcement.ts';
import { Failure } from '../provider/failure.ts';

/** A receiver of announcements. The ledger keeps those that were not delivered yet. */
export interface Channel {
  /** Its id in the ledger: under another one it starts anew. */
  readonly name: string;
  /** How long the oldest news waits for others to go with it. */
  readonly groupMs: number;
  /** The largest number of announcements in one delivery. */
  readonly limit: number;
  /** Whether the channel wants this announcement. */
  wants(announcement: Announcement): boolean;
  /**
   * Delivers from the oldest on. It may be asked to deliver again what it has delivered.
   * @throws {Failure} when it could not deliver even the first one; with the scope `entry` where others could be
   */
  deliver(news: AnnouncementsToDeliver, signal: AbortSignal): Promise<Delivered>;
}

export interface AnnouncementsToDeliver {
  /** What the channel wants, oldest first; empty only where it missed something. */
  readonly announcements: readonly Announcement[];
  /** How many announcements before these are lost, wanted or not. */
  readonly missed: number;
  /** The last one up to here, wanted or not. */
  readonly newest: Announcement;
  /** What failed before while others were delivered has its own pause: it is not tried now, and counts as not handled. */
  readonly skipsFailed?: true;
}

export interface Delivered {
  /**
   * How many announcements were handled, at least one unless there were none, or the first one was to be skipped; the others
   * are handed over again.
   */
  readonly handled: number;
  /** How many of them the receiver was told of; none where there was nothing to tell. */
  readonly told: number;
}

/** Whether a delivery has used up its time; else it was broken off for a reason of our own, which says nothing of it. */
export function isOutOfTime({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof Error && reason.name === 'TimeoutError';
}

/** Forgets what is not handed over any more, as another replica has told of it. @param known by the same names */
export function keepOnly(
  names: Iterable<string>,
  known: { keys(): Iterable<string>; delete(name: string): boolean },
): void {
  const kept = new Set(names);
  for (const name of [...known.keys()]) if (!kept.has(name)) known.delete(name);
}

/** What a delivery throws whose first announcement failed, and that told the others all the same. */
export function ofFirst(failed: unknown): unknown {
  return failed instanceof Failure ? failed.ofEntry() : failed;
}
