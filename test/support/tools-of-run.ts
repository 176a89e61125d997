/** `npm test` installs what a few tests need while the others run: here those wait for it, whatever came of it. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const FOLDER_OF_TOOLS = 'TOOLS_OF_TEST_RUN';
const LOOK_EVERY_MS = 200;

export type ToolsOfRun = 'helm' | 'peers';

/** At once where nobody installs anything, as in a run of single files. */
export async function untilInstalled(tools: ToolsOfRun): Promise<void> {
  const folder = process.env[FOLDER_OF_TOOLS];
  while (folder !== undefined && !existsSync(join(folder, tools))) await delay(LOOK_EVERY_MS);
}

/** Also where it could not be had: who needs it looks for it. */
export function markInstalled(folder: string, tools: ToolsOfRun): void {
  writeFileSync(join(folder, tools), '');
}
