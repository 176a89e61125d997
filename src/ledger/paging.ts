import type { Entry } from './entry.ts';

/** Entries that are looked at for one page: enough to fill it, few enough to answer in milliseconds. */
export const MAX_CANDIDATES = 5_000;

/** A page before its cursor is written. */
export interface NumberedPage {
  readonly found: readonly { readonly number: number; readonly entry: Entry }[];
  /** What comes next is below it; undefined when nothing does. */
  readonly last: number | undefined;
}

/** @param last the number of the entry that the next page is to stay below */
export function toCursor(last: number): string {
  return Buffer.from(String(last)).toString('base64url');
}

/** @returns the number to stay below; undefined, to start from the newest, for a cursor that is none of ours */
function parseCursor(cursor = ''): number | undefined {
  const number = Buffer.from(cursor, 'base64url').toString();
  return /^\d{1,16}$/.test(number) ? Number(number) : undefined;
}

/** Numbers of entries: from below the one on down to the other, which is among them. */
export interface NumberRange {
  readonly below: number;
  readonly smallest: number;
}

/** An entry's number begins with the time of its first report, in microseconds. */
export function numbersOf({
  since = 0,
  until = Number.POSITIVE_INFINITY,
  cursor,
}: {
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly cursor?: string | undefined;
}): NumberRange {
  const below = Math.min(parseCursor(cursor) ?? Number.MAX_SAFE_INTEGER, until * 1000);
  return { below, smallest: since * 1000 };
}
