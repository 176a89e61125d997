/** Two api and two worker processes on a Redis Cluster of three masters, each with a replica, over which the ledger is spread. */
import { hashTags } from '../support/hash-tags.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import type { Random } from './random.ts';
import { killOne, type RedisWorld, ROLES, WORKERS } from './redis-world.ts';
import type { Step } from './steps.ts';
import { World } from './world.ts';

const MASTERS = 3;
const PARTITIONS = 12;

export async function createClusterWorld(
  options: { random: Random; entries: number },
  cleanup: AsyncDisposableStack,
): Promise<RedisWorld> {
  const tags = hashTags(PARTITIONS);
  const cluster = await RedisCluster.start({
    ...{ masters: MASTERS, replicas: MASTERS },
    args: ['--cluster-require-full-coverage', 'no'],
  });
  cleanup.defer(() => cluster.stop());
  const ledger = () => ({ url: cluster.url, partitions: PARTITIONS });
  const world = await World.create({ ...options, ledger }, cleanup);
  await Promise.all(ROLES.map((role) => world.addReplica(role)));
  const deaths: { from: number; to: number }[] = [];
  const trouble =
    (kind: string, during: (tag: string) => Promise<void>): Step =>
    (_world, random) =>
      world.disturb(`Cluster: ${kind}`, WORKERS, () => during(random.pick(tags)));
  return {
    world,
    kills: [killOne('api'), killOne('worker')],
    troubles: [
      trouble('failover, planned', (tag) => cluster.failOver(tag)),
      trouble('slot moved', (tag) => cluster.moveSlot(undefined, tag)),
      trouble('death of a master', async (tag) => {
        const from = Date.now();
        await cluster.killOwner(tag);
        deaths.push({ from, to: Date.now() });
      }),
    ],
    atRisk: ({ sentAt = 0, acknowledgedAt = 0 }) =>
      deaths.some(({ from, to }) => from <= acknowledgedAt && sentAt <= to),
  };
}
