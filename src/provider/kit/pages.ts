/** Lists that come in pages, read to the end: only a whole list says that a token is unique, or gone. */

export interface Page<Item, Cursor> {
  readonly items: readonly Item[];
  /** Where the next page begins; undefined after the last one. */
  readonly next: Cursor | undefined;
}

/**
 * @param maxPages bounds the work on a long list, and on a vendor that repeats a page
 * @param read may return a word when there is no list; the word is returned
 * @returns undefined when there are more pages than that
 */
export function readPages<Item, Cursor>(
  first: Cursor,
  maxPages: number,
  read: (cursor: Cursor) => Promise<Page<Item, Cursor>>,
): Promise<Item[] | undefined>;
export function readPages<Item, Cursor, Word extends string>(
  first: Cursor,
  maxPages: number,
  read: (cursor: Cursor) => Promise<Page<Item, Cursor> | Word>,
): Promise<Item[] | Word | undefined>;
export async function readPages<Item, Cursor, Word extends string>(
  first: Cursor,
  maxPages: number,
  read: (cursor: Cursor) => Promise<Page<Item, Cursor> | Word>,
): Promise<Item[] | Word | undefined> {
  const all: Item[] = [];
  let cursor = first;
  for (let page = 0; page < maxPages; page++) {
    const list = await read(cursor);
    if (typeof list === 'string') return list;
    all.push(...list.items);
    if (list.next === undefined) return all;
    cursor = list.next;
  }
  return undefined;
}
