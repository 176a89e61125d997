import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes the folder, and those above it, for the service's user alone; does nothing when it is there.
 *
 * Not by `recursive`, which tries for ever below a file system that takes no folders, such as `/proc`.
 * @throws the operating system's error
 */
export function makePrivateFolder(path: string): void {
  if (!existsSync(dirname(path))) makePrivateFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}
