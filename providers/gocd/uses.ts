/** Lists of last uses, and what changes between two of them. */
import type { Note } from './note.ts';

export type Burst = NonNullable<Note['burst']>;

export interface Use {
  readonly id: number;
  /** Seconds on the server's clock; null for never. */
  readonly lastUsedAt: number | null;
}

export function newestOf(list: readonly Use[]): number | null {
  return list.reduce<number | null>(
    (max, { lastUsedAt: at }) => (at !== null && at > (max ?? -1) ? at : max),
    null,
  );
}

export function usesOf(list: readonly Use[], ids: readonly number[]): Burst['uses'] {
  const wanted = new Set(ids);
  return list.filter(({ id }) => wanted.has(id)).map(({ id, lastUsedAt }) => [id, lastUsedAt]);
}

export function changesIn(before: Burst['uses'], after: Burst['uses']): Burst['uses'] {
  const known = new Map(before);
  return after.filter(([id, at]) => known.get(id) !== at);
}

/** Whether the list shows uses that were written since the one before. */
export function hasFlushed({ newest, uses }: Burst, list: readonly Use[]): boolean {
  if ((newestOf(list) ?? -1) > (newest ?? -1)) return true;
  const ids = uses.map(([id]) => id);
  return changesIn(uses, usesOf(list, ids)).length > 0;
}
