/** Delivers to one channel the announcements that the ledger keeps for it. */

import type { Announcement } from '../ledger/announcement.ts';
import { type Ledger, LedgerError } from '../ledger/ledger.ts';
import type { Observe } from '../observe/events.ts';
import type { Clock } from '../words/clock.ts';
import type { AnnouncementsToDeliver, Channel } from './channel.ts';
import { failureOf, failureWords } from './failure-words.ts';
import { isWish } from './send-again.ts';

export type AnnouncementLedger = Pick<
  Ledger,
  'takeAnnouncements' | 'confirmAnnouncements' | 'putOffAnnouncements'
>;

export interface DeliveryOptions {
  readonly channel: Channel;
  readonly ledger: AnnouncementLedger;
  readonly clock: Clock;
  readonly observe: Observe;
  /** For so long no other replica delivers; one delivery takes no longer. */
  readonly leaseMs: number;
  /** Breaks off the delivery under way, which costs nothing. */
  readonly cutting: AbortSignal;
}

const FIRST_BACK_OFF_MS = 30_000;
/** Any proxy on the way can ask for more, and nobody would be told for a day. */
const LONGEST_BACK_OFF_MS = 60 * 60_000;
/** While only what comes first fails: so soon it is looked whether there is more to deliver. */
const LOOK_AGAIN_MS = 10_000;

const KEPT = 'What it was to be told is kept and sent later.';
const KEPT_IN_PART =
  'So much waits for it that the oldest makes room and is lost to it; the rest is sent later. Mend or remove it soon.';
const MISSED =
  'More had gathered for this channel than is kept, so the oldest is lost to it. Look for what needs a person by "quash list --state attention" and "quash list --state held", or on the dashboard.';

export class Delivery {
  readonly #options: DeliveryOptions;
  /** In a row. */
  #failures = 0;
  /** The same of what comes first, while others are delivered; and when that is tried again. */
  #ofFirst = 0;
  #retryAt = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /**
   * Delivers once, if there is something.
   * @returns whether there may be more
   * @throws {LedgerError}
   */
  async round(): Promise<boolean> {
    const { channel, ledger, clock, observe, leaseMs } = this.#options;
    const now = clock.now();
    // Twice, as the clock of another replica may be somewhat ahead.
    const longestMs = 2 * Math.max(channel.groupMs, LONGEST_BACK_OFF_MS, leaseMs);
    const taking = { now, limit: channel.limit, leaseMs, longestMs };
    const batch = await ledger.takeAnnouncements(channel.name, taking);
    const newest = batch?.announcements.at(-1);
    if (!batch || !newest) return false;
    const { lease, announcements, missed } = batch;
    const wanted = announcements.filter((each) => channel.wants(each));
    const [oldest] = wanted;
    const isFull = announcements.length >= channel.limit;
    if (!oldest && missed === 0) {
      await ledger.confirmAnnouncements(channel.name, lease, newest.seq);
      return isFull;
    }
    if (oldest && !isFull && !wanted.some(isWish) && isYoung(oldest, channel.groupMs, now)) {
      await ledger.putOffAnnouncements(channel.name, lease, oldest.at + channel.groupMs);
      return false;
    }
    const skips = now < this.#retryAt && this.#retryAt - now <= LONGEST_BACK_OFF_MS;
    const news = { announcements: wanted, missed, newest, ...(skips && { skipsFailed: true as const }) };
    const handled = await this.#deliver(news, lease);
    if (handled === 0 && oldest) {
      await ledger.putOffAnnouncements(channel.name, lease, clock.now() + LOOK_AGAIN_MS);
      return false;
    }
    const through = handled === wanted.length ? newest : wanted[(handled ?? 0) - 1];
    if (!through) return false;
    const isConfirmed = await ledger.confirmAnnouncements(channel.name, lease, through.seq);
    // Where the lease was lost, another replica goes past the gap, and says so.
    if (isConfirmed && missed > 0) {
      observe({ type: 'notices-missed', channel: channel.name, announcements: missed, message: MISSED });
    }
    // Frees the rest of the batch, which would be leased to this replica until the lease ends.
    if (through !== newest) await ledger.putOffAnnouncements(channel.name, lease, clock.now());
    return true;
  }

  /** @returns how many; undefined when it failed, and then it is put off already */
  async #deliver(news: AnnouncementsToDeliver, lease: string): Promise<number | undefined> {
    const { channel, leaseMs, cutting, observe } = this.#options;
    const signal = AbortSignal.any([cutting, AbortSignal.timeout(leaseMs)]);
    try {
      const { handled, told } = await channel.deliver(news, signal);
      this.#failures = 0;
      if (handled > 0) [this.#ofFirst, this.#retryAt] = [0, 0];
      if (told > 0) observe({ type: 'notice-sent', channel: channel.name, announcements: told });
      return handled;
    } catch (error) {
      // Not the receiver's fault. The lease ends by itself, as nobody can be told now that it is over.
      if (error instanceof LedgerError) throw error;
      await this.#giveBack(lease, error, news, signal);
      return undefined;
    }
  }

  async #giveBack(
    lease: string,
    error: unknown,
    { missed, skipsFailed }: AnnouncementsToDeliver,
    signal: AbortSignal,
  ): Promise<void> {
    const { channel, ledger, clock, observe, cutting } = this.#options;
    if (cutting.aborted) {
      await ledger.putOffAnnouncements(channel.name, lease, clock.now());
      return;
    }
    const failure = failureOf(error, signal);
    if (failure.code === 'internal') observe({ type: 'internal-error', error });
    const isOfFirst = failure.scope === 'entry';
    this.#failures = isOfFirst ? 0 : this.#failures + 1;
    if (isOfFirst && !skipsFailed) this.#ofFirst += 1;
    const askedMs = Math.min(failure.retryAfterMs ?? 0, LONGEST_BACK_OFF_MS);
    const backOff = backOffMs(isOfFirst ? this.#ofFirst : this.#failures);
    // One that fails for the first time while another one waits is tried with that.
    const until = skipsFailed && isOfFirst ? this.#retryAt : clock.now() + Math.max(backOff, askedMs);
    if (isOfFirst) this.#retryAt = until;
    const { code, target, status } = failure;
    observe({
      ...{ type: 'notice-failed', channel: channel.name, code, until },
      message: `${failureWords(code)} ${missed > 0 ? KEPT_IN_PART : KEPT}`,
      ...(missed > 0 && { missed }),
      ...(target !== undefined && { target }),
      ...(status !== undefined && { status }),
    });
    const pausedUntil = isOfFirst ? Math.min(until, clock.now() + LOOK_AGAIN_MS) : until;
    await ledger.putOffAnnouncements(channel.name, lease, pausedUntil);
  }
}

/** An announcement with a time in the future is due: a clock that was wrong once must not hold it back. */
function isYoung({ at }: Announcement, groupMs: number, now: number): boolean {
  return Math.abs(now - at) < groupMs;
}

/** 30 s after the first failure, and twice as long after each further one, up to an hour. */
function backOffMs(failures: number): number {
  return Math.min(FIRST_BACK_OFF_MS * 2 ** (failures - 1), LONGEST_BACK_OFF_MS);
}
