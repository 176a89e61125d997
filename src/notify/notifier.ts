import type { Ledger } from '../ledger/ledger.ts';
import { failureEvent, type Observe } from '../observe/events.ts';
import type { Clock } from '../words/clock.ts';
import { LONGEST_TIMER_MS } from '../words/deadline.ts';
import type { Channel } from './channel.ts';
import { type AnnouncementLedger, Delivery } from './delivery.ts';

export interface NotifierOptions {
  readonly ledger: AnnouncementLedger & Pick<Ledger, 'setChannels'>;
  readonly clock: Clock;
  readonly observe: Observe;
}

const POLL_MS = 3_000;

/** A notice is delivered under one lease, which is not renewed: mail servers take longer than a step's share. */
const LEASES_OF_NOTICE = 8;
/** At their full time limit. What takes all the time of a delivery is taken for a fault of its own, and no receiver that hangs. */
const SLOW_CALLS = 4;

/** @param timeoutMs the time limit of one call @returns how long one delivery may take */
export function deliveryLimitMs(leaseSeconds: number, timeoutMs: number): number {
  return Math.min(Math.max(LEASES_OF_NOTICE * leaseSeconds * 1000, SLOW_CALLS * timeoutMs), LONGEST_TIMER_MS);
}

/** Tells every channel what the ledger holds for it, beside the revocations and never in their way. */
export class Notifier {
  readonly #options: NotifierOptions;
  #stopping = new AbortController();
  #cutting = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /**
   * Returns once the ledger knows the channels, or could not be told yet. Stop it before it is started anew.
   * @param leaseMs how long a channel is left to a replica that may be gone
   */
  async start(channels: readonly Channel[], { leaseMs }: { leaseMs: number }): Promise<void> {
    this.#stopping = new AbortController();
    this.#cutting = new AbortController();
    const known = await this.#register(channels);
    this.#running = this.#run(channels, known, leaseMs);
  }

  /** Begins nothing more; what is being delivered has `graceMs` to end, and is delivered again later if it does not. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    const impatience = setTimeout(() => this.#cutting.abort(), graceMs);
    await this.#running;
    clearTimeout(impatience);
  }

  async #run(channels: readonly Channel[], known: boolean, leaseMs: number): Promise<void> {
    const { ledger, clock, observe } = this.#options;
    const stopping = this.#stopping.signal;
    for (let done = known; !done && !stopping.aborted; done = await this.#register(channels)) {
      await clock.sleep(POLL_MS, stopping);
    }
    const cutting = this.#cutting.signal;
    await Promise.all(
      channels.map((channel) =>
        this.#serve(new Delivery({ channel, ledger, clock, observe, leaseMs, cutting }), stopping),
      ),
    );
  }

  async #register(channels: readonly Channel[]): Promise<boolean> {
    try {
      await this.#options.ledger.setChannels(channels.map(({ name }) => name));
      return true;
    } catch (error) {
      this.#options.observe(failureEvent('notices', error));
      return false;
    }
  }

  async #serve(delivery: Delivery, stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      const more = await this.#round(delivery);
      if (!more) await this.#options.clock.sleep(POLL_MS, stopping);
    }
  }

  async #round(delivery: Delivery): Promise<boolean> {
    try {
      return await delivery.round();
    } catch (error) {
      this.#options.observe(failureEvent('notices', error));
      return false;
    }
  }
}
