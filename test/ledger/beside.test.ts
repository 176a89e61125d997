/** Replicas of different versions on one Redis: the older one does nothing from when the newer one has begun to migrate. */
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { STATES } from '../../src/ledger/entry.ts';
import { ALL_LANES } from '../../src/ledger/lane-state.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openRedisLedger } from '../../src/ledger/redis/open.ts';
import { Vault } from '../../src/vault/seal.ts';
import { aReport } from '../contract/ledger-suite.ts';
import { type RedisServer, redisAvailable, startRedis } from '../support/redis-server.ts';
import { restoreStoredRedis, STORED_ENTRIES, STORED_REST, storedKeys } from '../support/stored-0.1.0.ts';
import { TEST_VAULT } from '../support/test-keys.ts';

const META = '{quash}:meta';
const NOW = STORED_REST.writtenUntil;
const LEASE_END = NOW + 60_000;
const CLAIM = { now: LEASE_END, limit: 9, leaseMs: 15_000, maxPerHour: 0 };

describe.skipIf(!redisAvailable())('beside a newer version on one Redis', () => {
  let server: RedisServer;
  let client: Redis;
  const opened: Ledger[] = [];

  beforeEach(async () => {
    server = await startRedis({ aof: false });
    client = new Redis({ host: '127.0.0.1', port: server.port });
  });

  afterEach(async () => {
    client.disconnect();
    for (const ledger of opened.splice(0)) await ledger.close();
    await server.stop();
  });

  const open = async (vault = TEST_VAULT) => {
    const ledger = await openRedisLedger({ url: server.url, vault });
    opened.push(ledger);
    return ledger;
  };

  describe('0.1.0', () => {
    /** What it has in hand when the newer one starts: id and lease. */
    let held: readonly string[];
    let ledger: Ledger;

    const run = (name: string, args: readonly (string | number)[]) =>
      client.eval(oldScript(name), 1, META, ...args);
    const claim = (lease: string) => run('claim', ['huggingface', NOW, 1, LEASE_END, lease, 0]);
    const accept = (id: string) =>
      run('accept', [
        ...[NOW, 1_000, 'old', 1, 'gitlab', 'pat', 'gitlab_pat', 'queued', '', '[]', '[]', ''],
        ...[1, id, 'https://git.test/place', 'sealed', ''],
      ]);

    beforeEach(async () => {
      await restoreStoredRedis(server.port);
      const reply = (await claim('old-lease')) as [unknown, string, [string, string][]];
      held = reply[2][0]?.slice(0, 2) ?? [];
      expect(held).toHaveLength(2);
      ledger = await open(new Vault(await storedKeys()));
    });

    it('takes no reports, new or known, and leaves nothing of them', async () => {
      const before = await client.dbsize();
      const [known = ''] = held;
      await expect(accept('a-new-one')).rejects.toThrow('WRONGTYPE');
      await expect(accept(known)).rejects.toThrow('WRONGTYPE');
      expect(await client.dbsize()).toBe(before);
      expect(await ledger.get('a-new-one')).toBeUndefined();
    });

    it('claims nothing', async () => {
      const lanes = await ledger.lanes(NOW);
      await expect(claim('another-lease')).rejects.toThrow('WRONGTYPE');
      expect(await ledger.lanes(NOW)).toEqual(lanes);
    });

    it('ends nothing that it had in hand, which the newer one gets when the lease is over', async () => {
      const [id = '', lease = ''] = held;
      const revoked = ['{"kind":"revoked"}', '["revoked"]', '', '', 'revoke', 1, 0, 0, '', ''];
      expect(await run('settle', [id, lease, 'old', NOW, 'done', ...revoked])).toBe(0);
      expect(await ledger.get(id)).toMatchObject({ state: 'queued' });
      const { claims } = await ledger.claim('huggingface', CLAIM);
      expect(claims.map((each) => each.id)).toContain(id);
    });

    it('leaves lanes and modes to the newer one', async () => {
      expect(await ledger.modes()).toEqual(STORED_REST.modes);
      const providers = new Set(STORED_ENTRIES.map(({ provider }) => provider));
      expect((await ledger.lanes(NOW)).map(({ provider }) => provider)).toEqual(
        expect.arrayContaining([...providers]),
      );
    });
  });

  describe(`${packageJson.version}`, () => {
    it('refuses reports, work and readiness, and says why, as soon as a migration has begun', async () => {
      const ledger = await open();
      await ledger.accept([aReport('a')], { now: NOW, backlog: 9 });
      await client.hset(META, 'layout', '98-99');
      const refused = {
        code: 'unavailable',
        message: expect.stringMatching(/^A newer version of Quash has begun .* stop this replica/),
      };
      await expect(ledger.accept([aReport('b')], { now: NOW, backlog: 9 })).rejects.toMatchObject(refused);
      await expect(ledger.claim('acme', CLAIM)).rejects.toMatchObject(refused);
      await expect(ledger.purge({ now: NOW, endedBefore: NOW, limit: 9 })).rejects.toMatchObject(refused);
      await expect(ledger.ping()).rejects.toMatchObject(refused);
    });

    it('is left alone by a migration that comes too late', async () => {
      const ledger = await open();
      await ledger.accept([aReport('a')], { now: NOW, backlog: 9 });
      const { claims } = await ledger.claim('acme', { ...CLAIM, now: NOW });
      await open();
      expect(claims).toHaveLength(1);
      expect(await ledger.renew(claims, LEASE_END)).toBe(1);
    });

    it('brings a ledger of layout 4 up to date, with its lanes and modes', async () => {
      const ledger = await open();
      await ledger.accept([aReport('a')], { now: NOW, backlog: 9 });
      await ledger.setMode('acme', 'hold');
      await client.rename('{quash}:lane-names', '{quash}:providers');
      await client.rename('{quash}:lane-modes', '{quash}:modes');
      await client.hset(META, 'layout', '4');

      const newer = await open();
      expect(await newer.count()).toEqual([{ provider: 'acme', state: 'queued', entries: 1 }]);
      expect(await newer.modes()).toEqual({ acme: 'hold' });
      expect(await client.hmget(META, 'layout', 'version')).toEqual(['5', packageJson.version]);
    });
  });
});

/** As the code of 0.1.0 put it together. */
function oldScript(name: string): string {
  const list = (names: readonly string[]) => `{ ${names.map((each) => `'${each}'`).join(', ')} }`;
  const read = (file: string) =>
    readFileSync(new URL(`./stored-0.1.0/lua/${file}.lua`, import.meta.url), 'utf8');
  return [
    'local MAX_LOCATIONS, MAX_FINDINGS, MAX_EVENTS = 50, 50, 100',
    'local MAX_ANNOUNCEMENTS, HOUR_MS = 10000, 3600000',
    `local STATES, DEAD = ${list(STATES)}, ${list(['revoked', 'already-inactive'])}`,
    `local ALL_LANES, MODES, WORK_CHANNEL = '${ALL_LANES}', '{quash}:modes', '{quash}:work'`,
    read('shared'),
    read(name),
  ].join('\n');
}
