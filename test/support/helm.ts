/** Finds the Helm that the chart is tested with, or builds it where Go is there. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runChild } from './child.ts';
import { leashed } from './leashed.ts';

export const HELM_VERSION = 'v4.3.1';
const CACHE = resolve(import.meta.dirname, '../../node_modules/.cache/quash');
const BUILT = join(CACHE, `helm-${HELM_VERSION}`);

/** The command: that of `$QUASH_HELM`, on the path, or built before; undefined when there is none. Builds nothing. */
export function findHelm(): string | undefined {
  const candidates = [process.env.QUASH_HELM, 'helm', BUILT].filter((command) => command !== undefined);
  return candidates.find((command) => spawnSync(command, ['version']).status === 0);
}

/**
 * Has `findHelm` find one, which takes some minutes.
 * @returns why it does not; undefined when it does
 */
export async function buildHelm(): Promise<string | undefined> {
  if (spawnSync('go', ['version']).status !== 0) return 'there is no Go to build it with';
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'building-'));
  leashed('folder', folder);
  try {
    const env = { ...process.env, GOBIN: folder };
    const { stderr } = await runChild('go', ['install', `helm.sh/helm/v4/cmd/helm@${HELM_VERSION}`], { env });
    const made = join(folder, 'helm');
    if (!existsSync(made)) return `Go did not build it: ${stderr.trim().split('\n').at(-1)}`;
    // By its final name only when it is whole, as another run may look for it.
    renameSync(made, BUILT);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
