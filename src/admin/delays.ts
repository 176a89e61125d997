import { DELAY_BUCKETS_MS } from '../ledger/statistics.ts';

/**
 * The time within which this share of the tokens died, as the upper end of its bucket.
 * @param counts by index into {@link DELAY_BUCKETS_MS}; what is beyond them counts as the last one
 * @returns null when nothing was counted
 */
export function percentile(counts: Readonly<Record<string, number>>, share: number): number | null {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let seen = 0;
  for (const [index, upperMs] of DELAY_BUCKETS_MS.entries()) {
    seen += counts[index] ?? 0;
    if (seen >= total * share) return upperMs;
  }
  return DELAY_BUCKETS_MS.at(-1) ?? null;
}
