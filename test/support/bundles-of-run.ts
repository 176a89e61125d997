/** Before a run of tests: a folder in which its processes find what one of them has bundled. It goes with this process. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leashed } from './leashed.ts';
import { inMemory } from './memory-folder.ts';

export const FOLDER_OF_BUNDLES = 'BUNDLES_OF_TEST_RUN';

export default function makeFolder(): void {
  const folder = mkdtempSync(join(inMemory().TMPDIR ?? tmpdir(), 'quash-bundles-'));
  leashed('folder', folder);
  process.env[FOLDER_OF_BUNDLES] = folder;
}
