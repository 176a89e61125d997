/** How leaks went over time: the numbers behind the dashboard's charts. */
import type { Hour } from '../ledger/statistics.ts';
import { percentile } from './delays.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const OVERVIEW_WINDOWS = ['24h', '7d', '30d'] as const;
export type OverviewWindow = (typeof OVERVIEW_WINDOWS)[number];

const STEPS: Readonly<Record<OverviewWindow, { readonly stepMs: number; readonly count: number }>> = {
  '24h': { stepMs: HOUR_MS, count: 24 },
  '7d': { stepMs: DAY_MS, count: 7 },
  '30d': { stepMs: DAY_MS, count: 30 },
};

export const windowMs = (window: OverviewWindow) => STEPS[window].stepMs * STEPS[window].count;

/** The beginning of the oldest step. */
export function firstStepAt(window: OverviewWindow, now: number): number {
  const { stepMs, count } = STEPS[window];
  return (Math.floor(now / stepMs) - count + 1) * stepMs;
}

/** Percentiles of the time from first report to death, as the upper ends of their buckets. */
export interface Delays {
  readonly median: number | null;
  readonly p95: number | null;
}

/** An hour of the window of a day, a day of the others. */
export interface Step {
  /** Its beginning. */
  readonly at: number;
  /** Ends in it: shown to be dead, ended in another way, put before a person. */
  readonly dead: number;
  readonly others: number;
  readonly attention: number;
  /**
   * Leaks that were open at its end, counted back from those that are open now.
   */
  readonly open: number;
  readonly delayMs: Delays;
}

/** @param open entries that are queued, held or need attention now */
export function trendOf(
  window: OverviewWindow,
  { hours, open, now }: { readonly hours: readonly Hour[]; readonly open: number; readonly now: number },
): readonly Step[] {
  const { stepMs, count } = STEPS[window];
  const last = Math.floor(now / stepMs);
  const steps: Step[] = [];
  let openAtEnd = open;
  for (let step = last; step > last - count; step--) {
    const own = hours.filter(({ at }) => Math.floor(at / stepMs) === step);
    const ended = sumOf(own.map((hour) => hour.ended));
    const opened = own.reduce((sum, hour) => sum + hour.created + hour.reopened, 0);
    const dead = deadOf(ended);
    const { attention = 0 } = ended;
    const others = Object.values(ended).reduce((sum, each) => sum + each, 0) - dead - attention;
    const delayMs = delaysOf(own);
    steps.unshift({ at: step * stepMs, dead, others, attention, open: Math.max(0, openAtEnd), delayMs });
    openAtEnd += dead + others - opened;
  }
  return steps;
}

/** @param ended by kind of outcome, as in {@link Hour.ended} */
export function deadOf(ended: Readonly<Record<string, number>>): number {
  return (ended.revoked ?? 0) + (ended['already-inactive'] ?? 0);
}

export function delaysOf(hours: readonly Hour[]): Delays {
  const counts = sumOf(hours.map(({ delays }) => Object.fromEntries(delays.entries())));
  return { median: percentile(counts, 0.5), p95: percentile(counts, 0.95) };
}

export function sumOf(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const record of records) {
    for (const [key, value] of Object.entries(record)) sums[key] = (sums[key] ?? 0) + value;
  }
  return sums;
}
