/** How leaks went at each provider: what the statistics by day say. */
import type { Count } from '../ledger/entry.ts';
import type { ProviderDay } from '../ledger/statistics.ts';
import { type Delays, deadOf, delaysOf, type Step, sumOf, trendOf } from './trend.ts';

/** So far back, today included. */
export const PROVIDER_TREND = '30d';

export interface ProviderTrend {
  readonly provider: string;
  /** Entries that are queued, held or need attention now. */
  readonly open: number;
  /** Tokens that were shown to be dead in the time. */
  readonly dead: number;
  readonly delayMs: Delays;
  /** By day, the oldest first. */
  readonly trend: readonly Step[];
}

const OPEN: readonly string[] = ['queued', 'held', 'attention'];

/** Those that have something open or had something in the time; the most open first, then the most dead. */
export function providerTrends(
  days: readonly ProviderDay[],
  counts: readonly Count[],
  now: number,
): readonly ProviderTrend[] {
  const open = sumOf(counts.filter(({ state }) => OPEN.includes(state)).map(toRecord));
  const byProvider = Map.groupBy(days, ({ provider }) => provider);
  const trends = [...new Set([...byProvider.keys(), ...Object.keys(open)])].map((provider): ProviderTrend => {
    const hours = byProvider.get(provider) ?? [];
    const openNow = open[provider] ?? 0;
    return {
      ...{ provider, open: openNow, delayMs: delaysOf(hours) },
      dead: deadOf(sumOf(hours.map(({ ended }) => ended))),
      trend: trendOf(PROVIDER_TREND, { hours, open: openNow, now }),
    };
  });
  return trends.sort((a, b) => b.open - a.open || b.dead - a.dead);
}

function toRecord({ provider, entries }: Count): Readonly<Record<string, number>> {
  return { [provider]: entries };
}
