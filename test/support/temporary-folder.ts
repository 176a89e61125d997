import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';

/**
 * When the test that runs has ended. A test that runs beside others hands over what its context has, as the global
 * one ends with any of them.
 */
export type AtEnd = TestContext['onTestFinished'];

/** A folder of its own for the running test, which is removed with it. */
export function temporaryFolder(atEnd: AtEnd = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'quash-test-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
