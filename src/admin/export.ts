/** The ledger for other programs: one line for each entry. */
import type { EntryDetails } from '../ledger/entry.ts';
import { nextTurn } from '../words/next-turn.ts';
import { printable, printableJson } from '../words/printable.ts';
import { createPathTest, detailsOf, type EntryLists, type PathFilter } from './path-filter.ts';

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
};

/** Few, as all of a page are asked for together, and a busy Redis has to answer the last of them in time. */
const PAGE = 50;

/** Page by page, so that nothing but a page is in memory. */
export async function* exportEntries(
  ledger: EntryLists,
  { path, ...filter }: PathFilter,
): AsyncGenerator<EntryDetails> {
  const isMeant = createPathTest(path);
  let cursor: string | undefined;
  do {
    const page = await ledger.list({ ...filter, limit: PAGE, ...(cursor !== undefined && { cursor }) });
    yield* (await detailsOf(ledger, page)).filter(isMeant);
    // Others have their turn, too, where nothing of many pages is meant.
    await nextTurn();
    cursor = page.cursor;
  } while (cursor !== undefined);
}

export async function* exportLines(
  entries: AsyncIterable<EntryDetails>,
  format: ExportFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(Object.keys(COLUMNS));
  for await (const entry of entries) {
    yield format === 'csv'
      ? csvLine(Object.values(COLUMNS).map((cell) => cell(entry)))
      : `${printableJson(JSON.stringify(entry))}\n`;
  }
}

const COLUMNS: Readonly<Record<string, (entry: EntryDetails) => string>> = {
  id: ({ id }) => id,
  provider: ({ provider }) => provider,
  kind: ({ kind }) => kind,
  types: ({ types }) => types.join(' '),
  state: ({ state }) => state,
  outcome: ({ outcome }) => outcome?.kind ?? '',
  verified: ({ outcome }) => (outcome ? String(outcome.verified) : ''),
  reason: ({ outcome }) => outcome?.reason ?? '',
  advice: ({ outcome }) => outcome?.advice ?? '',
  projects: ({ projects }) => projects.join(' '),
  locations: ({ locations }) => locations.join(' '),
  owner: ({ subject }) => subject?.owner ?? '',
  account: ({ subject }) => subject?.account ?? '',
  scopes: ({ subject }) => subject?.scopes?.join(' ') ?? '',
  caller: ({ caller }) => caller ?? '',
  reports: ({ reports }) => String(reports),
  firstReported: ({ firstReportedAt }) => timeCell(firstReportedAt),
  lastReported: ({ lastReportedAt }) => timeCell(lastReportedAt),
  due: ({ dueAt }) => timeCell(dueAt),
  ended: ({ endedAt }) => timeCell(endedAt),
};

function timeCell(at: number | null): string {
  return at === null ? '' : new Date(at).toISOString();
}

/** What a spreadsheet takes for a formula, also in the wide characters that some read alike. Tabs are gone by then. */
const RUNS = /^\s*[=+\-@＝＋－＠]/;

/** RFC 4180, with an apostrophe before what a spreadsheet would run. */
function csvLine(cells: readonly string[]): string {
  const quoted = cells.map((cell) => {
    const text = printable(cell);
    return `"${(RUNS.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  });
  return `${quoted.join(',')}\r\n`;
}
