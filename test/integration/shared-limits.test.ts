import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPace } from '../../src/dispatch/pace.ts';
import { TakenDeliveries } from '../../src/http/hooks.ts';
import { connectRedis, type RedisConnection } from '../../src/ledger/redis/connection.ts';
import { createLimits } from '../../src/server/limits.ts';
import { eventually } from '../support/eventually.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { type RedisServer, redisAvailable, startRedis } from '../support/redis-server.ts';

const LIMITS = { requestsPerMinute: 3, tokensPerMinute: 10, failedAuthPerMinute: 2 };

describe.skipIf(!redisAvailable())('limits of several replicas', () => {
  for (const [name, start] of [
    ['one server', startRedis],
    ['a Cluster', startRedisCluster],
  ] as const) {
    describe(`on ${name}`, () => {
      let server: RedisServer;
      let replicas: RedisConnection[];

      beforeAll(async () => {
        server = await start();
        replicas = [connectRedis({ url: server.url }), connectRedis({ url: server.url })];
        await eventually(() =>
          expect(replicas.map(({ client }) => client.status)).toEqual(['ready', 'ready']),
        );
      });

      afterAll(async () => {
        for (const replica of replicas) replica.close();
        await server.stop();
      });

      it('are counted together', async () => {
        const [one, two] = replicas.map(({ client }) => createLimits(LIMITS, client));
        await one?.request('caller');
        await two?.request('caller');
        await one?.request('caller');
        await expect(two?.request('caller')).rejects.toMatchObject({ status: 429 });
        await expect(one?.request('caller')).rejects.toMatchObject({ status: 429 });
        await two?.request('another caller');
      });

      it('know a delivery of a hook that another one has taken', async () => {
        const [one, two] = replicas.map(({ client }) => new TakenDeliveries(client));
        expect(await two?.has('delivery')).toBe(false);
        await one?.add('delivery');
        expect(await two?.has('delivery')).toBe(true);
        expect(await two?.has('another delivery')).toBe(false);
      });

      it('are kept exactly under many requests at once', async () => {
        const limits = { ...LIMITS, requestsPerMinute: 300 };
        const each = replicas.map(({ client }) => createLimits(limits, client));
        const taken = await Promise.allSettled(
          Array.from({ length: 310 }, (_, n) => each[n % each.length]?.request('busy caller')),
        );
        expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(300);
      });

      it('are asked for a share of the minute at once while much of it is left', async () => {
        const limits = { ...LIMITS, requestsPerMinute: 10_000, tokensPerMinute: 10_000 };
        const each = replicas.map(({ client }) => createLimits(limits, client));
        const key = '{quash}:limit:requests:caller in advance';
        for (let n = 0; n < 101; n++) await each[0]?.request('caller in advance');
        // The first call learned how much is left, the second one took a hundredth of it.
        expect(await replicas[0]?.client.get(key)).toBe('101');
        for (let n = 0; n < 9_899; n++) await each[1]?.request('caller in advance');
        await expect(each[1]?.request('caller in advance')).rejects.toMatchObject({ status: 429 });
      });

      it("keep to a vendor's limit together", async () => {
        const [one, two] = replicas.map(({ client }) => createPace(client));
        const rate = { steps: 2, perMs: 3_600_000 };
        expect(await one?.take('vendor', rate)).toBe(0);
        expect(await two?.take('vendor', rate)).toBe(0);
        expect(await one?.take('vendor', rate)).toBeGreaterThan(0);
        expect(await two?.take('vendor', rate)).toBeGreaterThan(0);
      });
    });
  }

  it('are kept by each replica alone while Redis is away', async () => {
    const server = await startRedis();
    const connection = connectRedis({ url: server.url });
    await eventually(() => expect(connection.client.status).toBe('ready'));
    const limits = createLimits(LIMITS, connection.client);
    await server.stop();
    await eventually(() => expect(connection.client.status).not.toBe('ready'));
    for (let n = 0; n < 3; n++) await limits.request('caller');
    await expect(limits.request('caller')).rejects.toMatchObject({ status: 429 });
    connection.close();
  });
});
