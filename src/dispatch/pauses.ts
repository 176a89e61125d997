import type { LaneState } from '../ledger/lane-state.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Observe } from '../observe/events.ts';
import type { Failure } from '../provider/failure.ts';
import type { Clock } from '../words/clock.ts';
import type { LaneVerdict } from './decide.ts';
import { isOfOurCredential, isOfWrongClock, lanePauseMs } from './policy.ts';

export interface PausesOptions {
  readonly provider: string;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly observe: Observe;
  /** Told when the lane was paused by this process. */
  readonly onPause: () => void;
}

/** What an entry that came to its end shows of our credential. */
export interface Showing {
  /** A call with it was answered, where it was refused. */
  readonly byOurRight: boolean;
  /** The entry had been put off for what the lane went on in part for. */
  readonly hadWaited: boolean;
}

/** Stops one provider's lane for all replicas when the provider fails, and lets it go again when it answers. */
export class Pauses {
  readonly #options: PausesOptions;
  /** The latest pause that this process made: what was claimed before it goes back untouched. */
  #pausedEpoch = -1;

  constructor(options: PausesOptions) {
    this.#options = options;
  }

  /** Whether the lane was paused after this state of it was read. */
  isOutdated({ epoch }: LaneState): boolean {
    return epoch < this.#pausedEpoch;
  }

  /**
   * Ends a pause that would last for days, see {@link isOfWrongClock}: one entry is let through at once.
   * @returns whether there was one
   * @throws {LedgerError}
   */
  async endWrong({ epoch, pausedUntil, reason }: LaneState, now: number): Promise<boolean> {
    if (!isOfWrongClock(pausedUntil, now)) return false;
    const { provider, ledger } = this.#options;
    await ledger.pauseLane(provider, { epoch, until: now, reason: reason ?? 'unavailable', now });
    return true;
  }

  /**
   * @param lane as it was when the entry was claimed
   * @throws {LedgerError}
   */
  async judge(lane: LaneState, verdict: LaneVerdict, { byOurRight, hadWaited }: Showing): Promise<void> {
    if (verdict === 'untouched') return;
    if (verdict !== 'healthy') return this.#pause(lane, verdict.pausedBy);
    const isOfOurs = lane.reason !== null && isOfOurCredential(lane.reason);
    // Of a lane that went on in part: what never waited for that may use another credential of ours.
    const endsPart = lane.streak === 0 && isOfOurs && byOurRight && hadWaited;
    if (lane.streak === 0 && !endsPart) return;
    const { provider, ledger, clock, observe } = this.#options;
    const isInPart = isOfOurs && !byOurRight;
    const how = isInPart ? 'in-part' : 'recovered';
    await ledger.laneHealthy(provider, lane.epoch, clock.now(), how);
    observe({ type: 'lane-resumed', provider, how });
  }

  async #pause({ epoch, streak }: LaneState, failure: Failure): Promise<void> {
    const { provider, ledger, clock, observe, onPause } = this.#options;
    const { code, message, target } = failure;
    const now = clock.now();
    const until = now + lanePauseMs(failure, streak);
    const after = await ledger.pauseLane(provider, { epoch, until, reason: code, now });
    // Another worker may have opened the lane meanwhile; then the entries in hand go on.
    if (after.pausedUntil <= now) return;
    const isFirst =
      after.epoch === epoch + 1 && after.pausedUntil === until && after.epoch > this.#pausedEpoch;
    this.#pausedEpoch = Math.max(this.#pausedEpoch, after.epoch);
    if (!isFirst) return;
    const where = target === undefined ? {} : { target };
    observe({ type: 'lane-paused', provider, reason: code, message, until, ...where });
    onPause();
  }
}
