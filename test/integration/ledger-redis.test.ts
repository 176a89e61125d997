import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import type { Claim } from '../../src/ledger/claim.ts';
import { NO_PROGRESS } from '../../src/ledger/entry.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { connectRedis } from '../../src/ledger/redis/connection.ts';
import { durabilityWarnings } from '../../src/ledger/redis/durability.ts';
import { partitionKeys } from '../../src/ledger/redis/keys.ts';
import { lookAtRedis } from '../../src/ledger/redis/look.ts';
import { openRedisLedger } from '../../src/ledger/redis/open.ts';
import { aReport, describeLedger } from '../contract/ledger-suite.ts';
import { eventually } from '../support/eventually.ts';
import { openEmptyLedger } from '../support/redis-ledger.ts';
import { WaitAofProxy } from '../support/redis-proxy.ts';
import { RIGHTFUL_USER, rightsFromReadme } from '../support/redis-rights.ts';
import {
  type RedisServer,
  type RedisServerOptions,
  redisAvailable,
  sendRedis,
  startRedis,
  startRedisSentinel,
} from '../support/redis-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TEST_VAULT } from '../support/test-keys.ts';

const T0 = Date.UTC(2026, 0, 1);
const PROVIDER = 'acme';
const UNAVAILABLE = { name: 'LedgerError', code: 'unavailable' };

