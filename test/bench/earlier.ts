import { execFileSync } from 'node:child_process';
import { rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { newFolder } from '../support/run-folder.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * The files of an earlier commit in a folder of their own, with the packages of today.
 * @returns undefined where there is no git, or the commit is not in the repository
 */
export function checkOut(commit: string, stack: AsyncDisposableStack): string | undefined {
  const folder = newFolder('bench-');
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const archive = execFileSync('git', ['archive', commit, 'src', 'providers', 'package.json'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 30,
    });
    execFileSync('tar', ['-x', '-C', folder], { input: archive, stdio: ['pipe', 'ignore', 'ignore'] });
  } catch {
    return undefined;
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
