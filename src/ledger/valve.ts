/** The safety valve's hour, which moves on in steps of five minutes. */
import { shareOfLimit } from './shares.ts';
import { HOUR_MS } from './tallies.ts';

/** What is revoked in so many milliseconds is counted together, and leaves the hour together. */
export const VALVE_BUCKET_MS = 300_000;
export const VALVE_BUCKETS = HOUR_MS / VALVE_BUCKET_MS;

/** What was revoked in one bucket. */
export interface ValveBucket {
  readonly bucket: number;
  readonly entries: number;
}

export function valveBucketOf(now: number): number {
  return Math.floor(now / VALVE_BUCKET_MS);
}

/** When it leaves the hour. */
export function valveBucketEnd({ bucket }: ValveBucket): number {
  return (bucket + VALVE_BUCKETS) * VALVE_BUCKET_MS;
}

/** The first bucket of the hour that ends now. */
export function firstValveBucket(now: number): number {
  return valveBucketOf(now) - VALVE_BUCKETS + 1;
}

export function sumOf(buckets: readonly ValveBucket[]): number {
  return buckets.reduce((sum, { entries }) => sum + entries, 0);
}

/**
 * When fewer than `max` are left in the hour; null when that is now. 0 is no limit.
 * @param buckets of the hour, the oldest first
 */
export function valveOpensAt(buckets: readonly ValveBucket[], max: number): number | null {
  let left = sumOf(buckets);
  if (max === 0 || left < max) return null;
  for (const bucket of buckets) {
    left -= bucket.entries;
    if (left < max) return valveBucketEnd(bucket);
  }
  return null;
}

/**
 * When the first of the namespaces that have had their share of `max` may go on; null where none has had it. 0 is no
 * limit.
 * @param hours the buckets of each namespace, the oldest first
 */
export function shareOpensAt(hours: Iterable<readonly ValveBucket[]>, max: number): number | null {
  if (max === 0) return null;
  const times = [...hours].flatMap((hour) => valveOpensAt(hour, shareOfLimit(max)) ?? []);
  return times.length > 0 ? Math.min(...times) : null;
}
