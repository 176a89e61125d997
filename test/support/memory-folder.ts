import { statfsSync } from 'node:fs';

/** Where Linux has a file system in memory that everybody may use. */
const FOLDER = '/dev/shm';
const TMPFS = 0x01021994;

/** Several times what a run has there at once. Containers often have 64 MB. */
const NEEDED_BYTES = 4 * 1024 ** 3;

/**
 * Where a run of tests keeps its temporary files: in memory, where there is room. Ledgers wait for the disk at each
 * write, and no test shows anything about the disk by that; the bench and the long runs use the disk.
 * @returns the environment for it, empty where `TMPDIR` says otherwise
 */
export function inMemory(): { readonly TMPDIR?: string } {
  if (process.env.TMPDIR !== undefined || process.availableMemory() < NEEDED_BYTES) return {};
  try {
    const { type, bavail, bsize } = statfsSync(FOLDER);
    return type === TMPFS && bavail * bsize >= NEEDED_BYTES ? { TMPDIR: FOLDER } : {};
  } catch {
    return {};
  }
}
