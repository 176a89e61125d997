import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openRedisLedger } from '../../src/ledger/redis/open.ts';
import { aReport, describeLedger, type OpenLedger } from '../contract/ledger-suite.ts';
import { describeRedisCluster } from '../contract/redis-cluster-suite.ts';
import { openEmptyLedger } from '../support/redis-ledger.ts';
import { type RedisServer, sendRedis, startRedis } from '../support/redis-server.ts';
import { TEST_VAULT } from '../support/test-keys.ts';
import { type Peer, pathOf, suiteName } from './install.ts';

const T0 = Date.UTC(2026, 0, 1);

/** The whole contract of the ledger on a server of this program, alone and in a Cluster. */
export function describeRedisPeer(name: string, installed: Peer): void {
  describe.skipIf(installed.missing)(suiteName(`${name}, three masters and a replica`, installed), () => {
    describeRedisCluster(() => pathOf(installed));
  });

  describe.skipIf(installed.missing)(suiteName(name, installed), () => {
    const server = serverOf(installed);
    describeLedger('keeps the contract', () => openEmptyLedger(server()));
  });
}

/** What such a server has acknowledged is on its disk: it has `WAITAOF`. */
export function describeDurability(name: string, installed: Peer): void {
  describe.skipIf(installed.missing)(suiteName(name, installed), () => {
    const server = serverOf(installed);

    it('is waited for until all is on its disk, and has no warning', async () => {
      const { ledger } = await openEmptyLedger(server());
      onTestFinished(() => ledger.close());

      await accept(ledger, 'a');
      await accept(ledger, 'b');

      expect(await callsOf(server(), 'waitaof')).toBeGreaterThan(0);
      expect(await ledger.warnings()).toEqual([]);
    });

    it('is waited for with appendfsync everysec, too', async () => {
      const { ledger } = await openEmptyLedger(server());
      onTestFinished(() => ledger.close());
      await sendRedis(server(), 'CONFIG SET appendfsync everysec');
      onTestFinished(async () => void (await sendRedis(server(), 'CONFIG SET appendfsync always')));
      const before = await callsOf(server(), 'waitaof');

      await accept(ledger, 'a');

      expect(await callsOf(server(), 'waitaof')).toBe(before + 1);
      expect(await ledger.warnings()).toEqual([]);
    });

    it('has all that was acknowledged after it was killed', async () => {
      const own = await startRedis({ file: pathOf(installed), args: ['--appendfsync', 'everysec'] });
      onTestFinished(() => own.stop());
      const ledger = await openRedisLedger({ url: own.url, vault: TEST_VAULT });
      onTestFinished(() => ledger.close());
      const ids = Array.from({ length: 50 }, (_, index) => `token-${index}`);
      await Promise.all(ids.map((id) => accept(ledger, id)));

      await own.kill('SIGKILL');
      await own.restart();

      const again = await openRedisLedger({ url: own.url, vault: TEST_VAULT });
      onTestFinished(() => again.close());
      const entries = await Promise.all(ids.map((id) => again.get(id)));
      expect(entries.map((entry) => entry?.state)).toEqual(ids.map(() => 'queued'));
    });
  });
}

/** One for all tests of the suite. */
function serverOf(installed: Peer): () => RedisServer {
  let server: RedisServer | undefined;
  beforeAll(async () => {
    server = await startRedis({ file: pathOf(installed) });
  });
  afterAll(() => server?.stop());
  return () => {
    if (!server) throw new Error('The server did not start.');
    return server;
  };
}

function accept(ledger: OpenLedger['ledger'], id: string) {
  return ledger.accept([aReport(id)], { now: T0, backlog: 1_000 });
}

async function callsOf(server: RedisServer, command: string): Promise<number> {
  const [, calls = '0'] =
    new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await sendRedis(server, 'INFO commandstats')) ?? [];
  return Number(calls);
}
