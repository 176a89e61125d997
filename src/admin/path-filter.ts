/**
 * Entries by the path of a file. The ledger keeps locations sealed, so it cannot filter by them: each entry that fits
 * the rest of the filter is opened and looked at, so many for one page.
 */
import type { Entry, EntryDetails, EntryFilter, ListOptions, ListPage } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { createGlob } from '../words/glob.ts';
import { pathOf } from '../words/location.ts';
import { nextTurn } from '../words/next-turn.ts';

/** What the ledger filters by, and what is looked for in the entries that it finds. */
export interface PathFilter extends EntryFilter {
  /** A file of a project, or a folder with everything below it; as in {@link createGlob}. */
  readonly path?: string;
}

export type EntryLists = Pick<Ledger, 'list' | 'get'>;

/** A page may end before it is full once it has looked at so many: about as long as the ledger looks for one of its own. */
const MAX_OPENED = 1_000;

/** Opened together: all of them are asked for at once, and a busy Redis has to answer the last of them in time. */
const AT_ONCE = 50;

/** As {@link Ledger.list}. */
export async function listFitting(
  ledger: EntryLists,
  { path, ...options }: PathFilter & ListOptions,
): Promise<ListPage> {
  if (path === undefined) return ledger.list(options);
  const isMeant = createPathTest(path);
  const found: Entry[] = [];
  let { cursor } = options;
  let atOnce = AT_ONCE;
  for (let opened = 0; opened < MAX_OPENED; opened += atOnce) {
    const page = await ledger.list({ ...options, limit: atOnce, ...(cursor !== undefined && { cursor }) });
    const details = await detailsOf(ledger, page);
    const meant = new Set(details.filter(isMeant).map(({ id }) => id));
    // SQLite answers at once: without this nobody else would have a turn before the page is full.
    await nextTurn();
    if (found.length + meant.size > options.limit) {
      // A cursor stands behind a whole page only, so one is needed that fills this page and no more.
      atOnce = Math.ceil(atOnce / 2);
      continue;
    }
    found.push(...page.entries.filter(({ id }) => meant.has(id)));
    cursor = page.cursor;
    if (cursor === undefined || found.length === options.limit) break;
  }
  return { entries: found, ...(cursor !== undefined && { cursor }) };
}

/** @returns without those that were deleted in the meantime */
export async function detailsOf(ledger: EntryLists, { entries }: ListPage): Promise<readonly EntryDetails[]> {
  const details = await Promise.all(entries.map(({ id }) => ledger.get(id)));
  return details.filter((entry) => entry !== undefined);
}

/** @param path absent: all are meant */
export function createPathTest(path?: string): (entry: Pick<EntryDetails, 'locations'>) => boolean {
  if (path === undefined) return () => true;
  const wanted = path.replace(/^\/+|\/+$/g, '');
  const isFile = createGlob(wanted);
  const isBelow = createGlob(`${wanted}/**`);
  const isMeant = (file: string) => isFile(file) || isBelow(file);
  return ({ locations }) => locations.some((location) => isMeant(pathOf(location)));
}