describe.skipIf(!redisAvailable())('Redis ledger', () => {
  describe('contract', () => {
    let server: RedisServer;

    beforeAll(async () => {
      // Nothing here is killed, and a sync of the disk at every write takes longer than the write.
      server = await startRedis({ args: ['--appendfsync', 'no', ...rightsFromReadme()] });
    });

    afterAll(() => server?.stop());

    describeLedger('in one server', () => openEmptyLedger(server, RIGHTFUL_USER));
  });

  /** What a test has opened, newest first. */
  const opened: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of opened.splice(0)) await close();
  });

  const open = async (
    url: string,
    options: { username?: string; password?: string; partitions?: number } = {},
  ) => {
    const ledger = await openRedisLedger({ url, vault: TEST_VAULT, ...options });
    opened.unshift(() => ledger.close());
    return ledger;
  };

  const start = async (options: RedisServerOptions = {}) => {
    const server = await startRedis(options);
    opened.unshift(() => server.stop());
    return server;
  };

  it('does not open what another version has stored in another way, and says which and what to do', async () => {
    const server = await start();
    await open(server.url);
    await sendRedis(server, 'HSET {quash}:meta layout 99 version 9.8.7');

    await expect(open(server.url)).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: `The Redis ledger was written by Quash 9.8.7, in a form that this one, ${packageJson.version}, cannot read. Start Quash 9.8.7 or a newer one, or go back to the backup from before the upgrade.`,
    });

    await sendRedis(server, 'HDEL {quash}:meta version');
    await expect(open(server.url)).rejects.toMatchObject({
      message: expect.stringContaining('by another version of Quash'),
    });
  });

  describe('a server that fails', () => {
    it('has every acknowledged entry after it was killed in the middle of the work', async () => {
      const server = await start();
      const ledger = await open(server.url);
      const acknowledged: string[] = [];
      const writer = async (name: string) => {
        for (let index = 0; ; index++) {
          const id = `${name}-${index}`;
          await accept(ledger, [id]);
          acknowledged.push(id);
        }
      };
      const writers = Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => writer(name)));
      await eventually(() => expect(acknowledged.length).toBeGreaterThan(100));

      await server.kill('SIGKILL');
      const failures = await writers;
      await server.restart();

      expect(failures.every(({ status }) => status === 'rejected')).toBe(true);
      const entries = await Promise.all(acknowledged.map((id) => ledger.get(id)));
      expect(entries.every((entry) => entry?.state === 'queued')).toBe(true);
    });

    it('is reported as unavailable while it is away, and used again once it is back', async () => {
      const server = await start();
      const ledger = await open(server.url);
      await server.kill('SIGKILL');

      await expect(accept(ledger, ['a'])).rejects.toMatchObject(UNAVAILABLE);
      // Also once the subscription has failed to come back.
      for (let time = 0; time < 3; time += 1)
        await expect(accept(ledger, ['a'])).rejects.toThrow('(ECONNREFUSED)');

      await server.restart();
      expect(await accept(ledger, ['b'])).toMatchObject({ created: 1, repeated: 0 });
      expect(await ledger.get('a')).toBeUndefined();
    });

    it('is neither made nor brought back by a look at it', async () => {
      const server = await start();
      const look = async () => (await lookAtRedis({ url: server.url })).start;

      expect(await look()).toBe('makes');
      expect(await sendRedis(server, 'DBSIZE')).toContain('0');
      const ledger = await open(server.url);
      expect(await look()).toBe('opens');
      await sendRedis(server, 'FLUSHALL');
      expect(await look()).toBe('makes');
      await expect(ledger.ping()).rejects.toMatchObject(UNAVAILABLE);
      // A migration that was stopped is gone on with by a start as well.
      for (const layout of ['3', '2-3']) {
        await sendRedis(server, `HSET {quash}:meta layout ${layout}`);
        expect(await look()).toBe('migrates');
      }
    });

    it('is looked at in all of its partitions', async () => {
      const server = await start();
      const look = async () => (await lookAtRedis({ url: server.url }, 3)).start;
      await open(server.url, { partitions: 3 });
      expect(await look()).toBe('opens');
      const [, , last] = partitionKeys(3);
      const meta = last?.ofScripts[0] ?? '';

      await sendRedis(server, `HSET ${meta} layout 3-4`);
      expect(await look()).toBe('migrates');
      // Of a Cluster one node alone may be emptied.
      await sendRedis(server, `DEL ${meta}`);
      expect(await look()).toBe('remakes');
      // The one that has their number, too.
      await sendRedis(server, `DEL {quash}:partitions`);
      expect(await look()).toBe('remakes');
      await sendRedis(server, 'FLUSHALL');
      expect(await look()).toBe('makes');
    });

    it('is not used when it was emptied meanwhile, as what persons had set is gone, before a start says so', async () => {
      const server = await start();
      const ledger = await open(server.url);
      await accept(ledger, ['a']);
      await ledger.setMode('gitlab', 'hold');

      await sendRedis(server, 'FLUSHALL');

      const emptied = { ...UNAVAILABLE, message: expect.stringContaining('Redis was emptied') };
      const claiming = { now: T0, limit: 1, leaseMs: 1_000, maxPerHour: 0 };
      await expect(accept(ledger, ['b'])).rejects.toMatchObject(emptied);
      await expect(ledger.claim('gitlab', claiming)).rejects.toMatchObject(emptied);
      await expect(ledger.ping()).rejects.toMatchObject(emptied);
      expect(await accept(await open(server.url), ['b'])).toMatchObject({ created: 1 });
    });

    it.each([1, 3])(
      'is no more worked with once another replica has begun anew in its place, with %i partitions, until it is back',
      async (partitions) => {
        const server = await start();
        const ledger = await open(server.url, { partitions });
        await accept(ledger, ['a', 'b']);
        const [inHand] = (await claim(ledger)).claims;
        await ledger.setMode('acme', 'hold');

        await sendRedis(server, 'SWAPDB 0 1');
        const anew = await open(server.url, { partitions });
        await accept(anew, ['a', 'b', 'c']);

        const replaced = { ...UNAVAILABLE, message: expect.stringContaining('restart this replica') };
        await expect(accept(ledger, ['d'])).rejects.toMatchObject(replaced);
        await expect(ledger.setMode('acme', null)).rejects.toMatchObject(replaced);
        await expect(ledger.release(inHand ?? never(), T0)).rejects.toMatchObject(replaced);
        await expect(ledger.modes()).rejects.toMatchObject(replaced);
        await expect(ledger.ping()).rejects.toMatchObject(replaced);
        expect((await claim(anew)).claims).toHaveLength(3);
        expect(await accept(await open(server.url, { partitions }), ['d'])).toMatchObject({ created: 1 });

        await sendRedis(server, 'SWAPDB 0 1');

        await eventually(async () => expect(await accept(ledger, ['a', 'b'])).toMatchObject({ repeated: 2 }));
        await eventually(async () => expect(await ledger.modes()).toEqual({ acme: 'hold' }));
      },
    );

    it('is told to have been made anew, also where one partition alone was emptied', async () => {
      const server = await start();
      const told: string[] = [];
      const opening = async () => {
        const onNew = (missing: string) => void told.push(missing);
        const ledger = await openRedisLedger({ url: server.url, vault: TEST_VAULT, partitions: 3, onNew });
        opened.unshift(() => ledger.close());
      };
      await opening();
      await opening();
      expect(told).toEqual(['all']);
      const [, , last] = partitionKeys(3);
      await sendRedis(server, `DEL ${last?.ofScripts[0]}`);

      await opening();

      expect(told).toEqual(['all', 'some']);
    });

    it.each([1, 3])(
      'has lost nothing where replicas begin with %i partitions at once',
      async (partitions) => {
        const server = await start();
        const told: string[] = [];
        const onNew = (missing: string) => void told.push(missing);
        // As it is once another one has claimed the server, and has made nothing yet.
        await sendRedis(server, `SET {quash}:partitions ${partitions}`);

        const ledger = await openRedisLedger({ url: server.url, vault: TEST_VAULT, partitions, onNew });
        opened.unshift(() => ledger.close());

        expect(told).toEqual(['all']);
      },
    );

    it('is taken for the same by replicas that open one that was made without an id', async () => {
      const server = await start();
      const before = await open(server.url);
      await accept(before, ['a']);
      // As a backup of a version has it that gave none, or a replica of it that begins anew.
      await sendRedis(server, 'HDEL {quash}:meta id');
      const message = expect.stringMatching(/backup of an earlier version.* restart this replica/);
      await expect(accept(before, ['b'])).rejects.toMatchObject({ ...UNAVAILABLE, message });

      const [one, other] = [await open(server.url), await open(server.url)];

      expect(await accept(one, ['a'])).toMatchObject({ repeated: 1 });
      expect(await accept(other, ['a'])).toMatchObject({ repeated: 1 });
    });

    const withReplica = async () => {
      const primary = await start({ args: ['--repl-diskless-sync-delay', '0'] });
      await open(primary.url);
      const replica = await start({ args: ['--replicaof', `127.0.0.1 ${primary.port}`] });
      await eventually(async () =>
        expect(await sendRedis(primary, 'INFO replication')).toContain('state=online'),
      );
      return { primary, replica };
    };
    const waits = async (server: RedisServer) =>
      /cmdstat_wait:calls=(\d+)/.exec(await sendRedis(server, 'INFO commandstats'))?.[1];

    it.each([
      ['makes it', 'FLUSHALL'],
      ['gives it an id', 'HDEL {quash}:meta id'],
      ['migrates it', 'HSET {quash}:meta layout 4'],
    ])('is at a replica, which may take over, before the start that %s goes on', async (_, command) => {
      const { primary, replica } = await withReplica();
      await sendRedis(primary, command);

      await open(primary.url);

      expect(await waits(primary)).toBe('1');
      const meta = 'HMGET {quash}:meta layout id';
      const known = await sendRedis(primary, meta);
      await eventually(async () => expect(await sendRedis(replica, meta)).toBe(known));
    });

    it('is opened at once where nothing changes by that, whatever replicas there are', async () => {
      const { primary } = await withReplica();
      await open(primary.url);
      expect(await waits(primary)).toBeUndefined();
    });

    it('is opened in the end where a replica hangs', async () => {
      const { primary, replica } = await withReplica();
      await sendRedis(primary, 'HDEL {quash}:meta id');
      await replica.kill('SIGSTOP');

      expect(await accept(await open(primary.url), ['a'])).toMatchObject({ created: 1 });
      await replica.kill('SIGCONT');
    });

    it('keeps no lane waiting for what it has evicted, and takes a new report of it', async () => {
      const server = await start();
      const ledger = await open(server.url);
      await accept(ledger, ['fresh', 'again', 'unsealed', 'whole']);
      const { claims } = await claim(ledger);
      const again = claims.find(({ id }) => id === 'again') ?? never();
      await ledger.putOff(again, { now: T0, dueAt: T0, progress: NO_PROGRESS, events: [] });
      for (const each of claims.filter(({ id }) => id !== 'again')) await ledger.release(each, T0);
      await accept(ledger, ['new', 'newer']);
      await sendRedis(server, 'DEL {quash}:e:fresh {quash}:e:again {quash}:e:new {quash}:s:unsealed');

      const left = await claim(ledger);

      expect(left.claims.map(({ id, sealed }) => [id, sealed]).sort()).toEqual([
        ['newer', 'sealed newer'],
        ['unsealed', ''],
        ['whole', 'sealed whole'],
      ]);
      expect((await claim(ledger)).claims).toEqual([]);
      expect((await ledger.list({ limit: 10 })).entries.map(({ id }) => id).sort()).toEqual([
        'newer',
        'unsealed',
        'whole',
      ]);
      expect(await accept(ledger, ['again', 'new'])).toMatchObject({ created: 2 });
    });

    it('ends what it has evicted after its retention, with all that is left of it', async () => {
      const server = await start();
      const ledger = await open(server.url);
      await accept(ledger, ['gone', 'there']);
      const event = { at: T0, event: 'dismissed', by: 'ada' };
      for (const id of ['gone', 'there']) await ledger.dismiss(id, { now: T0, event });
      await sendRedis(server, 'DEL {quash}:e:gone');

      expect(await ledger.purge({ now: T0 + 1, endedBefore: T0 + 1, limit: 10 })).toBe(2);
      expect(await ledger.list({ limit: 10 })).toMatchObject({ entries: [] });
    });

    it('is waited for when it is away for a moment', async () => {
      const server = await start();
      const ledger = await open(server.url);
      await server.kill('SIGKILL');
      await expect(sendRedis(server, 'PING')).rejects.toThrow('ECONNREFUSED');

      const accepted = accept(ledger, ['a']);
      await server.restart();

      expect(await accepted).toMatchObject({ created: 1, repeated: 0 });
    });

    it('is reported as unavailable while it hangs, and not waited for', async () => {
      const server = await start();
      const ledger = await open(server.url);
      await server.kill('SIGSTOP');

      await expect(ledger.ping()).rejects.toMatchObject(UNAVAILABLE);

      await server.kill('SIGCONT');
      await expect(ledger.ping()).resolves.toBeUndefined();
    });

    it.each([
      ['became a replica', 'REPLICAOF 127.0.0.1 1', 'REPLICAOF NO ONE'],
      ['is full', 'CONFIG SET maxmemory 1', 'CONFIG SET maxmemory 0'],
      ['lacks its replicas', 'CONFIG SET min-replicas-to-write 1', 'CONFIG SET min-replicas-to-write 0'],
    ])('is reported as unavailable while it %s', async (_, breakIt, repairIt) => {
      const server = await start();
      const ledger = await open(server.url);

      await sendRedis(server, breakIt);
      await expect(accept(ledger, ['a'])).rejects.toMatchObject(UNAVAILABLE);
      await expect(ledger.ping()).rejects.toMatchObject(UNAVAILABLE);

      await sendRedis(server, repairIt);
      await eventually(() => ledger.ping());
      expect(await accept(ledger, ['a'])).toMatchObject({ created: 1, repeated: 0 });
    });

    it('may forget the scripts', async () => {
      const server = await start();
      const ledger = await open(server.url);
      await accept(ledger, ['a']);
      await accept(ledger, ['b']);

      await sendRedis(server, 'SCRIPT FLUSH SYNC');

      expect(await accept(ledger, ['c'])).toMatchObject({ created: 1, repeated: 0 });
    });

    it('is reported as unavailable when it is not there at the start', async () => {
      const server = await start();
      await server.kill('SIGKILL');

      await expect(open(server.url)).rejects.toMatchObject({
        ...UNAVAILABLE,
        message: expect.stringContaining('(ECONNREFUSED)'),
      });
    });

    it('is told the password, and no error tells it to anybody', async () => {
      const server = await start({ args: ['--requirepass', 'right-password'] });

      const ledger = await open(server.url, { password: 'right-password' });
      const refused = await open(server.url, { password: 'wrong-password' }).catch((error: unknown) => error);

      await expect(ledger.ping()).resolves.toBeUndefined();
      expect(refused).toMatchObject({ ...UNAVAILABLE, message: expect.stringContaining('(WRONGPASS)') });
      expect(inspectDeeply(refused)).not.toContain('wrong-password');
    });
  });

  describe('a request of many thousands', () => {
    it('is committed in parts, of which the first alone looks at the backlog', async () => {
      const ledger = await open((await start()).url);
      const ids = Array.from({ length: 10_001 }, (_, index) => `token-${index}`);

      expect(await accept(ledger, ids, 5)).toMatchObject({ created: 10_001, repeated: 0 });
      await expect(accept(ledger, ids, 5)).rejects.toMatchObject({ code: 'backlog-full' });
    });
  });

  describe('what is stored', () => {
    let server: RedisServer;
    let ledger: Ledger;

    beforeEach(async () => {
      server = await start({ args: ['--aof-use-rdb-preamble', 'no'] });
      ledger = await open(server.url);
    });

    it.each(['done', 'dismissed'])(
      'has no sealed token and no note left once an entry is %s',
      async (end) => {
        await accept(ledger, ['a']);
        const [held] = (await claim(ledger)).claims;
        await putOff(ledger, held, 'sealed note');
        const stored = await secretsOf(server);
        const [again] = (await claim(ledger)).claims;

        if (end === 'done') await settle(ledger, again);
        else await ledger.dismiss('a', { now: T0, event: { at: T0, event: 'dismissed' } });

        expect(stored).toContain('sealed a');
        expect(stored).toContain('sealed note');
        expect(await secretsOf(server)).not.toContain('sealed');
      },
    );

    it('shows no file of a place to who reads its log', async () => {
      const location = 'https://git.test/acme/app/-/raw/0abc123/deploy/prod.env#L7';
      await ledger.accept([aReport('a', { location })], { now: T0, backlog: 1_000 });
      const files = readdirSync(server.dir, { recursive: true, withFileTypes: true });
      const log = files
        .filter((file) => file.isFile())
        .map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'))
        .join('\n');
      expect(log).toContain('acme/app');
      for (const text of ['prod.env', '0abc123', '#L7']) expect(log).not.toContain(text);
    });

    it('takes no approval again that has ended', async () => {
      const held = { initial: { state: 'held' } } as const;
      const approve = { now: T0, approve: true, event: { at: T0, event: 'approved', by: 'ada' } };
      await ledger.accept([aReport('dead', held), aReport('stopped', held)], { now: T0, backlog: 9 });
      await ledger.requeue('dead', approve);
      await settle(ledger, (await claim(ledger)).claims[0]);
      await ledger.requeue('stopped', approve);
      const ids = ['dead', 'stopped'];
      const approvals = await Promise.all(
        ids.map(async (id) => (await sendRedis(server, `HGET {quash}:e:${id} approval`)).split('\r\n')[1]),
      );

      await ledger.accept([aReport('dead', { recheckEndedBefore: T0 + 1 })], { now: T0, backlog: 9 });
      await ledger.setMode(PROVIDER, 'hold');
      for (const [index, id] of ids.entries())
        await sendRedis(server, `HSET {quash}:e:${id} approved 1 approval ${approvals[index]}`);

      expect(approvals).toEqual(ids.map(() => expect.stringMatching(/ada$/)));
      expect((await claim(ledger)).claims).toMatchObject([{ approved: false }, { approved: false }]);
    });

    it('signs an approval anew when another act has begun meanwhile', async () => {
      await ledger.accept([aReport('a', { initial: { state: 'held' } })], { now: T0, backlog: 9 });
      const blocked = (count: number) =>
        eventually(async () =>
          expect(await sendRedis(server, 'INFO clients')).toContain(`blocked_clients:${count}\r\n`),
        );

      // What writes waits from here on, in its order; the act is still read.
      await sendRedis(server, 'CLIENT PAUSE 100000 WRITE');
      const next = sendRedis(server, 'HINCRBY {quash}:e:a act 1');
      await blocked(1);
      const event = { at: T0, event: 'approved', by: 'ada' };
      const approving = ledger.requeue('a', { now: T0, approve: true, event });
      await blocked(2);
      await sendRedis(server, 'CLIENT UNPAUSE');

      expect(await Promise.all([next, approving])).toEqual([':1\r\n', true]);
      expect((await claim(ledger)).claims).toMatchObject([{ id: 'a', approved: true }]);
    });

    it('takes no approval that something else has written', async () => {
      await ledger.accept(
        ['a', 'b', 'c'].map((id) => aReport(id, { initial: { state: 'held' } })),
        { now: T0, backlog: 9 },
      );
      for (const [id, approve] of [
        ['a', true],
        ['b', true],
        ['c', false],
      ] as const)
        await ledger.requeue(id, { now: T0, approve, event: { at: T0, event: 'approved', by: 'ada' } });
      const signed = (await sendRedis(server, 'HGET {quash}:e:a approval')).split('\r\n').at(-1) ?? '';
      await sendRedis(server, 'HSET {quash}:e:b approved 2');
      await sendRedis(server, `HSET {quash}:e:c approved 1 approval ${signed}`);

      const { claims } = await claim(ledger);

      const approved = claims.map(({ id, approved, approvedUnproven }) => [id, approved, approvedUnproven]);
      expect(approved.sort()).toEqual([
        ['a', true, false],
        ['b', false, false],
        ['c', false, false],
      ]);
    });

    it('has the token again for a recheck, and not once that is done', async () => {
      await accept(ledger, ['a']);
      await settle(ledger, (await claim(ledger)).claims[0]);
      await ledger.accept([aReport('a', { recheckEndedBefore: T0 + 1 })], { now: T0, backlog: 1_000 });
      const stored = await secretsOf(server);

      await ledger.settle((await claim(ledger)).claims[0] ?? never(), {
        ...{ now: T0, state: 'done', progress: NO_PROGRESS, events: [] },
      });

      expect(stored).toContain('sealed a');
      expect(await secretsOf(server)).not.toContain('sealed');
    });

    it('has no announcement without a channel, and none that all channels have confirmed', async () => {
      const kept = () => sendRedis(server, 'XLEN {quash}:announced');
      const confirm = async (channel: string) => {
        const batch = await ledger.takeAnnouncements(channel, { now: T0, limit: 9, leaseMs: 1_000 });
        const last = batch?.announcements.at(-1) ?? never();
        await ledger.confirmAnnouncements(channel, batch?.lease ?? '', last.seq);
      };
      await ledger.parkLane('unheard', 'operator', T0);
      await ledger.accept([aReport('unheard', { initial: { state: 'held' } })], { now: T0, backlog: 9 });
      const unheard = await kept();
      await ledger.setChannels(['chat', 'mail', 'slow']);
      for (const provider of ['a', 'b', 'c']) await ledger.parkLane(provider, 'operator', T0);

      await confirm('chat');
      await confirm('mail');
      const unconfirmed = await kept();
      await ledger.setChannels(['chat', 'mail']);
      const confirmed = await kept();
      await ledger.parkLane('d', 'operator', T0);
      await ledger.setChannels([]);

      expect([unheard, unconfirmed, confirmed, await kept()]).toEqual(
        [':0', ':3', ':0', ':0'].map((n) => `${n}\r\n`),
      );
    });

    it('lists an approval as long as the entry is queued', async () => {
      const listed = () => sendRedis(server, `SCARD {quash}:approved:${PROVIDER}`);
      const ids = ['settled', 'dismissed', 'without'];
      await ledger.accept(
        ids.map((id) => aReport(id, { initial: { state: 'held' } })),
        { now: T0, backlog: 9 },
      );
      const event = { at: T0, event: 'requeued' } as const;
      for (const id of ids) await ledger.requeue(id, { now: T0, approve: true, event });
      const approved = await listed();
      const { claims } = await claim(ledger);

      await settle(ledger, claims[0]);
      await ledger.dismiss('dismissed', { now: T0, event: { at: T0, event: 'dismissed' } });
      await ledger.putOff(claims[2] ?? never(), {
        ...{ now: T0, dueAt: T0, progress: NO_PROGRESS, events: [], endsApproval: true },
      });

      expect([approved, await listed()]).toEqual([':3\r\n', ':0\r\n']);
    });

    it('has no approval left after mode hold, however many there were', async () => {
      const ids = Array.from({ length: 1_100 }, (_, n) => `entry-${n}`);
      await ledger.accept(
        ids.map((id) => aReport(id, { initial: { state: 'held' } })),
        { now: T0, backlog: 10_000 },
      );
      const event = { at: T0, event: 'approved' };
      await Promise.all(ids.map((id) => ledger.requeue(id, { now: T0, approve: true, event })));

      await ledger.setMode(PROVIDER, 'hold');

      const { claims } = await claim(ledger, { limit: 2_000 });
      expect(claims).toHaveLength(1_100);
      expect(claims.filter(({ approved }) => approved)).toEqual([]);
    });

    it('is nothing but the counters once all entries were purged', async () => {
      await accept(ledger, ['a', 'b']);
      for (const held of (await claim(ledger)).claims) await settle(ledger, held);

      await ledger.purge({ now: T0, endedBefore: T0 + 1, limit: 10 });

      const keys = await sendRedis(server, 'KEYS *');
      expect(keys).not.toMatch(/\{quash\}:(e|loc|f|h|t|due|i|ended)\b/);
    });
  });

  describe('two replicas', () => {
    let server: RedisServer;
    let one: Ledger;
    let two: Ledger;

    beforeEach(async () => {
      server = await start();
      one = await open(server.url);
      two = await open(server.url);
    });

    it('never claim the same entry', async () => {
      const ids = Array.from({ length: 200 }, (_, index) => `token-${index}`);
      await accept(one, ids);

      const results = await Promise.all(
        Array.from({ length: 40 }, (_, index) => claim(index % 2 ? one : two, { limit: 5 })),
      );

      const claimed = results.flatMap(({ claims }) => claims.map(({ id }) => id));
      expect(claimed.toSorted()).toEqual(ids.toSorted());
    });

    it('make one entry of a token that both accept', async () => {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) => accept(index % 2 ? one : two, ['a'])),
      );

      expect(results.filter(({ created }) => created === 1)).toHaveLength(1);
    });

    it('wake each other, each of them once', async () => {
      const heard: string[] = [];
      one.onWork((provider) => heard.push(`one ${provider}`));
      two.onWork((provider) => heard.push(`two ${provider}`));

      await accept(one, ['a']);

      await eventually(() => expect(heard.toSorted()).toEqual([`one ${PROVIDER}`, `two ${PROVIDER}`]));
      // What came later shows that nothing else was on the way.
      await accept(two, ['b']);
      await eventually(() => expect(heard.length).toBe(4));
    });

    it('wake themselves early, for a claim that comes behind the report', async () => {
      await accept(one, ['a']);
      const steps: string[] = [];
      one.onWork(async () => {
        steps.push('told');
        const { claims } = await claim(one);
        steps.push(...claims.map(({ id }) => `claimed ${id}`));
      });

      const accepted = accept(one, ['b']).then(() => steps.push('accepted'));

      expect(steps).toEqual(['told']);
      await accepted;
      await eventually(() =>
        expect(steps.toSorted()).toEqual(['accepted', 'claimed a', 'claimed b', 'told']),
      );
    });

    it('wake themselves late while the server does not know the script yet, which is sent again', async () => {
      await accept(one, ['a']);
      await server.restart();
      await eventually(() => claim(one));
      const claimed: string[] = [];
      one.onWork(async () => {
        for (const { id } of (await claim(one)).claims) claimed.push(id);
      });

      await accept(one, ['b']);

      await eventually(() => expect(claimed).toEqual(['b']));
    });

    it.each([
      ['is resumed', () => one.resumeLane(PROVIDER, T0)],
      ['is healthy again', () => one.laneHealthy(PROVIDER, 1, T0)],
    ])('hear of a lane that %s', async (_, act) => {
      await one.pauseLane(PROVIDER, { epoch: 0, until: T0 + 1_000, reason: 'throttled', now: T0 });
      const heard: string[] = [];
      two.onWork((provider) => heard.push(provider));

      await act();

      await eventually(() => expect(heard).toEqual([PROVIDER]));
    });

    it('hear of an entry that one of them gives back', async () => {
      await accept(one, ['a']);
      const [held] = (await claim(one)).claims;
      const heard: string[] = [];
      two.onWork((provider) => heard.push(provider));

      await one.release(held ?? never(), T0);

      await eventually(() => expect(heard).toEqual([PROVIDER]));
    });

    it('hear of a lane whose one entry came back without a verdict', async () => {
      await accept(one, ['a', 'b']);
      await one.pauseLane(PROVIDER, { epoch: 0, until: T0, reason: 'throttled', now: T0 });
      const [probe] = (await claim(one)).claims;
      const heard: string[] = [];
      two.onWork((provider) => heard.push(provider));

      await settle(one, probe);

      await eventually(() => expect(heard).toEqual([PROVIDER]));
    });

    it('hear of an entry that a person queued again', async () => {
      await accept(one, ['a']);
      const [held] = (await claim(one)).claims;
      await one.settle(held ?? never(), {
        ...{ now: T0, state: 'held', progress: NO_PROGRESS, events: [] },
      });
      const heard: string[] = [];
      two.onWork((provider) => heard.push(provider));

      await one.requeue('a', { now: T0, approve: true, event: { at: T0, event: 'requeued' } });

      await eventually(() => expect(heard).toEqual([PROVIDER]));
    });

    it('look at every lane again when messages may have been missed', async () => {
      await accept(one, ['a']);
      const heard: string[] = [];
      two.onWork((provider) => heard.push(provider));

      await sendRedis(server, 'CLIENT KILL TYPE pubsub');

      await eventually(() => expect(heard).toEqual([PROVIDER]));
      await accept(one, ['b']);
      await eventually(() => expect(heard).toEqual([PROVIDER, PROVIDER]));
    });

    it('share the pause of a lane, and its one entry after it', async () => {
      await accept(one, ['a', 'b']);

      const lane = await one.pauseLane(PROVIDER, {
        ...{ epoch: 0, until: T0 + 1_000, reason: 'throttled', now: T0 },
      });

      expect(await claim(two)).toEqual({ claims: [], lane, nextAt: T0 + 1_000 });
      expect((await claim(one, { now: T0 + 1_000 })).claims).toHaveLength(1);
      expect((await claim(two, { now: T0 + 1_000 })).claims).toHaveLength(0);
    });
  });

  describe('waiting for the disk', () => {
    let proxy: WaitAofProxy;
    let ledger: Ledger;

    beforeEach(async () => {
      proxy = await WaitAofProxy.start(await start());
      opened.unshift(() => proxy.stop());
      ledger = await open(proxy.url);
    });

    it.each<[string, (ledger: Ledger) => Promise<unknown>]>([
      ['a dismissal', (ledger) => ledger.dismiss('a', { now: T0, event: { at: T0, event: 'dismissed' } })],
      [
        'an approval',
        (ledger) => ledger.requeue('held', { now: T0, approve: true, event: { at: T0, event: 'approved' } }),
      ],
      ['a mode', (ledger) => ledger.setMode(PROVIDER, 'hold')],
      ['a stop', (ledger) => ledger.parkLane(PROVIDER, 'operator', T0)],
    ])('acknowledges %s of a person only after a wait', async (_name, decide) => {
      await accept(ledger, ['a']);
      await ledger.accept([aReport('held', { initial: { state: 'held' } })], { now: T0, backlog: 10 });
      const waits = proxy.waits;

      await decide(ledger);

      expect(proxy.waits).toBe(waits + 1);
    });

    it('acknowledges a request only after a wait that began behind its write', async () => {
      const settled: string[] = [];
      const acknowledge = (id: string) => accept(ledger, [id]).then(() => settled.push(id));
      // Answers come in order, so the answer to what wrote the entry was here before this one.
      const written = (id: string) => eventually(async () => expect(await ledger.get(id)).toBeDefined());
      proxy.hold = true;

      const first = acknowledge('a');
      const passFirst = await proxy.nextWait();
      const others = [acknowledge('b'), acknowledge('c')];
      await written('b');
      await written('c');
      expect(settled).toEqual([]);
      expect(proxy.waits).toBe(1);

      passFirst();
      await first;
      const passSecond = await proxy.nextWait();
      expect(settled).toEqual(['a']);

      passSecond();
      await Promise.all(others);
      expect(proxy.waits).toBe(2);
    });

    it('acknowledges nothing that is not on the disk in time', async () => {
      proxy.answer = 'not synced';

      await expect(accept(ledger, ['a'])).rejects.toMatchObject(UNAVAILABLE);

      await expect(ledger.ping()).rejects.toMatchObject(UNAVAILABLE);

      proxy.answer = 'synced';
      await expect(ledger.ping()).resolves.toBeUndefined();
      expect(await accept(ledger, ['a'])).toMatchObject({ created: 0, repeated: 1 });
    });

    it.each(['no log', 'none'] as const)('does without where the server has %s', async (answer) => {
      proxy.answer = answer;

      expect(await accept(ledger, ['a'])).toMatchObject({ created: 1, repeated: 0 });
      expect(proxy.waits).toBe(1);
    });

    it('lets no other work wait', async () => {
      proxy.hold = true;
      const accepted = accept(ledger, ['a']);
      const pass = await proxy.nextWait();

      expect((await claim(ledger)).claims).toHaveLength(1);

      pass();
      await accepted;
    });
  });

  describe('warnings', () => {
    const warningsOf = async (
      options: RedisServerOptions,
      waitAof: 'synced' | 'none',
      commands: readonly string[] = [],
    ) => {
      const server = await start(options);
      const proxy = await WaitAofProxy.start(server);
      proxy.answer = waitAof;
      opened.unshift(() => proxy.stop());
      const ledger = await open(proxy.url);
      for (const command of commands) await sendRedis(server, command);
      return ledger.warnings();
    };

    it.each(['synced', 'none'] as const)(
      'are none when each write is synced (WAITAOF: %s)',
      async (waitAof) => {
        expect(await warningsOf({}, waitAof)).toEqual([]);
      },
    );

    it('tell of a server without a log', async () => {
      expect(await warningsOf({ aof: false }, 'synced')).toEqual([expect.stringMatching(/append-only file/)]);
    });

    it('tell of a log that is behind when nothing waits for it', async () => {
      const everySecond = ['CONFIG SET appendfsync everysec'];

      expect(await warningsOf({}, 'none', everySecond)).toEqual([expect.stringMatching(/last second/)]);
      expect(await warningsOf({}, 'synced', everySecond)).toEqual([]);
    });

    it('tell of a log that is never synced', async () => {
      expect(await warningsOf({}, 'synced', ['CONFIG SET appendfsync no'])).toEqual([
        expect.stringMatching(/appendfsync no/),
      ]);
    });

    it('tell of a log that is turned off while it runs, and no more once it is back', async () => {
      const server = await start();
      const ledger = await open(server.url);
      const before = await ledger.warnings();

      await sendRedis(server, 'CONFIG SET appendonly no');
      const meanwhile = await ledger.warnings();
      await sendRedis(server, 'CONFIG SET appendonly yes');

      expect(meanwhile).toEqual([expect.stringMatching(/append-only file/)]);
      await eventually(async () => expect(await ledger.warnings()).toEqual(before));
    });

    it('tell of a log that cannot be written', async () => {
      const dir = temporaryFolder();
      mkdirSync(join(dir, 'appendonlydir'));
      // Writes to it fail as on a disk that is full.
      symlinkSync('/dev/full', join(dir, 'appendonlydir', 'appendonly.aof.1.incr.aof'));
      const server = await start({ args: ['--dir', dir, '--appendfsync', 'everysec'] });
      const connection = connectRedis({ url: server.url });
      opened.unshift(async () => connection.close());

      await sendRedis(server, 'SET any thing');

      await eventually(async () =>
        expect(await durabilityWarnings(connection, '{quash}:sync')).toContainEqual(
          expect.stringMatching(/cannot write its append-only file/),
        ),
      );
    });

    it('tell of a server that evicts', async () => {
      const options = { args: ['--maxmemory-policy', 'allkeys-lru'] };

      expect(await warningsOf(options, 'synced')).toEqual([expect.stringMatching(/noeviction/)]);
    });

    it('tell of facts that the server keeps for itself', async () => {
      expect(await warningsOf({}, 'none', ['ACL SETUSER default -info'])).toEqual([
        expect.stringMatching(/INFO/),
      ]);
      expect(await warningsOf({}, 'none', ['ACL SETUSER default -config'])).toEqual([
        expect.stringMatching(/does not tell its appendfsync/),
      ]);
    });
  });

  describe('Sentinel', () => {
    it('leads to the master, also to a new one', async () => {
      const master = await start({ args: ['--repl-diskless-sync-delay', '0'] });
      const replica = await start({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
      const answers = (server: RedisServer, command: string, expected: RegExp) =>
        eventually(async () => expect(await sendRedis(server, command)).toMatch(expected));
      await answers(replica, 'INFO replication', /master_link_status:up/);
      const sentinel = await startRedisSentinel(master);
      opened.unshift(() => sentinel.stop());
      const ledger = await open(sentinel.url);
      await accept(ledger, ['a']);
      // What the replica has not received by then is lost in a failover, and this is not about that.
      await answers(replica, 'EXISTS {quash}:e:a', /^:1\r\n$/);
      await answers(sentinel, 'SENTINEL FAILOVER quash', /OK|INPROG/);

      await answers(master, 'INFO replication', /role:slave/);

      expect(await eventually(() => accept(ledger, ['b']))).toMatchObject({ created: 1, repeated: 0 });
      expect(await sendRedis(replica, 'EXISTS {quash}:e:b')).toBe(':1\r\n');
      expect(await ledger.get('a')).toBeDefined();
    });
  });
});

