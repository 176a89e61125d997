import { rmSync } from 'node:fs';
import { onTestFinished, type TestContext } from 'vitest';
import { newFolder } from './run-folder.ts';

/**
 * When the test that runs has ended. A test that runs beside others hands over what its context has, as the global
 * one ends with any of them.
 */
export type AtEnd = TestContext['onTestFinished'];

/** A folder of its own for the running test, which is removed with it. */
export function temporaryFolder(atEnd: AtEnd = onTestFinished): string {
  const folder = newFolder();
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
