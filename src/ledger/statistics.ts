/** What happened, counted by the hour. */

/** How far back {@link Ledger.hours} goes. */
export const HOURS_KEPT_DAYS = 90;

/**
 * Upper ends in milliseconds, each about half as much again, of the buckets in which times from report to death are
 * counted; a last bucket takes what is longer.
 */
export const DELAY_BUCKETS_MS: readonly number[] = Array.from({ length: 48 }, (_, index) =>
  Math.round(10 * 1.5 ** index),
);

/** What happened in one hour. */
export interface Hour {
  /** Its beginning. */
  readonly at: number;
  /** New entries. */
  readonly created: number;
  /**
   * Entries that became open in another way than as new ones, less those that did not stay open and are in no `ended`: an
   * end that did not last, a recheck that began or found the token dead still, a report that the configuration ignores, the
   * end of retention.
   */
  readonly reopened: number;
  /**
   * Entries that became `done`, by kind of outcome, with `dismissed` and `attention` beside them. A death without
   * proof counts as `revoked-unproven` or `already-inactive-unproven`.
   */
  readonly ended: Readonly<Record<string, number>>;
  /** Of those that were shown to be dead: how many took how long since their first report, see {@link DELAY_BUCKETS_MS}. */
  readonly delays: readonly number[];
}

/** The same of one provider and of a whole day (UTC), at whose beginning it is. */
export interface ProviderDay extends Hour {
  readonly provider: string;
}

/** As {@link sumHours}, of each provider apart. */
export function sumDays(parts: readonly ProviderDay[]): readonly ProviderDay[] {
  return [...Map.groupBy(parts, ({ provider }) => provider)].flatMap(([provider, own]) =>
    sumHours(own).map((day) => ({ ...day, provider })),
  );
}

/** The same hours, each once and in order, of parts that counted apart. */
export function sumHours(parts: readonly Hour[]): readonly Hour[] {
  const hours = new Map<number, Hour>();
  for (const part of parts) {
    const known = hours.get(part.at);
    if (!known) hours.set(part.at, part);
    else hours.set(part.at, sumOfTwo(known, part));
  }
  return [...hours.values()].sort((a, b) => a.at - b.at);
}

function sumOfTwo(one: Hour, other: Hour): Hour {
  const ended: Record<string, number> = { ...one.ended };
  for (const [how, entries] of Object.entries(other.ended)) ended[how] = (ended[how] ?? 0) + entries;
  return {
    at: one.at,
    created: one.created + other.created,
    reopened: one.reopened + other.reopened,
    ended,
    delays: one.delays.map((entries, index) => entries + (other.delays[index] ?? 0)),
  };
}
