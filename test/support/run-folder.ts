import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leashed } from './leashed.ts';

let made: string | undefined;

/**
 * The folder for all temporary files of this process, and of those it starts, as `TMPDIR` leads there from now on. It
 * goes when the process is gone.
 */
export function runFolder(): string {
  made ??= make();
  return made;
}

/** A fresh folder in {@link runFolder}. */
export function newFolder(prefix = 'test-'): string {
  return mkdtempSync(join(runFolder(), prefix));
}

function make(): string {
  // A run within a run has such a folder within another one, and the path of Chromium's socket in it, 44 characters
  // more, may have 107.
  const folder = join(tmpdir(), `quash-${randomBytes(4).toString('hex')}`);
  leashed('folder', folder);
  mkdirSync(folder);
  // Other users get through, as the one of the image has to, and see nothing.
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
  return folder;
}
