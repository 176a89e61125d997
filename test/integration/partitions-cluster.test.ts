/** A ledger in several partitions on a Redis Cluster whose masters die and whose slots move. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { NO_PROGRESS } from '../../src/ledger/entry.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { partitionKeys, partitionOf } from '../../src/ledger/redis/keys.ts';
import { openRedisLedger } from '../../src/ledger/redis/open.ts';
import { aReport } from '../contract/ledger-suite.ts';
import { eventually } from '../support/eventually.ts';
import { hashTags } from '../support/hash-tags.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { redisAvailable, sendRedis } from '../support/redis-server.ts';
import { TEST_VAULT } from '../support/test-keys.ts';

const T0 = Date.UTC(2026, 0, 1);
const PARTITIONS = 12;
const PROVIDER = 'acme';
const LEASE_MS = 15_000;
/** The one that is away: the lane's home. */
const AWAY = partitionOf(PROVIDER, PARTITIONS);
const TAG = hashTags(PARTITIONS)[AWAY] ?? '';

describe.skipIf(!redisAvailable())('Twelve partitions on three masters', () => {
  const open = async (replicas = 0) => {
    // Where a slot has no master, the others go on.
    const args = ['--cluster-require-full-coverage', 'no'];
    const cluster = await RedisCluster.start({ masters: 3, replicas, tag: TAG, args });
    onTestFinished(() => cluster.stop());
    const options = { url: cluster.url, vault: TEST_VAULT, partitions: PARTITIONS };
    const ledger = await openRedisLedger(options);
    onTestFinished(() => ledger.close());
    return { cluster, ledger };
  };

  it('have their keys within a tenth of even', async () => {
    const { cluster, ledger } = await open();
    const ids = Array.from({ length: 6_000 }, () => crypto.randomUUID());

    await accept(ledger, ids);

    const keys = await Promise.all(
      cluster.nodes.map(async (node) => Number((await sendRedis(node, 'DBSIZE')).replace(/\D/g, ''))),
    );
    const even = keys.reduce((sum, each) => sum + each, 0) / keys.length;
    for (const each of keys) expect(Math.abs(each - even) / even).toBeLessThan(0.1);
    expect((await everyId(ledger)).toSorted()).toEqual(ids.toSorted());
  });

  it('go on without those whose master is dead, and with them once it is back', async () => {
    const { cluster, ledger } = await open();
    const owner = await cluster.owner();
    const away = await partitionsOn(cluster, owner.port);
    const isAway = (id: string) => away.has(partitionOf(id, PARTITIONS));
    const ids = Array.from({ length: 600 }, (_, index) => `token-${index}`);
    await accept(ledger, ids);
    await revokeSome(ledger, 1);

    await owner.kill('SIGKILL');

    const worked: string[] = [];
    const there = ids.filter((id) => !isAway(id));
    await eventually(async () => {
      worked.push(...(await revokeSome(ledger)));
      expect(worked.length).toBeGreaterThanOrEqual(there.length - 1);
    });
    expect(worked.filter(isAway)).toEqual([]);
    const fresh = Array.from({ length: 50 }, (_, index) => `fresh-${index}`);
    await expect(accept(ledger, fresh)).rejects.toMatchObject({ name: 'LedgerError', code: 'unavailable' });
    const kept = fresh.filter((id) => !isAway(id));
    expect(
      await ledger.repeat(
        kept.map((id) => aReport(id)),
        { now: T0 },
      ),
    ).toEqual(kept.map(() => true));
    expect(await accept(ledger, kept)).toMatchObject({ created: 0, repeated: kept.length });
    await expect(ledger.ping()).resolves.toBeUndefined();
    expect((await ledger.warnings())[0]).toContain('partitions of the Redis ledger these are away');
    await expect(ledger.list({ limit: 10 })).rejects.toMatchObject({ code: 'unavailable' });

    await owner.restart();

    await eventually(() => accept(ledger, fresh));
    await eventually(async () => {
      worked.push(...(await revokeSome(ledger)));
      expect(worked.length).toBeGreaterThanOrEqual(ids.length + fresh.length - 1);
    });
    expect(new Set(worked).size).toBe(worked.length);
    expect(await eventually(() => ledger.count())).toEqual([
      { provider: PROVIDER, state: 'done', entries: ids.length + fresh.length },
    ]);
  });

  it('lose and double nothing when a replica takes over', async () => {
    const { cluster, ledger } = await open(1);
    const ids = Array.from({ length: 600 }, (_, index) => `token-${index}`);
    await accept(ledger, ids);
    const worked = await revokeSome(ledger, 50);

    await cluster.killOwner();

    await eventually(async () => {
      worked.push(...(await revokeSome(ledger)));
      expect(worked.length).toBeGreaterThanOrEqual(ids.length);
    });
    expect(worked.toSorted()).toEqual(ids.toSorted());
  });

  it('lose and double nothing under load while the slot of one moves', async () => {
    const { cluster, ledger } = await open();
    const acknowledged: string[] = [];
    const refused: string[] = [];
    let isOver = false;
    const writers = [0, 1, 2, 3].map(async (writer) => {
      for (let index = 0; !isOver; index++) {
        const ids = [0, 1, 2].map((n) => `${writer}-${index}-${n}`);
        await accept(ledger, ids).then(
          () => acknowledged.push(...ids),
          () => refused.push(...ids),
        );
      }
    });
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(300));

    await cluster.moveSlot();

    const before = acknowledged.length;
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(before + 300));
    isOver = true;
    await Promise.all(writers);
    for (const id of refused) await eventually(() => accept(ledger, [id]));
    const expected = [...acknowledged, ...refused].toSorted();
    expect((await everyId(ledger)).toSorted()).toEqual(expected);
    const worked: string[] = [];
    await eventually(async () => {
      worked.push(...(await revokeSome(ledger)));
      expect(worked.length).toBe(expected.length);
    });
    expect(worked.toSorted()).toEqual(expected);
  });
});

function accept(ledger: Ledger, ids: readonly string[]) {
  return ledger.accept(
    ids.map((id) => aReport(id)),
    { now: T0, backlog: 1_000_000 },
  );
}

/** @returns what was revoked and is so for good */
async function revokeSome(ledger: Ledger, limit = 100): Promise<string[]> {
  const options = { now: T0, limit, leaseMs: LEASE_MS, maxPerHour: 0 };
  const { claims } = await ledger.claim(PROVIDER, options);
  const outcome = { kind: 'revoked', verified: true } as const;
  const settled = await Promise.all(
    claims.map((claim) =>
      eventually(() =>
        ledger.settle(claim, { now: T0, state: 'done', outcome, progress: NO_PROGRESS, events: [] }),
      ),
    ),
  );
  return claims.filter((_, index) => settled[index]).map(({ id }) => id);
}

async function everyId(ledger: Ledger): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await ledger.list({ limit: 500, ...(cursor !== undefined && { cursor }) });
    ids.push(...page.entries.map(({ id }) => id));
    cursor = page.cursor;
    if (cursor === undefined) return ids;
  }
}

/** The partitions that lie on the node. */
async function partitionsOn(cluster: RedisCluster, port: number): Promise<ReadonlySet<number>> {
  const node = cluster.nodes.find((each) => each.port === port);
  const found = new Set<number>();
  for (const [index, { ofScripts }] of partitionKeys(PARTITIONS).entries()) {
    const answer = node && (await sendRedis(node, `EXISTS ${ofScripts[0]}`));
    if (answer?.startsWith(':1')) found.add(index);
  }
  return found;
}
