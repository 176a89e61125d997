/** `quash ledger copy`, between all that a ledger may be stored in. */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { copyLedger, handOverTo } from '../../src/ledger/copy.ts';
import { type LedgerSettings, openCopySource, openCopyTarget, openLedger } from '../../src/open-ledger.ts';
import { doneNextOf, fillLedger, seenOf } from '../support/full-ledger.ts';
import { type RedisServer, redisAvailable, sendRedis, startRedis } from '../support/redis-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TEST_VAULT } from '../support/test-keys.ts';

const now = Date.now();
const EACH = 12;

describe.skipIf(!redisAvailable())('quash ledger copy', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedis();
  });

  afterAll(() => server?.stop());

  beforeEach(() => sendRedis(server, 'FLUSHALL'));

  /** Two of each, so that one may be copied to another of the same sort. */
  const storages = (): Record<string, readonly [LedgerSettings, LedgerSettings]> => {
    const folder = temporaryFolder();
    const both = (urlOf: (number: number) => string, partitions = 1) =>
      [1, 2].map((number) => ({ url: urlOf(number), partitions })) as unknown as readonly [
        LedgerSettings,
        LedgerSettings,
      ];
    return {
      SQLite: both((number) => `sqlite:${join(folder, `${number}.db`)}`),
      Redis: both((number) => `${server.url}/${number}`),
      'three partitions': both((number) => `${server.url}/${2 + number}`, 3),
      'five partitions': both((number) => `${server.url}/${4 + number}`, 5),
    };
  };

  const open = async (settings: LedgerSettings) => {
    const opened = await openLedger(settings, TEST_VAULT);
    onTestFinished(() => opened.close());
    return opened;
  };

  const fill = async (settings: LedgerSettings) => {
    const { ledger, close } = await openLedger(settings, TEST_VAULT);
    await fillLedger(ledger, now, EACH);
    const seen = await seenOf(ledger, now);
    await close();
    return seen;
  };

  const takeBack = async (settings: LedgerSettings) => {
    const source = await openCopySource(settings, TEST_VAULT);
    try {
      return await source.takeBack();
    } finally {
      await source.close();
    }
  };

  const copy = async (
    from: LedgerSettings,
    to: LedgerSettings,
    onProgress: (entries: number) => void = () => {},
  ) => {
    const source = await openCopySource(from, TEST_VAULT);
    try {
      const target = await openCopyTarget(to, TEST_VAULT);
      try {
        return await copyLedger(source, target, handOverTo(to.url), onProgress);
      } finally {
        await target.close();
      }
    } finally {
      await source.close();
    }
  };

  const pair = (from: string, to: string) => {
    const all = storages();
    const [source, target] = [all[from]?.[0], all[to]?.[1]];
    if (!source || !target) throw new Error('There is no such storage.');
    return { source, target };
  };

  it.each([
    ['SQLite', 'Redis'],
    ['Redis', 'SQLite'],
    ['SQLite', 'SQLite'],
    ['Redis', 'Redis'],
    ['Redis', 'three partitions'],
    ['three partitions', 'five partitions'],
    ['five partitions', 'SQLite'],
    ['SQLite', 'three partitions'],
  ])('leaves out nothing from %s to %s', async (from, to) => {
    const { source, target } = pair(from, to);
    const seen = await fill(source);

    const result = await copy(source, target);

    await takeBack(source);
    const copied = (await open(target)).ledger;
    expect(result.isComplete).toBe(true);
    expect(await seenOf(copied, now)).toEqual(seen);
    const original = (await open(source)).ledger;
    expect(await doneNextOf(copied, now)).toEqual(await doneNextOf(original, now));
  });

  it.each([
    ['SQLite', 'three partitions'],
    ['three partitions', 'SQLite'],
  ])('goes on from %s to %s where it was ended, and nothing opens the target before', async (from, to) => {
    const { source, target } = pair(from, to);
    const seen = await fill(source);
    const killed = new Error('killed');
    let pages = 0;
    const ended = copy(source, target, () => {
      pages += 1;
      if (pages === 1) throw killed;
    });

    await expect(ended).rejects.toBe(killed);
    await expect(openLedger(target, TEST_VAULT)).rejects.toMatchObject({
      message: expect.stringContaining('has not ended'),
    });
    expect(await copy(source, target)).toMatchObject({ isComplete: true });

    expect(await seenOf((await open(target)).ledger, now)).toEqual(seen);
  });

  it.each(['SQLite', 'Redis', 'three partitions'])(
    'goes to no %s that a service uses or has used',
    async (to) => {
      const { source, target } = pair('SQLite', to);
      await fill(source);
      const { close } = await openLedger(target, TEST_VAULT);
      const message = expect.stringContaining('is in use, or holds other data');

      await expect(copy(source, target)).rejects.toMatchObject({ message });
      await close();
      await expect(copy(source, target)).rejects.toMatchObject({ message });
    },
  );

  it.each(['SQLite', 'Redis', 'three partitions'])(
    'takes nothing from a %s that a service uses',
    async (from) => {
      const { source, target } = pair(from, 'SQLite');
      await fill(source);
      const { close } = await openLedger(source, TEST_VAULT);

      await expect(copy(source, target)).rejects.toMatchObject({
        message: 'A Quash uses the ledger. Stop every replica first.',
      });
      await close();
      expect(await copy(source, target)).toMatchObject({ isComplete: true });
    },
  );

  it.each(['SQLite', 'Redis', 'three partitions'])(
    'lets no service start with a %s from the beginning of a copy on, until it is taken back',
    async (from) => {
      const { source, target } = pair(from, 'SQLite');
      await fill(source);
      const killed = new Error('killed');
      const isClosed = () =>
        expect(openLedger(source, TEST_VAULT)).rejects.toMatchObject({
          message: expect.stringMatching(
            /^This ledger was copied to sqlite:.*2\.db.* quash ledger reopen\.$/,
          ),
        });

      await expect(
        copy(source, target, () => {
          throw killed;
        }),
      ).rejects.toBe(killed);
      await isClosed();
      expect(await copy(source, target)).toMatchObject({ isComplete: true });
      await isClosed();
      const elsewhere = { url: `${target.url}.other` };
      await expect(copy(source, elsewhere)).rejects.toMatchObject({
        message: expect.stringContaining('quash ledger reopen'),
      });

      expect(await takeBack(source)).toMatchObject({ to: target.url });
      expect(await takeBack(source)).toBeUndefined();
      await (await openLedger(source, TEST_VAULT)).close();
      expect(await copy(source, elsewhere)).toMatchObject({ isComplete: true });
    },
  );

  it('remembers no password of the place that it was copied to', () => {
    expect(handOverTo('rediss://user:p@ss@redis.test:6379/1').to).toBe('rediss://redis.test:6379/1');
  });

  it('says so where there is nothing to copy, and makes nothing', async () => {
    const { source, target } = pair('three partitions', 'SQLite');

    await expect(copy(source, target)).rejects.toMatchObject({
      message: expect.stringContaining('there is none'),
    });
    expect(await sendRedis(server, 'DBSIZE')).toContain(':0');
  });
});
