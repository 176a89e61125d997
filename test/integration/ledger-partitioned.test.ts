/** The ledger in several partitions. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NO_PROGRESS } from '../../src/ledger/entry.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { partitionOf } from '../../src/ledger/redis/keys.ts';
import { openRedisLedger } from '../../src/ledger/redis/open.ts';
import type { ReportedToken } from '../../src/ledger/report.ts';
import { aReport, describeLedger } from '../contract/ledger-suite.ts';
import { eventually } from '../support/eventually.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { openEmptyLedger } from '../support/redis-ledger.ts';
import { RIGHTFUL_USER, rightsFromReadme } from '../support/redis-rights.ts';
import { type RedisServer, redisAvailable, sendRedis, startRedis } from '../support/redis-server.ts';
import { TEST_VAULT } from '../support/test-keys.ts';

const T0 = Date.UTC(2026, 0, 1);
const PARTITIONS = 3;
const PROVIDER = 'acme';
const LEASE_MS = 60_000;
const OF_PARTITIONS = '~{quash.*}:*';
const OF_CLUSTER = '+cluster|slots +cluster|info';

describe.skipIf(!redisAvailable())('Redis ledger in three partitions', () => {
  let server: RedisServer;
  /** Where each partition has a slot of its own, and a script that used keys of two would fail. */
  let cluster: RedisServer;

  beforeAll(async () => {
    // Nothing here is killed, and a sync of the disk at every write takes longer than the write.
    const unsynced = ['--appendfsync', 'no'];
    const ofCluster = rightsFromReadme(`${OF_PARTITIONS} ${OF_CLUSTER}`);
    [server, cluster] = await Promise.all([
      startRedis({ args: [...unsynced, ...rightsFromReadme(OF_PARTITIONS)] }),
      startRedisCluster({ args: [...unsynced, ...ofCluster] }),
    ]);
  });

  afterAll(async () => {
    await Promise.all([server?.stop(), cluster?.stop()]);
  });

  const settings = { ...RIGHTFUL_USER, partitions: PARTITIONS };

  describeLedger('contract in a Cluster', () => openEmptyLedger(cluster, settings), { spread: true });

  describe('of several replicas', () => {
    let replicas: readonly Ledger[];
    let ledger: Ledger;

    const open = (partitions = PARTITIONS) =>
      openRedisLedger({ url: server.url, vault: TEST_VAULT, ...RIGHTFUL_USER, partitions });

    beforeEach(async () => {
      await sendRedis(server, 'FLUSHALL');
      ledger = await open();
      replicas = [ledger, await open(), await open()];
    });

    afterEach(async () => {
      await Promise.all(replicas.map((each) => each.close()));
    });

    const accept = (reports: readonly ReportedToken[], now = T0) =>
      ledger.accept(reports, { now, backlog: 1_000_000 });

    const many = (count: number, prefix = 'token') =>
      Array.from({ length: count }, (_, index) => aReport(`${prefix}-${index}`));

    it('are as many for ever as the ledger was made with', async () => {
      await expect(open(4)).rejects.toMatchObject({
        ...{ name: 'LedgerError', code: 'unavailable' },
        message: expect.stringMatching(/partitions is 4.* made with 3.*quash ledger copy/),
      });
      await expect(open(1)).rejects.toMatchObject({ message: expect.stringContaining('made with 3') });
    });

    it('are one where an earlier version has made the ledger', async () => {
      await sendRedis(server, 'FLUSHALL');
      await (await open(1)).close();
      await sendRedis(server, 'DEL {quash}:partitions');

      await expect(open()).rejects.toMatchObject({ message: expect.stringContaining('made with 1') });
      await (await open(1)).close();
    });

    it('let no more be revoked than one ledger would, whoever claims', async () => {
      await accept(many(60));
      const options = { now: T0, limit: 4, leaseMs: LEASE_MS, maxPerHour: 20 };
      const outcome = { kind: 'revoked', verified: true } as const;
      const work = async (replica: Ledger) => {
        let revoked = 0;
        for (let round = 0; round < 10; round++) {
          for (const claim of (await replica.claim(PROVIDER, options)).claims) {
            const end = { now: T0, state: 'done', outcome, progress: NO_PROGRESS, events: [] } as const;
            if (await replica.settle(claim, end)) revoked += 1;
          }
        }
        return revoked;
      };

      const revoked = await Promise.all(replicas.map(work));

      expect(revoked.reduce((sum, each) => sum + each, 0)).toBe(20);
      expect(await ledger.lanes(T0)).toMatchObject([
        { revokedLastHour: 20, valveOpensAt: expect.any(Number) },
      ]);
    });

    it('let a tenth be revoked of one namespace, wherever its entries are', async () => {
      const share = { group: 'gitlab', namespace: 'evil', project: 'evil/app' };
      await accept(many(30).map((report) => ({ ...report, share })));

      const claims = await Promise.all(
        replicas.map((each) =>
          each.claim(PROVIDER, { now: T0, limit: 10, leaseMs: LEASE_MS, maxPerHour: 50 }),
        ),
      );

      expect(claims.flatMap((each) => each.claims)).toHaveLength(5);
    });

    it('let one entry alone through after a pause, whoever claims', async () => {
      await accept(many(9));
      await ledger.pauseLane(PROVIDER, { epoch: 0, until: T0, reason: 'throttled', now: T0 });

      const claims = await Promise.all(
        replicas.map((each) =>
          each.claim(PROVIDER, { now: T0, limit: 10, leaseMs: LEASE_MS, maxPerHour: 0 }),
        ),
      );

      expect(claims.flatMap((each) => each.claims)).toHaveLength(1);
    });

    it('take turns, so that a flood in all of them is behind nobody for long', async () => {
      const share = (namespace: string) => ({ group: 'gitlab', namespace, project: `${namespace}/app` });
      await accept(many(300).map((report) => ({ ...report, share: share('evil') })));
      await accept([{ ...aReport('real'), share: share('good') }], T0 + 1);

      const ids: string[] = [];
      for (let index = 0; index < 2 * PARTITIONS; index++) {
        const options = { now: T0 + 1, limit: 1, leaseMs: LEASE_MS, maxPerHour: 0 };
        ids.push(...(await ledger.claim(PROVIDER, options)).claims.map(({ id }) => id));
      }

      expect(ids).toContain('real');
    });

    it('are claimed from evenly', async () => {
      await accept(many(300));

      const options = { now: T0, limit: 30, leaseMs: LEASE_MS, maxPerHour: 0 };
      const { claims } = await ledger.claim(PROVIDER, options);

      const counts = [0, 1, 2].map(
        (n) => claims.filter(({ id }) => partitionOf(id, PARTITIONS) === n).length,
      );
      expect(counts).toEqual([10, 10, 10]);
    });

    it('are listed as one, by time', async () => {
      const ids = many(25).map(({ id }) => id);
      for (const [index, id] of ids.entries()) await accept([aReport(id)], T0 + index);

      const seen: string[][] = [];
      let cursor: string | undefined;
      do {
        const page = await ledger.list({ limit: 10, ...(cursor !== undefined && { cursor }) });
        seen.push(page.entries.map(({ id }) => id));
        cursor = page.cursor;
      } while (cursor !== undefined);

      expect(seen.flat()).toEqual(ids.toReversed());
      expect(seen.map((page) => page.length)).toEqual([10, 10, 5]);
    });

    it('are told as one to one replica at a time, the oldest first', async () => {
      await ledger.setChannels(['chat']);
      const held = { initial: { state: 'held' } } as const;
      for (let index = 0; index < 9; index++) await accept([aReport(`held-${index}`, held)], T0 + index);
      const options = { now: T0 + 9, limit: 5, leaseMs: LEASE_MS };
      const idsOf = (batch: Awaited<ReturnType<Ledger['takeAnnouncements']>>) =>
        batch?.announcements.map(({ id }) => id);

      const batches = await Promise.all(replicas.map((each) => each.takeAnnouncements('chat', options)));
      const leader = batches.findIndex((batch) => batch !== undefined);
      const [batch, replica] = [batches[leader], replicas[leader]];

      expect(batches.filter((each) => each !== undefined)).toHaveLength(1);
      expect(idsOf(batch)).toEqual(['held-0', 'held-1', 'held-2', 'held-3', 'held-4']);
      const seq = batch?.announcements[2]?.seq ?? '';
      expect(await replica?.confirmAnnouncements('chat', batch?.lease ?? '', seq)).toBe(true);
      expect(await replica?.putOffAnnouncements('chat', batch?.lease ?? '', T0 + 20)).toBe(true);
      expect(await ledger.takeAnnouncements('chat', options)).toBeUndefined();
      const next = await ledger.takeAnnouncements('chat', { ...options, now: T0 + 20, limit: 100 });
      expect(idsOf(next)).toEqual(['held-3', 'held-4', 'held-5', 'held-6', 'held-7', 'held-8']);
      const numbers = [...(batch?.announcements ?? []), ...(next?.announcements ?? [])];
      expect(new Set(numbers.map((each) => `${each.id} ${each.seq}`)).size).toBe(9);
    });

    it('tell each other of work', async () => {
      const heard: string[] = [];
      replicas[1]?.onWork((provider) => heard.push(provider));

      await accept(many(20));
      await eventually(() => expect(heard).toContain(PROVIDER));
    });
  });
});
