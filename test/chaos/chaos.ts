/** Breaks an installation on each ledger in every way at once, and says which promises it kept. */
import { setTimeout as delay } from 'node:timers/promises';
import { PATIENCE_MS, tooSlow } from '../support/patience.ts';
import { type AfterKill, afterKills } from './after-kills.ts';
import { createClusterWorld } from './cluster-world.ts';
import { createFullDiskWorld, fillFileSystem } from './full-disk-world.ts';
import type { Leak } from './leaks.ts';
import { Random } from './random.ts';
import { createRedisWorld, type RedisWorld } from './redis-world.ts';
import { createSqliteWorld, sqliteKills, sqliteTroubles } from './sqlite-world.ts';
import { goWrong, type Plan } from './steps.ts';
import { judge, type Verdict } from './verdict.ts';
import type { World } from './world.ts';

const SAY_EVERY_MS = 10_000;
const POLL_MS = 500;

export interface ChaosOptions {
  readonly seed: number;
  /** Kills and entries are for each ledger. */
  readonly kills: number;
  readonly entries: number;
  /** At the end the clock goes forward, so that nobody waits for pauses and leases. */
  readonly isShort?: boolean;
  /** Told what is going on, in lines. */
  readonly say?: (line: string) => void;
}

export interface ChaosResult extends Verdict {
  /** What had not come to its end when patience was over. */
  readonly slow: readonly string[];
  readonly seconds: {
    readonly wrong: number;
    readonly drained: number;
    readonly afterKill: AfterKill | null;
  };
}

export async function sqliteChaos(options: ChaosOptions): Promise<ChaosResult> {
  await using cleanup = new AsyncDisposableStack();
  const random = new Random(options.seed);
  const world = await createSqliteWorld({ random: random.fork(), entries: options.entries }, cleanup);
  const plan = { kills: options.kills, killSteps: sqliteKills, troubles: sqliteTroubles() };
  return await run(world, random, plan, options, () => false);
}

export function redisChaos(options: ChaosOptions): Promise<ChaosResult> {
  return serversChaos(createRedisWorld, new Random(options.seed + 1), options);
}

export function clusterChaos(options: ChaosOptions): Promise<ChaosResult> {
  return serversChaos(createClusterWorld, new Random(options.seed + 3), options);
}

async function serversChaos(
  create: (
    options: { random: Random; entries: number },
    cleanup: AsyncDisposableStack,
  ) => Promise<RedisWorld>,
  random: Random,
  options: ChaosOptions,
): Promise<ChaosResult> {
  await using cleanup = new AsyncDisposableStack();
  const made = await create({ random: random.fork(), entries: options.entries }, cleanup);
  const plan = { kills: options.kills, killSteps: made.kills, troubles: made.troubles };
  return await run(made.world, random, plan, options, made.atRisk);
}

/** Without kills, on a file system that {@link canMount} allows. */
export async function fullDiskChaos(options: Omit<ChaosOptions, 'kills'>): Promise<ChaosResult> {
  await using cleanup = new AsyncDisposableStack();
  const random = new Random(options.seed + 2);
  const world = await createFullDiskWorld({ random: random.fork(), entries: options.entries }, cleanup);
  const plan = { kills: 0, killSteps: [], troubles: [fillFileSystem] };
  return await run(world, random, plan, options, () => false);
}

async function run(
  world: World,
  random: Random,
  plan: Plan,
  { isShort = false, say = () => {} }: Pick<ChaosOptions, 'isShort' | 'say'>,
  atRisk: (leak: Leak) => boolean,
): Promise<ChaosResult> {
  const startedAt = performance.now();
  const fair = new AbortController();
  const weather = world.weather(random.fork(), fair.signal);
  const reports = world.reporter.run();
  await goWrong(world, random.fork(), plan, say);
  const wrong = seconds(startedAt);
  say(`all went wrong that was to go wrong, in ${wrong} s`);
  fair.abort();
  await weather;
  if (isShort) await world.jump(1);
  const slow = [
    ...(await nothingLeft('tokens were not acknowledged', async () => world.reporter.left, say)),
    ...(await nothingLeft('entries were queued', async () => (await world.entries('queued')).length, say)),
  ];
  const drained = seconds(startedAt, wrong);
  world.reporter.end();
  await reports;
  const verdict = await judge(world, atRisk);
  return {
    ...verdict,
    slow,
    seconds: { wrong, drained, afterKill: afterKills(world) },
  };
}

/**
 * Waits until nothing is left, for as long as it becomes less.
 * @param what of which there is something left: `entries were queued`
 * @returns what took too long, which is no broken promise; empty when all is done
 */
async function nothingLeft(
  what: string,
  count: () => Promise<number>,
  say: (line: string) => void,
): Promise<readonly string[]> {
  let least = Number.POSITIVE_INFINITY;
  let end = 0;
  let toldAt = 0;
  for (;;) {
    // None of the processes may be there to be asked.
    const left = await count().catch(() => Number.MAX_SAFE_INTEGER);
    if (left === 0) return [];
    const now = performance.now();
    if (left < least || end === 0) [least, end] = [left, now + PATIENCE_MS];
    if (now > end) return [tooSlow(`${left} ${what} still, and it became no less`).message];
    if (now > toldAt + SAY_EVERY_MS) {
      toldAt = now;
      say(`${left} ${what} still`);
    }
    await delay(POLL_MS);
  }
}

/** To a tenth. @param less that are taken off */
function seconds(since: number, less = 0): number {
  return Math.round((performance.now() - since) / 100 - less * 10) / 10;
}
