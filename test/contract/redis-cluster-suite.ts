/** The ledger in a Cluster whose masters change and whose slots move. */
import { expect, it, onTestFinished } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openRedisLedger } from '../../src/ledger/redis/open.ts';
import { eventually } from '../support/eventually.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { TEST_VAULT } from '../support/test-keys.ts';
import { aReport } from './ledger-suite.ts';

const T0 = Date.UTC(2026, 0, 1);
const PROVIDER = 'acme';
const WRITERS = 4;
const MANY = 100;

type Change = readonly [name: string, change: (cluster: RedisCluster) => Promise<unknown>];

export const MASTER_DIES: Change = ['the death of the master', (cluster) => cluster.killOwner()];
const CHANGES: readonly Change[] = [
  ['a planned failover', (cluster) => cluster.failOver()],
  ['a moved slot', (cluster) => cluster.moveSlot()],
  MASTER_DIES,
];

/** In place of the redis-server on the path. */
type FileOf = (() => string) | undefined;

async function open(fileOf: FileOf) {
  const options = { masters: 3, replicas: 1, ...(fileOf && { file: fileOf() }) };
  const cluster = await RedisCluster.start(options);
  onTestFinished(() => cluster.stop());
  const ledger = await openRedisLedger({ url: cluster.url, vault: TEST_VAULT });
  onTestFinished(() => ledger.close());
  return { cluster, ledger };
}

export function itGoesOnAfter(changes: readonly Change[], fileOf?: FileOf): void {
  it.each(changes)('goes on after %s with all that it does', async (_, change) => {
    const { cluster, ledger } = await open(fileOf);
    const heard: string[] = [];
    ledger.onWork((provider) => heard.push(provider));
    const other = await openRedisLedger({ url: cluster.url, vault: TEST_VAULT });
    onTestFinished(() => other.close());
    await accept(ledger, 'a');
    await ledger.setMark('before', 'set');
    const warnings = await ledger.warnings();

    await change(cluster);

    expect(await eventually(() => accept(ledger, 'b'))).toMatchObject({ created: 1, repeated: 0 });
    expect(await accept(ledger, 'a')).toMatchObject({ created: 0, repeated: 1 });
    await expect(ledger.ping()).resolves.toBeUndefined();
    expect(await ledger.mark('before')).toBe('set');
    expect(await ledger.warnings()).toEqual(warnings);
    heard.length = 0;
    await eventually(async () => {
      await accept(other, crypto.randomUUID());
      expect(heard).toContain(PROVIDER);
    });
  });
}

export function describeRedisCluster(fileOf?: FileOf): void {
  itGoesOnAfter(CHANGES, fileOf);

  it.each(CHANGES)('loses and doubles nothing under load with %s', async (_, change) => {
    const { cluster, ledger } = await open(fileOf);
    const load = startLoad(ledger);
    onTestFinished(() => load.stop());
    await eventually(() => expect(load.acknowledged.size).toBeGreaterThan(MANY));

    await change(cluster);

    const before = load.acknowledged.size;
    await eventually(() => expect(load.acknowledged.size).toBeGreaterThan(before + MANY));
    await load.stop();
    // What was refused may be there all the same; reported again, it is one entry.
    for (const id of load.refused) await eventually(() => accept(ledger, id));
    const ids = await everyId(ledger);
    const expected = new Set([...load.acknowledged, ...load.refused]);
    expect(ids.toSorted()).toEqual([...expected].toSorted());
    expect(await ledger.count()).toEqual([{ provider: PROVIDER, state: 'queued', entries: expected.size }]);
    expect((await claimAll(ledger)).toSorted()).toEqual([...expected].toSorted());
  });

  it('refuses what it cannot do at once while its slot is on its way, and says that it is not ready', async () => {
    const { cluster, ledger } = await open(fileOf);
    for (let index = 0; index < MANY; index++) await accept(ledger, `token-${index}`);
    let seen: readonly PromiseSettledResult<unknown>[] = [];

    await cluster.moveSlot(async () => {
      seen = await Promise.allSettled([accept(ledger, 'new'), accept(ledger, 'token-1'), ledger.ping()]);
    });

    const unavailable = { status: 'rejected', reason: { name: 'LedgerError', code: 'unavailable' } };
    expect(seen).toMatchObject([unavailable, unavailable, unavailable]);
    expect(await eventually(() => accept(ledger, 'new'))).toMatchObject({ created: 1, repeated: 0 });
    expect(await everyId(ledger)).toHaveLength(MANY + 1);
  });
}

/** Reports new tokens without a pause, and each one that is refused never again. */
function startLoad(ledger: Ledger) {
  const acknowledged = new Set<string>();
  const refused = new Set<string>();
  let isOver = false;
  const write = async (name: string) => {
    for (let index = 0; !isOver; index++) {
      const id = `${name}-${index}`;
      await accept(ledger, id).then(
        () => acknowledged.add(id),
        () => refused.add(id),
      );
    }
  };
  const writers = Array.from({ length: WRITERS }, (_, index) => write(`writer-${index}`));
  return {
    acknowledged,
    refused,
    async stop() {
      isOver = true;
      await Promise.all(writers);
    },
  };
}

function accept(ledger: Ledger, id: string) {
  return ledger.accept([aReport(id)], { now: T0, backlog: 1_000_000 });
}

async function everyId(ledger: Ledger): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await ledger.list({ limit: 100, ...(cursor !== undefined && { cursor }) });
    ids.push(...page.entries.map(({ id }) => id));
    cursor = page.cursor;
    if (cursor === undefined) return ids;
  }
}

/** Each may be claimed once. */
async function claimAll(ledger: Ledger): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const { claims } = await ledger.claim(PROVIDER, { now: T0, limit: 100, leaseMs: 60_000, maxPerHour: 0 });
    if (claims.length === 0) return ids;
    ids.push(...claims.map(({ id }) => id));
  }
}
