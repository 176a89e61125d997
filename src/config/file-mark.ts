import type { BigIntStats } from 'node:fs';

/** Tells one version of a file from another, also behind a link that leads elsewhere now. */
export type FileMark = string;

/** @param stats of what the path leads to; undefined where that is nothing */
export function markOf(stats: BigIntStats | undefined): FileMark {
  return stats ? [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ') : 'none';
}
