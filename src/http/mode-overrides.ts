import { ALL_LANES } from '../ledger/lane-state.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { failureEvent, type Observe } from '../observe/events.ts';
import type { Clock } from '../words/clock.ts';
import type { Mode } from '../words/mode.ts';

/**
 * Workers see a change with their next claim. Here it decides whether a report is shown as held at once, and whether it
 * starts again what ended in a dry run.
 */
const REFRESH_MS = 2_000;

/** What persons set in place of the configured modes, read from the ledger every few seconds and not by each report. */
export class ModeOverrides {
  readonly #ledger: Pick<Ledger, 'modes'>;
  readonly #clock: Clock;
  readonly #observe: Observe;
  readonly #stopping = new AbortController();
  #modes: Readonly<Record<string, Mode>> = {};
  #running: Promise<void> | undefined;
  #refreshed: Promise<void> = Promise.resolve();

  constructor(options: { ledger: Pick<Ledger, 'modes'>; clock: Clock; observe: Observe }) {
    this.#ledger = options.ledger;
    this.#clock = options.clock;
    this.#observe = options.observe;
  }

  readonly of = (providerId: string): Mode | null =>
    this.#modes[providerId] ?? this.#modes[ALL_LANES] ?? null;

  start(): void {
    this.#running ??= this.#run();
  }

  /** At once, for who has just set one: the next report may be the last that a token ever gets. */
  readonly refresh = (): Promise<void> => {
    // One after the other, so that no earlier answer takes the place of a later one.
    this.#refreshed = this.#refreshed.then(() => this.#read());
    return this.#refreshed;
  };

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.refresh();
      await this.#clock.sleep(REFRESH_MS, this.#stopping.signal);
    }
  }

  async #read(): Promise<void> {
    try {
      this.#modes = await this.#ledger.modes();
    } catch (error) {
      this.#observe(failureEvent('modes', error));
    }
  }
}
