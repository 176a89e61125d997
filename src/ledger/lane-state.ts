/** What all replicas know of one provider's lane. */
import type { Mode } from '../words/mode.ts';

/** In place of a provider's id, for {@link Ledger.setMode}: all lanes that have no mode of their own. */
export const ALL_LANES = '*';

/** How a pause ended by itself: `in-part` where that shows nothing of what the lane was paused for. */
export type Recovery = 'recovered' | 'in-part';

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
  /** Why it is paused or parked: a failure's code, or `operator`; also for what waits on where it went on in part; null when all works. */
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
  /** When it lets through the next one of a namespace that has had its tenth of the hour; null while none has. */
  readonly shareOpensAt: number | null;
}
