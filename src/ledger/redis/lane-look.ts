/** One lane over several partitions: what each has of it, put together. */
import type { LaneState } from '../lane-state.ts';
import {
  firstValveBucket,
  shareOpensAt,
  sumOf,
  type ValveBucket,
  valveBucketOf,
  valveOpensAt,
} from '../valve.ts';

/** What the safety valve counts in one partition. `share` is empty for the lane, with all its shares. */
export interface ValveUsage {
  /** Revoked alive, also before the hour. */
  readonly revoked: readonly (ValveBucket & { readonly share: string })[];
  /** In hand, with the ends of their leases, also past ones. */
  readonly hand: readonly { readonly until: number; readonly share: string }[];
}

export const NO_USAGE: ValveUsage = { revoked: [], hand: [] };

/** One lane as one partition has it. */
export interface LaneLook {
  /** That of the lane's home is the lane's; of the others the modes and what they count are true, and the rest is not. */
  readonly lane: LaneState;
  /** The limit of the last claim. */
  readonly valveMax: number;
  /** When the lease ends of the entry that was let through after the pause of that epoch; 0 where none was. */
  readonly probeEnd: number;
  readonly probeEpoch: number;
  readonly usage: ValveUsage;
}

/** What a claim in one partition has to know of the lane's home and of the other partitions. */
export interface Elsewhere {
  /** Of the look that it rests on. */
  readonly token: string;
  /** One entry alone is let through. */
  readonly probing: boolean;
  readonly epoch: number;
  /** Revoked in the hour, by share, the oldest first. */
  readonly hours: Readonly<Record<string, readonly ValveBucket[]>>;
  /** Entries in hand, by share. */
  readonly hand: Readonly<Record<string, number>>;
  /** The first of these leases to end. */
  readonly lease_end?: number;
}

/** What partitions count together, as {@link Elsewhere} tells it. */
export function sumUsages(
  usages: readonly ValveUsage[],
  now: number,
): Pick<Elsewhere, 'hours' | 'hand' | 'lease_end'> {
  const hours = new Map<string, ValveBucket[]>();
  const hand = new Map<string, number>();
  const ends: number[] = [];
  for (const { share, ...bucket } of usages.flatMap(({ revoked }) => revoked)) {
    if (bucket.bucket < firstValveBucket(now) || bucket.bucket > valveBucketOf(now)) continue;
    hours.set(share, [...(hours.get(share) ?? []), bucket]);
  }
  for (const { share, until } of usages.flatMap((usage) => usage.hand)) {
    if (until <= now) continue;
    ends.push(until);
    for (const each of new Set(['', share])) hand.set(each, (hand.get(each) ?? 0) + 1);
  }
  for (const buckets of hours.values()) buckets.sort((a, b) => a.bucket - b.bucket);
  return {
    hours: Object.fromEntries(hours),
    hand: Object.fromEntries(hand),
    ...(ends.length > 0 && { lease_end: Math.min(...ends) }),
  };
}

/**
 * The lane as the port tells it.
 * @param home the lane as its home has it
 * @param looks of all partitions, the home among them
 */
export function wholeLane(home: LaneState, looks: readonly LaneLook[], now: number): LaneState {
  const usages = looks.map(({ usage }) => usage);
  const { '': hour = [], ...shares } = sumUsages(usages, now).hours;
  const max = Math.max(0, ...looks.map(({ valveMax }) => valveMax));
  const lastDone = looks.flatMap(({ lane }) => lane.lastDoneAt ?? []);
  return {
    ...home,
    lastDoneAt: lastDone.length > 0 ? Math.max(...lastDone) : null,
    revokedLastHour: sumOf(hour),
    valveOpensAt: valveOpensAt(hour, max),
    shareOpensAt: shareOpensAt(Object.values(shares), max),
  };
}
