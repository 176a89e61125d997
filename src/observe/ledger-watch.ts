import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../words/clock.ts';
import type { Observe } from './events.ts';

const PERIOD_MS = 60_000;

export interface LedgerWatchOptions {
  readonly ledger: Pick<Ledger, 'warnings'>;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** Asks on a slow beat how safe the entries are in their storage, and tells of each change once. */
export class LedgerWatch {
  readonly #options: LedgerWatchOptions;
  readonly #stopping = new AbortController();
  #known: readonly string[] = [];
  #durable: boolean | undefined;
  #running: Promise<void> | undefined;

  constructor(options: LedgerWatchOptions) {
    this.#options = options;
  }

  /** Resolves once it was asked for the first time. */
  async start(): Promise<void> {
    await this.#ask();
    this.#running = this.#run();
  }

  /** What endangers the entries, as far as it was known when it was last asked. */
  get warnings(): readonly string[] {
    return this.#known;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      await clock.sleep(PERIOD_MS, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      await this.#ask();
    }
  }

  async #ask(): Promise<void> {
    const { ledger, observe } = this.#options;
    // One that cannot be asked is told of by everybody who needs it.
    const warnings = await ledger.warnings().catch(() => undefined);
    if (!warnings) return;
    for (const message of warnings) {
      if (!this.#known.includes(message)) observe({ type: 'ledger-warning', message });
    }
    this.#known = warnings;
    const durable = warnings.length === 0;
    if (durable !== this.#durable) observe({ type: 'ledger-durability', durable });
    this.#durable = durable;
  }
}
