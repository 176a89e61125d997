/**
 * A process on a small file system of its own, which somebody fills to the last byte. The file system is in a mount
 * namespace of the process, so it goes with it and nothing has to be cleared away.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import type { Random } from './random.ts';
import { postReport } from './reporter.ts';
import { World } from './world.ts';

const SIZE = '6m';
const BALLAST_STEP = Buffer.alloc(4096);
const MOUNT = `mount -t tmpfs -o size=${SIZE} none "$0" && exec "$@"`;
const NAMESPACE =
  process.getuid?.() === 0 ? ['unshare', '--mount'] : ['unshare', '--user', '--map-root-user', '--mount'];

/** Whether this machine lets us mount: as root, or in a user's own namespace. */
export function canMount(): boolean {
  const [command = '', ...args] = [...NAMESPACE, 'sh', '-c', MOUNT, '/tmp', 'true'];
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

export async function createFullDiskWorld(
  options: { random: Random; entries: number },
  cleanup: AsyncDisposableStack,
): Promise<World> {
  const ledger = (folder: string) => ({ url: `sqlite:${join(folder, 'data', 'quash.db')}` });
  const world = await World.create({ ...options, ledger }, cleanup);
  const data = join(world.folder, 'data');
  mkdirSync(data);
  await world.addReplica('all', [...NAMESPACE, 'sh', '-c', MOUNT, data]);
  return world;
}

/** Full: 503. With space again: 204, by itself. */
export async function fillFileSystem(world: World): Promise<void> {
  const running = await world.replicas[0]?.listening();
  if (!running) throw new Error('The process did not start.');
  const ballast = join('/proc', String(running.pid), 'root', world.folder, 'data', 'ballast');
  const report = () => postReport(running.apiUrl, world.leaks.slice(0, 1));
  await world.disturb('file system full', 1, async () => {
    // The log reuses what it has until it must grow, so it may take a few reports more.
    await eventually(async () => {
      fill(ballast);
      const answer = await postReport(running.apiUrl, world.leaks);
      if (answer !== 503) throw new Error(`file system full: a report was answered ${answer}, not 503`);
    }).catch((error: Error) => world.violations.push(error.message));
    rmSync(ballast);
  });
  await eventually(async () => {
    if ((await report()) !== 204) throw new Error('file system full: refused though there is space again');
  }).catch((error: Error) => world.violations.push(error.message));
}

function fill(file: string): void {
  try {
    for (;;) appendFileSync(file, BALLAST_STEP);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}
