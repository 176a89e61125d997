/** What both ledgers count of an hour, and by which names. */
import type { OutcomeKind } from '../words/outcome.ts';
import type { Settlement } from './claim.ts';
import { DELAY_BUCKETS_MS, HOURS_KEPT_DAYS, type Hour, type ProviderDay } from './statistics.ts';

export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How the work on a token ends that is dead. */
export const DEAD: readonly OutcomeKind[] = ['revoked', 'already-inactive'];

export const CREATED = 'created';
export const REOPENED = 'reopened';
const ENDED = 'ended:';
/** All that is counted is counted for its provider as well, by the day: in its first hour, under a name that begins so. */
export const OF_PROVIDER = 'of:';

/**
 * The name under which an hour counts entries that ended like this: a kind of outcome, `dismissed` or `attention`; with
 * the bucket of the time that it took, where the token was shown to be dead.
 */
export function endedTally(how: string, bucket?: number): string {
  return bucket === undefined ? `${ENDED}${how}` : `${ENDED}${how}:${bucket}`;
}

/** @param tally by which the hour counts it */
export function providerTally(provider: string, tally: string): string {
  return `${OF_PROVIDER}${provider}/${tally}`;
}

/** Whether a new report of the token is a reason to ask upstream again. */
export function isDead(kind: OutcomeKind | undefined): boolean {
  return kind !== undefined && DEAD.includes(kind);
}

/** What a settlement adds one to, unless the entry needed attention before and still does; undefined is nothing. */
export function settledTally(
  settlement: Pick<Settlement, 'now' | 'state' | 'outcome'>,
  firstReportedAt: number,
): string | undefined {
  const { state, outcome } = settlement;
  if (!outcome || state === 'held') return undefined;
  if (state === 'attention') return endedTally('attention');
  if (!isDead(outcome.kind)) return endedTally(outcome.kind);
  // What was not shown to be dead is not counted among the dead.
  if (!outcome.verified) return endedTally(`${outcome.kind}-unproven`);
  return endedTally(outcome.kind, deathBucket(settlement, firstReportedAt));
}

/** In which bucket the time to death counts, where the token is shown to be dead now. */
export function deathBucket(
  { now, state, outcome }: Pick<Settlement, 'now' | 'state' | 'outcome'>,
  firstReportedAt: number,
): number | undefined {
  const isShownDead = state === 'done' && outcome?.verified && isDead(outcome.kind);
  return isShownDead ? delayBucket(now - firstReportedAt) : undefined;
}

function delayBucket(delayMs: number): number {
  const bucket = DELAY_BUCKETS_MS.findIndex((end) => delayMs <= end);
  return bucket < 0 ? DELAY_BUCKETS_MS.length : bucket;
}

/** The beginning of the hour. */
export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}

/** The beginning of the day. */
export function dayAt(at: number): number {
  return dayOf(at) * DAY_MS;
}

/** As a number of days since the Unix epoch. */
export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** The beginning of the oldest day whose hours are kept. */
export function oldestDayKept(now: number): number {
  return Math.floor(now / DAY_MS - HOURS_KEPT_DAYS) * DAY_MS;
}

/** @param tallies what was counted, by name */
export function toHour(at: number, tallies: Readonly<Record<string, number>>): Hour {
  const ended: Record<string, number> = {};
  const delays = new Array<number>(DELAY_BUCKETS_MS.length + 1).fill(0);
  for (const [name, entries] of Object.entries(tallies)) {
    if (!name.startsWith(ENDED)) continue;
    const [how = '', bucket] = name.slice(ENDED.length).split(':');
    ended[how] = (ended[how] ?? 0) + entries;
    if (bucket !== undefined) delays[Number(bucket)] = (delays[Number(bucket)] ?? 0) + entries;
  }
  return { at, created: tallies[CREATED] ?? 0, reopened: tallies[REOPENED] ?? 0, ended, delays };
}

/** @param tallies of the first hour of a day, by name: what is no provider's is left out */
export function toProviderDays(at: number, tallies: Readonly<Record<string, number>>): ProviderDay[] {
  const own = new Map<string, Record<string, number>>();
  for (const [name, entries] of Object.entries(tallies)) {
    if (!name.startsWith(OF_PROVIDER)) continue;
    const end = name.lastIndexOf('/');
    const provider = name.slice(OF_PROVIDER.length, end);
    const each = own.get(provider) ?? {};
    each[name.slice(end + 1)] = entries;
    own.set(provider, each);
  }
  return [...own].map(([provider, each]) => ({ ...toHour(at, each), provider }));
}
