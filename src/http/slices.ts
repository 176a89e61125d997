/** Work on a report goes on in slices, so that a large one does not keep all others waiting. */

/** Elements worked on before other requests get their turn: some milliseconds, where each needs a fingerprint. */
export const SLICE = 50;
