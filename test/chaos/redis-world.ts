/** Two api and two worker processes on a Redis with a replica; any of them dies, and Redis stalls or moves. */
import type { Role } from '../../src/service.ts';
import type { Leak } from './leaks.ts';
import type { Random } from './random.ts';
import { RedisPair } from './redis-pair.ts';
import type { Step } from './steps.ts';
import { World } from './world.ts';

export const ROLES: readonly Role[] = ['api', 'api', 'worker', 'worker'];
export const WORKERS = 2;

export interface RedisWorld {
  readonly world: World;
  readonly kills: readonly Step[];
  readonly troubles: readonly Step[];
  readonly atRisk: (leak: Leak) => boolean;
}

export async function createRedisWorld(
  options: { random: Random; entries: number },
  cleanup: AsyncDisposableStack,
): Promise<RedisWorld> {
  const pair = await RedisPair.start(cleanup);
  const world = await World.create({ ...options, ledger: () => ({ url: pair.url }) }, cleanup);
  await Promise.all(ROLES.map((role) => world.addReplica(role)));
  const failovers: { from: number; to: number }[] = [];
  const trouble =
    (kind: string, during: (random: Random) => Promise<void>): Step =>
    (_world, random) =>
      world.disturb(kind, WORKERS, () => during(random));
  const failOver: Step = async (_world, random) => {
    await world.disturb('failover, sudden', WORKERS, async () => {
      const from = await pair.failOver(random.between(50, 500));
      failovers.push({ from, to: Date.now() });
    });
  };
  return {
    world,
    kills: [
      killOne('api'),
      killOne('worker'),
      trouble('kill -9 of Redis', (random) => pair.outage('SIGKILL', random.between(0, 300))),
    ],
    troubles: [
      trouble('Redis restarted', (random) => pair.outage('SIGTERM', random.between(0, 500))),
      trouble('Redis stopped', (random) => pair.freeze(random.between(200, 6_000))),
      trouble('Redis paused', (random) => pair.pauseClients(random.between(200, 2_000))),
      trouble('failover, planned', () => pair.switchOver()),
      failOver,
    ],
    atRisk: ({ sentAt = 0, acknowledgedAt = 0 }) =>
      failovers.some(({ from, to }) => from <= acknowledgedAt && sentAt <= to),
  };
}

export function killOne(role: Role): Step {
  return async (world, random) => {
    const victim = random.pick(world.replicas.filter((replica) => replica.role === role));
    await world.disturb(`kill -9 of ${role}`, role === 'worker' ? 1 : 0, () => victim.kill(), 0);
  };
}
