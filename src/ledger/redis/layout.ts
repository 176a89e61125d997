/** How entries are stored; changes when a version cannot read what an older one wrote. */
export const LAYOUT = '4';

/** In its place while the ledger is the target of a copy, which nothing else may open. */
export const LAYOUT_OF_COPY = 'copy';