/** What is stored of the entry `a`, where a secret may be. */
async function secretsOf(on: RedisServer): Promise<string> {
  return (await sendRedis(on, 'HGETALL {quash}:e:a')) + (await sendRedis(on, 'GET {quash}:s:a'));
}

function accept(ledger: Ledger, ids: readonly string[], backlog = 1_000_000) {
  return ledger.accept(
    ids.map((id) => aReport(id)),
    { now: T0, backlog },
  );
}

function claim(ledger: Ledger, { now = T0, limit = 100 } = {}) {
  return ledger.claim(PROVIDER, { now, limit, leaseMs: 60_000, maxPerHour: 0 });
}

function settle(ledger: Ledger, held: Claim | undefined) {
  return ledger.settle(held ?? never(), {
    ...{ now: T0, state: 'done', outcome: { kind: 'revoked', verified: true } },
    ...{ progress: NO_PROGRESS, events: [] },
  });
}

function putOff(ledger: Ledger, held: Claim | undefined, note: string) {
  return ledger.putOff(held ?? never(), { now: T0, dueAt: T0, progress: NO_PROGRESS, note, events: [] });
}

function never(): never {
  throw new Error('Nothing was claimed.');
}

/** Everything that an error carries, also what its printing would leave out. */
function inspectDeeply(value: unknown): string {
  if (!(value instanceof Error)) return JSON.stringify(value) ?? '';
  const { name, message, stack, cause } = value;
  return [name, message, stack, JSON.stringify(value), inspectDeeply(cause)].join('\n');
}
