import type { Announcement } from '../ledger/ledger.ts';

/** Somebody who is told what happened. The ledger keeps what it has not been told yet. */
export interface Channel {
  /** Its id in the ledger: under another one it starts anew. */
  readonly name: string;
  /** How long the oldest news waits for others to go with it. */
  readonly groupMs: number;
  /** How much it takes at once. */
  readonly limit: number;
  /** Whether it is told of this at all. */
  wants(announcement: Announcement): boolean;
  /**
   * Delivers from the oldest on. It may be asked to deliver again what it has delivered.
   * @throws {Failure} when it could not deliver even the first one
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
}

export interface Delivered {
  /** How many are dealt with, at least one of those there are; the rest is given to it again. */
  readonly handled: number;
  /** How many of them the receiver was told of; none where there was nothing to tell. */
  readonly told: number;
}
