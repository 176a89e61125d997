import { VERSION } from '../other-version.ts';

/** How entries are stored; changes when a version cannot read what an older one wrote. */
export const LAYOUT = '5';

/** In its place while the ledger is the target of a copy, which nothing else may open. */
export const LAYOUT_OF_COPY = 'copy';

/** Once the ledger was the source of a copy, so that no version opens it; {@link HANDED_OVER} says more. */
export const LAYOUT_HANDED_OVER = 'copied';

/** Beside the layout: the JSON of a `HandOver`. */
export const HANDED_OVER = 'handed_over';

/** The fields that say how a ledger is stored, and by which version. */
export function inLayout(layout: string): { readonly layout: string; readonly version: string } {
  return { layout, version: VERSION };
}
