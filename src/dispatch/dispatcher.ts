import type { Ledger } from '../ledger/ledger.ts';
import { failureEvent, type Observe } from '../observe/events.ts';
import type { Tracer } from '../observe/tracing.ts';
import type { ReadContext } from '../provider/context.ts';
import type { Ignores } from '../provider/ignores.ts';
import type { Registry } from '../provider/registry.ts';
import type { Vault } from '../vault/seal.ts';
import type { Clock } from '../words/clock.ts';
import type { ShareOf } from '../words/share.ts';
import type { Gather } from './discovery.ts';
import { Lane } from './lane.ts';
import type { Pace } from './pace.ts';
import { isForPerson, MENDED_ONE_BY_ONE, MENDED_TOGETHER, UNSEAL_FAILED } from './policy.ts';
import { setUndecidedAside } from './undecided.ts';

const PURGE_EVERY_MS = 3_600_000;
const PURGE_BATCH = 1_000;
const DAY_MS = 86_400_000;

export interface DispatcherOptions {
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly pace: Pace;
  readonly tracer?: Tracer | undefined;
  /** In [0, 1); for jitter. */
  readonly random: () => number;
}

export interface DispatchSettings {
  readonly readContext: ReadContext;
  /** The share of secrets that are found at a location. */
  readonly shareOf?: ShareOf;
  /** What of the secrets that are found is never touched. */
  readonly ignores?: Ignores | undefined;
  /** What was dead for so long is asked about again once a pointer leads to it again. */
  readonly reverifyAfterMs?: number;
  readonly gather?: Gather;
  readonly leaseMs: number;
  /** Time limit of a step; default is 48 s. */
  readonly stepLimitMs?: number;
  readonly retentionDays: number;
}

/** Runs one lane per enabled provider, and ends entries after their retention. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  #lanes = new Map<string, Lane>();
  #purging = new AbortController();

  constructor(options: DispatcherOptions) {
    this.#options = options;
    options.ledger.onWork((provider) => this.#lanes.get(provider)?.wake());
  }

  start(registry: Registry, { retentionDays, ...settings }: DispatchSettings): void {
    for (const registered of registry.providers) {
      const { provider, enabled, definition } = registered;
      if (!provider || !enabled) continue;
      const lane = new Lane({ ...this.#options, registered, provider, ...settings });
      this.#lanes.set(definition.id, lane);
      lane.start();
    }
    this.#purging = new AbortController();
    void this.#purgeRegularly(retentionDays * DAY_MS, this.#purging.signal);
  }

  /**
   * What a person has to mend may be mended, now that there is another configuration: each lane that pauses for such a
   * reason lets one entry through at once, and has not to wait for half an hour; nor has one of those that wait by themselves.
   */
  async tryPausedAgain(): Promise<void> {
    const { ledger, clock, observe } = this.#options;
    const now = clock.now();
    try {
      for (const { provider, epoch, pausedUntil, reason, parked } of await ledger.lanes(now)) {
        // One shows it for the others. All at once would use up what is spared of the lane if it is refused still.
        for (const code of MENDED_TOGETHER)
          await ledger.endWaits(provider, { now, waitsFor: [code], limit: 1 });
        await ledger.endWaits(provider, { now, waitsFor: [...MENDED_ONE_BY_ONE, UNSEAL_FAILED] });
        if (parked || pausedUntil <= now || reason === null || !isForPerson(reason)) continue;
        await ledger.pauseLane(provider, { epoch, until: now, reason, now });
      }
    } catch (error) {
      observe(failureEvent('reload', error));
    }
  }

  /**
   * Ends within about `graceMs`; what is not done by then is given back to the ledger. May be called again meanwhile,
   * with a shorter time; may be started again once it has ended.
   */
  async stop(graceMs: number): Promise<void> {
    this.#purging.abort();
    const stopping = this.#lanes;
    await Promise.all([...stopping.values()].map((lane) => lane.stop(graceMs)));
    if (this.#lanes === stopping) this.#lanes = new Map();
  }

  async #purgeRegularly(retentionMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#purge(retentionMs, signal);
      await this.#options.clock.sleep(PURGE_EVERY_MS, signal);
    }
  }

  async #purge(retentionMs: number, signal: AbortSignal): Promise<void> {
    const { ledger, clock, observe } = this.#options;
    const now = clock.now();
    const endedBefore = now - retentionMs;
    let [entries, undecided] = [0, 0];
    try {
      undecided = await setUndecidedAside(ledger, { now, before: endedBefore, signal });
      for (let purged = PURGE_BATCH; purged === PURGE_BATCH && !signal.aborted; entries += purged) {
        purged = await ledger.purge({ now, endedBefore, limit: PURGE_BATCH });
      }
    } catch (error) {
      observe(failureEvent('purge', error));
    }
    if (undecided > 0) observe({ type: 'undecided', entries: undecided });
    if (entries > 0) observe({ type: 'purged', entries });
  }
}
