import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { newFolder } from './run-folder.ts';
import { TEST_VAULT } from './test-keys.ts';

let empty: string | undefined;

/**
 * The path of an empty ledger of {@link TEST_VAULT} in this folder. Its tables are made once and copied, as making them
 * takes longer than most tests.
 */
export function sqliteFile(folder: string): string {
  empty ??= makeEmpty();
  const path = join(folder, 'quash.db');
  copyFileSync(empty, path);
  return path;
}

function makeEmpty(): string {
  const path = join(newFolder('empty-'), 'quash.db');
  // Whoever makes the tables leaves nothing of them in the log, so that the file is all of it even before it is closed.
  void openSqliteLedger({ path, vault: TEST_VAULT }).close();
  return path;
}
