/** Two api and two worker processes on a Redis Cluster whose masters change and whose slot moves. */
import { RedisCluster } from '../support/redis-cluster.ts';
import type { Random } from './random.ts';
import { killOne, type RedisWorld, ROLES, WORKERS } from './redis-world.ts';
import type { Step } from './steps.ts';
import { World } from './world.ts';

export async function createClusterWorld(
  options: { random: Random; entries: number },
  cleanup: AsyncDisposableStack,
): Promise<RedisWorld> {
  const cluster = await RedisCluster.start({ masters: 3, replicas: 1 });
  cleanup.defer(() => cluster.stop());
  const world = await World.create({ ...options, ledger: () => ({ url: cluster.url }) }, cleanup);
  await Promise.all(ROLES.map((role) => world.addReplica(role)));
  const deaths: { from: number; to: number }[] = [];
  const trouble =
    (kind: string, during: () => Promise<void>): Step =>
    () =>
      world.disturb(kind, WORKERS, during);
  return {
    world,
    kills: [killOne('api'), killOne('worker')],
    troubles: [
      trouble('Cluster: failover, planned', () => cluster.failOver()),
      trouble('Cluster: slot moved', () => cluster.moveSlot()),
      trouble('Cluster: death of the master', async () => {
        const from = Date.now();
        await cluster.killOwner();
        deaths.push({ from, to: Date.now() });
      }),
    ],
    atRisk: ({ sentAt = 0, acknowledgedAt = 0 }) =>
      deaths.some(({ from, to }) => from <= acknowledgedAt && sentAt <= to),
  };
}
