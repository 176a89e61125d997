/** Finds the Helm that the chart is tested with, or builds it where Go is there. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const VERSION = 'v4.3.1';
const CACHE = resolve(import.meta.dirname, '../../node_modules/.cache/quash');
const BUILT = join(CACHE, `helm-${VERSION}`);
const BUILD_TIMEOUT_MS = 600_000;

/** The command: that of `$QUASH_HELM`, on the path, or built before; undefined when there is none. Builds nothing. */
export function findHelm(): string | undefined {
  const candidates = [process.env.QUASH_HELM, 'helm', BUILT].filter((command) => command !== undefined);
  return candidates.find((command) => spawnSync(command, ['version']).status === 0);
}

/**
 * Sees to it that `findHelm` finds one, which takes some minutes the first time.
 * @returns whether it does
 */
export async function prepareHelm(): Promise<boolean> {
  if (findHelm() !== undefined) return true;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'building-'));
  const go = spawn('go', ['install', `helm.sh/helm/v4/cmd/helm@${VERSION}`], {
    env: { ...process.env, GOBIN: folder },
    stdio: 'ignore',
    timeout: BUILD_TIMEOUT_MS,
  });
  const abandon = () => {
    go.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', abandon);
  try {
    await once(go, 'exit').catch(() => {}); // There is no Go.
    const made = join(folder, 'helm');
    // By its final name only when it is whole, as another run may look for it.
    if (existsSync(made)) renameSync(made, BUILT);
  } finally {
    process.off('exit', abandon);
    abandon();
  }
  return findHelm() !== undefined;
}
