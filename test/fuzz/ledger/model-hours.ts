/** What is counted of each hour, as `src/ledger/ledger.ts` promises it. */
import { DELAY_BUCKETS_MS, HOURS_KEPT_DAYS, type Hour } from '../../../src/ledger/statistics.ts';
import type { Outcome } from '../../../src/words/outcome.ts';
import { DAY_MS, HOUR_MS, type ModelClock } from './model-clock.ts';

export const DEAD: readonly string[] = ['revoked', 'already-inactive'];

interface ModelHour {
  created: number;
  reopened: number;
  readonly ended: Record<string, number>;
  readonly delays: number[];
}

export class ModelHours {
  readonly #clock: ModelClock;
  readonly #hours = new Map<number, ModelHour>();

  constructor(clock: ModelClock) {
    this.#clock = clock;
  }

  since(since: number): readonly Hour[] {
    return [...this.#hours]
      .filter(([at]) => at >= Math.floor(since / HOUR_MS) * HOUR_MS)
      .sort(([a], [b]) => a - b)
      .map(([at, hour]) => ({ at, ...hour }));
  }

  dropOld(): void {
    const oldest = Math.floor(this.#clock.now / DAY_MS - HOURS_KEPT_DAYS) * DAY_MS;
    for (const at of this.#hours.keys()) if (at < oldest) this.#hours.delete(at);
  }

  countCreated(): void {
    this.#current().created += 1;
  }

  countReopened(by: 1 | -1): void {
    this.#current().reopened += by;
  }

  countEnded(how: string): void {
    const { ended } = this.#current();
    ended[how] = (ended[how] ?? 0) + 1;
  }

  countDone({ kind, verified }: Outcome, firstReportedAt: number): void {
    const isDead = DEAD.includes(kind);
    this.countEnded(isDead && !verified ? `${kind}-unproven` : kind);
    if (isDead && verified) this.#countDelay(this.#clock.now - firstReportedAt);
  }

  #countDelay(delayMs: number): void {
    const { delays } = this.#current();
    const bucket = [...DELAY_BUCKETS_MS, Number.POSITIVE_INFINITY].findIndex((end) => delayMs <= end);
    delays[bucket] = (delays[bucket] ?? 0) + 1;
  }

  #current(): ModelHour {
    const at = Math.floor(this.#clock.now / HOUR_MS) * HOUR_MS;
    const blank = { created: 0, reopened: 0, ended: {}, delays: [...DELAY_BUCKETS_MS, 0].map(() => 0) };
    const hour = this.#hours.get(at) ?? blank;
    this.#hours.set(at, hour);
    return hour;
  }
}
