import { VERSION } from '../other-version.ts';

/** How entries are stored; changes when a version cannot read what an older one wrote. */
export const LAYOUT = '5';

/** In its place while the ledger is the target of a copy, which nothing else may open. */
export const LAYOUT_OF_COPY = 'copy';

/** The fields that say how a ledger is stored, and by which version. */
export function inLayout(layout: string): { readonly layout: string; readonly version: string } {
  return { layout, version: VERSION };
}
