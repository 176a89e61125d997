/** Sweeps that a person asks for, and those that the service does by itself. */
import type { Entry } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ReportedToken } from '../ledger/report.ts';
import type { Vault } from '../vault/seal.ts';
import type { Clock } from '../words/clock.ts';
import { baseOf } from './pointer.ts';
import { onlyNew, type SweepOrder, sweepReport } from './sweep-order.ts';

export interface SweepWork {
  readonly ledger: Pick<Ledger, 'accept' | 'get'>;
  readonly vault: Vault;
  readonly clock: Clock;
}

/**
 * Starts a sweep, or finds the one of the same scope and time that is under way.
 * @returns the id of its entry
 * @throws {LedgerError}
 */
export async function startSweep(order: SweepOrder, work: SweepWork): Promise<string> {
  const { report } = await latest(order, `since ${order.since ?? 'ever'}`, work);
  return enter(report, work);
}

/** A dismissed entry stays dismissed: the next sweep of its name is another one. */
async function latest(
  order: SweepOrder,
  name: string,
  { ledger, vault, clock }: SweepWork,
): Promise<{ readonly report: ReportedToken; readonly last: Entry | undefined }> {
  let last: Entry | undefined;
  for (let round = 0; ; round += 1) {
    const report = sweepReport(order, `${name} ${round}`, { vault, now: clock.now() });
    const entry = await ledger.get(report.id);
    last = entry ?? last;
    if (entry?.state !== 'dismissed') return { report, last };
  }
}

async function enter(report: ReportedToken, { ledger, clock }: SweepWork): Promise<string> {
  await ledger.accept([report], { now: clock.now(), backlog: Number.MAX_SAFE_INTEGER });
  return report.id;
}

export interface ScheduledInstance {
  readonly url: string;
  readonly sweep?: { readonly groups: readonly string[]; readonly everyHours: number } | undefined;
}

const HOUR_MS = 3_600_000;
const CHECK_EVERY_MS = 60_000;
/** Clocks differ, and a finding is listed somewhat later than it was detected. */
const OVERLAP_MS = 6 * HOUR_MS;

/**
 * Starts the sweeps that are due. When a group was swept last stands with the entry of that sweep, so that replicas
 * and restarts agree, and two that start one at once start the same.
 */
export class SweepSchedule {
  readonly #work: SweepWork;
  readonly #onFailure: (error: unknown) => void;
  #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /** @param onFailure told why a check could not be made; the next one comes in a minute */
  constructor(work: SweepWork, onFailure: (error: unknown) => void) {
    this.#work = work;
    this.#onFailure = onFailure;
  }

  /** Anew, where it runs already. */
  async start(instances: readonly ScheduledInstance[]): Promise<void> {
    await this.stop();
    this.#stopping = new AbortController();
    if (instances.some(({ sweep }) => sweep)) this.#running = this.#run(instances, this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(instances: readonly ScheduledInstance[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#check(instances).catch(this.#onFailure);
      await this.#work.clock.sleep(CHECK_EVERY_MS, signal);
    }
  }

  async #check(instances: readonly ScheduledInstance[]): Promise<void> {
    for (const { url, sweep } of instances) {
      for (const group of sweep?.groups ?? []) {
        await this.#startIfDue({ base: baseOf(url), group }, (sweep?.everyHours ?? 0) * HOUR_MS);
      }
    }
  }

  async #startIfDue(order: SweepOrder, everyMs: number): Promise<void> {
    const { last } = await latest(order, 'scheduled', this.#work);
    // Negative where the clock was wrong then: nothing waits for it to get there, and nothing is left out.
    const ageMs = last ? this.#work.clock.now() - last.lastReportedAt : everyMs;
    if (last?.state === 'queued' || (ageMs >= 0 && ageMs < everyMs)) return;
    const hasEnded = last?.outcome?.kind === 'followed' && ageMs >= 0;
    const only = hasEnded ? onlyNew(last.outcome?.evidence, last.lastReportedAt - OVERLAP_MS) : {};
    const { report } = await latest({ ...order, ...only }, 'scheduled', this.#work);
    await enter(report, this.#work);
  }
}
