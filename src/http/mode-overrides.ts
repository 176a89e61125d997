import { ALL_LANES } from '../ledger/lane-state.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { failureEvent, type Observe } from '../observe/events.ts';
import type { Clock } from '../words/clock.ts';
import type { Mode } from '../words/mode.ts';

/** Workers see a change with their next claim; here it only decides whether a report is shown as held at once. */
const REFRESH_MS = 2_000;

/** What persons set in place of the configured modes, read from the ledger every few seconds and not by each report. */
export class ModeOverrides {
  readonly #ledger: Pick<Ledger, 'modes'>;
  readonly #clock: Clock;
  readonly #observe: Observe;
  readonly #stopping = new AbortController();
  #modes: Readonly<Record<string, Mode>> = {};
  #running: Promise<void> | undefined;

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

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#refresh();
      await this.#clock.sleep(REFRESH_MS, this.#stopping.signal);
    }
  }

  async #refresh(): Promise<void> {
    try {
      this.#modes = await this.#ledger.modes();
    } catch (error) {
      this.#observe(failureEvent('modes', error));
    }
  }
}
