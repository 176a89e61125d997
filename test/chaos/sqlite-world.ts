/** One process on a file, killed again and again; at times two, and at times the disk takes nothing. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import type { Random } from './random.ts';
import { postReport } from './reporter.ts';
import type { Step } from './steps.ts';
import { World } from './world.ts';

const FILES = ['quash.db', 'quash.db-wal', 'quash.db-shm'];
/** About as much as a few reports need. */
const SOME_BYTES = 100_000;
/** Root may write any file, unless it gives that right away. */
const WITHOUT_PRIVILEGE = ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all'];

export async function createSqliteWorld(
  options: { random: Random; entries: number },
  cleanup: AsyncDisposableStack,
): Promise<World> {
  const ledger = (folder: string) => ({ url: `sqlite:${join(folder, 'data', 'quash.db')}` });
  const world = await World.create({ ...options, ledger }, cleanup);
  await world.addReplica('all');
  return world;
}

export const sqliteKills: readonly Step[] = [killProcess];

/** What needs a tool that is missing here is left out. */
export function sqliteTroubles(): readonly Step[] {
  const tools = { prlimit: [fillDisk, emptyDisk], setpriv: [startOnReadOnlyFile] };
  const usable = Object.entries(tools).filter(([tool]) => isThere(tool));
  return [shareFile, ...usable.flatMap(([, steps]) => steps)];
}

function isThere(tool: string): boolean {
  return spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0;
}

async function killProcess(world: World, random: Random): Promise<void> {
  await world.disturb('kill -9', 1, () => random.pick(world.replicas).kill(), 0);
}

/** A second process works on the same file until one of the two dies for good. */
async function shareFile(world: World, random: Random): Promise<void> {
  await world.addReplica('all');
  await delay(random.between(500, 1_500));
  await world.disturb('kill -9 of one of two', 1, () => random.pick(world.replicas).kill());
  await delay(random.between(500, 1_500));
  const [leaving] = world.replicas.splice(Math.floor(random.between(0, 2)), 1);
  await world.disturb('kill -9 of one of two', 1, async () => leaving?.close(), 0);
}

/** Some of what is written fits, and the rest does not. */
function fillDisk(world: World, random: Random): Promise<void> {
  const wal = statSync(join(world.folder, 'data', 'quash.db-wal'), { throwIfNoEntry: false })?.size ?? 0;
  return limitDisk(world, random, 'disk full', Math.floor(random.between(1, wal + SOME_BYTES)));
}

function emptyDisk(world: World, random: Random): Promise<void> {
  return limitDisk(world, random, 'disk takes nothing', 0);
}

/**
 * The kernel lets the running process write no file beyond this size, which needs no root. It stands for a disk that
 * is full, and with a size of nothing for one that has become read-only.
 */
async function limitDisk(world: World, random: Random, kind: string, limitBytes: number): Promise<void> {
  const running = await world.replicas[0]?.listening();
  if (!running) return;
  const setLimit = (size: string) =>
    execFileSync('prlimit', ['--pid', String(running.pid), `--fsize=${size}:`]);
  const report = async () => {
    const answer = await postReport(running.apiUrl, world.leaks.slice(0, 1));
    if (answer !== 204 && answer !== 503) world.violations.push(`${kind}: a report was answered ${answer}`);
    return answer;
  };
  await world.disturb(kind, 1, async () => {
    setLimit(String(limitBytes));
    await delay(random.between(200, 1_000));
    const answer = await report();
    if (limitBytes === 0 && answer !== 503)
      world.violations.push(`${kind}: a report was answered ${answer}, not 503`);
    setLimit('unlimited');
  });
  await eventually(async () => {
    if ((await report()) !== 204) throw new Error(`${kind}: reports are refused though there is space again`);
  }).catch((error: Error) => world.violations.push(error.message));
}

/** A start on files that nobody may write: it says so and ends, and the next one goes on where it was. */
async function startOnReadOnlyFile(world: World): Promise<void> {
  const [replica] = world.replicas;
  const data = join(world.folder, 'data');
  const files = FILES.map((file) => join(data, file));
  await world.disturb(
    'read-only file',
    1,
    async () => {
      await replica?.kill({ comesBack: false });
      const present = files.filter((file) => existsSync(file));
      for (const file of present) chmodSync(file, 0o400);
      chmodSync(data, 0o500);
      const end = await world.startProcess('all', process.getuid?.() === 0 ? WITHOUT_PRIVILEGE : []).then(
        async (started) => `it started, and ended with ${await started.end('SIGKILL')}`,
        ({ message }: Error) => message,
      );
      if (!/SQLite ledger .*cannot be read or written/.test(end))
        world.violations.push(`read-only file: ${end}`);
      chmodSync(data, 0o700);
      for (const file of present) chmodSync(file, 0o600);
    },
    0,
  );
  await replica?.start();
}
