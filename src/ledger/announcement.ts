/** What channels are told, each at its own speed. */
import type { Outcome } from '../words/outcome.ts';

/** Announcements kept for a channel that cannot be reached; older ones make room. */
export const MAX_ANNOUNCEMENTS = 100_000;

/**
 * What somebody may want to be told. `alive-again`: a token that was dead works; `finding`: a finding was added to an entry
 * that has ended; `send-again`: a person wants a notice to be sent once more.
 */
export type AnnouncementKind =
  | 'done'
  | 'attention'
  | 'held'
  | 'dismissed'
  | 'alive-again'
  | 'finding'
  | 'lane-paused'
  | 'lane-parked'
  | 'lane-resumed'
  | 'send-again';

/** One thing that happened to an entry, or to a lane when there is no `id`; or what a person wants of a channel. */
export interface Announcement {
  /** Grows; opaque but for its order within one ledger. */
  readonly seq: string;
  readonly at: number;
  readonly kind: AnnouncementKind;
  /** Empty for `send-again`. */
  readonly provider: string;
  readonly id?: string;
  /** Of an entry, as it was then. */
  readonly outcome?: Outcome;
  /** Of a lane: why it is paused or parked; `recovered` when a pause ended by itself, `in-part` when by what did without its cause, nothing when a person ended it. */
  readonly reason?: string;
  /** Of `send-again`: whose notice, and its id. */
  readonly channel?: string;
  readonly notice?: string;
}

export interface TakeOptions {
  readonly now: number;
  readonly limit: number;
  readonly leaseMs: number;
  /** For which a batch is leased or put off at most. */
  readonly longestMs?: number;
}

/** What one channel may deliver now. Another replica gets nothing for it until the lease ends. */
export interface AnnouncementBatch {
  readonly lease: string;
  /** Oldest first. */
  readonly announcements: readonly Announcement[];
  /** How many that came before these, and that the channel has not confirmed, made room: it will never get them. */
  readonly missed: number;
}
