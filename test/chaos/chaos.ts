/** Breaks an installation on each ledger in every way at once, and says which promises it kept. */
import { setTimeout as delay } from 'node:timers/promises';
import { createFullDiskWorld, fillFileSystem } from './full-disk-world.ts';
import type { Leak } from './leaks.ts';
import { Random } from './random.ts';
import { createRedisWorld } from './redis-world.ts';
import { createSqliteWorld, sqliteKills, sqliteTroubles } from './sqlite-world.ts';
import { goWrong, type Plan } from './steps.ts';
import { judge, type Verdict } from './verdict.ts';
import type { World } from './world.ts';

const SAY_EVERY_MS = 10_000;

export interface ChaosOptions {
  readonly seed: number;
  /** Kills and entries are for each ledger. */
  readonly kills: number;
  readonly entries: number;
  /** How long the work may take once nothing goes wrong any more. */
  readonly drainMs: number;
  /** Told what is going on, in lines. */
  readonly say?: (line: string) => void;
}

export interface ChaosResult extends Verdict {
  readonly seconds: { readonly wrong: number; readonly drained: number };
}

export async function sqliteChaos(options: ChaosOptions): Promise<ChaosResult> {
  await using cleanup = new AsyncDisposableStack();
  const random = new Random(options.seed);
  const world = await createSqliteWorld({ random: random.fork(), entries: options.entries }, cleanup);
  const plan = { kills: options.kills, killSteps: sqliteKills, troubles: sqliteTroubles() };
  return await run(world, random, plan, options, () => false);
}

export async function redisChaos(options: ChaosOptions): Promise<ChaosResult> {
  await using cleanup = new AsyncDisposableStack();
  const random = new Random(options.seed + 1);
  const made = await createRedisWorld({ random: random.fork(), entries: options.entries }, cleanup);
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
  { drainMs, say = () => {} }: Pick<ChaosOptions, 'drainMs' | 'say'>,
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
  // Nobody has to wait until the last pauses and leases end.
  await world.jump(1);
  const timer = setTimeout(() => world.reporter.end(), drainMs);
  await reports;
  clearTimeout(timer);
  await drained(world, drainMs, say);
  const verdict = await judge(world, atRisk);
  return { ...verdict, seconds: { wrong, drained: seconds(startedAt) - wrong } };
}

/** Waits until nothing is queued any more; what still is when the time is over, the verdict will find. */
async function drained(world: World, drainMs: number, say: (line: string) => void): Promise<void> {
  const end = performance.now() + drainMs;
  let toldAt = 0;
  while (performance.now() < end) {
    const queued = await world.entries('queued').catch(() => undefined);
    if (queued?.length === 0) return;
    if (performance.now() > toldAt + SAY_EVERY_MS) {
      toldAt = performance.now();
      say(`${queued?.length ?? 'unknown'} entries are queued`);
    }
    await delay(500);
  }
}

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 100) / 10;
}
