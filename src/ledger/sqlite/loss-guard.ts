import { statSync } from 'node:fs';
import { LedgerError } from '../ledger.ts';

/**
 * What is written to a file that has lost its name is gone with the process, and SQLite writes on without a word.
 * @returns a function that throws {LedgerError} `unavailable` once the path leads nowhere, or to another file
 */
export function createLossGuard(path: string): () => void {
  const identity = () => {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats && `${stats.dev} ${stats.ino}`;
  };
  const opened = identity();
  return () => {
    if (identity() === opened) return;
    throw new LedgerError(
      'unavailable',
      `The SQLite ledger ${path} was removed or replaced while Quash had it open: put it back, or restart Quash with what is there now.`,
    );
  };
}
