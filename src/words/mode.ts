export const MODES = ['revoke', 'hold', 'dry-run'] as const;

/** What is done with a token: revoke it at once, wait for approval, or only say what would be done. */
export type Mode = (typeof MODES)[number];
