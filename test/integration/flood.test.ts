/** One namespace reports thousands of forged tokens; the leak of another one does not wait for them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPace } from '../../src/dispatch/pace.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FAKE_TYPE, fakeProvider, fakeRegistry } from '../support/fake-provider.ts';
import { floodOf, floodWorld, locationIn } from '../support/flood-world.ts';
import { type RedisServer, redisAvailable, startRedis } from '../support/redis-server.ts';

const CONCURRENCY = 2;
/** What the lane has in hand when the leak comes, and a turn of each group and namespace. */
const MOST_CALLS_BEFORE = 2 * CONCURRENCY + 4;
const REAL = 'fake-real';
const CALL_MS = 1_000;

async function world(
  redis: RedisServer | undefined,
  isAlive: (token: string) => boolean,
  maxPerHour: number,
) {
  const clock = new FakeClock();
  const fake = fakeProvider();
  fake.revoke = async (token) => {
    await clock.sleep(CALL_MS);
    return isAlive(token)
      ? { outcome: 'revoked', proven: true }
      : { outcome: 'already-inactive', death: 'said' };
  };
  const registry = fakeRegistry([fake], { maxPerHour });
  const flood = await floodWorld({ registry, clock, redis, pace: createPace() });
  const entry = () => flood.entryOf('fake', REAL);
  return {
    ...{ ...flood, calls: fake.calls, entry },
    flood: (tokens: readonly string[]) => flood.report(floodOf(FAKE_TYPE, tokens)),
    leak: () => flood.report([{ type: FAKE_TYPE, token: REAL, location: locationIn('good/app') }]),
    workUntil: (isSo: () => boolean | Promise<boolean>) =>
      flood.workUntil(CALL_MS, async () => expect(await isSo()).toBe(true)),
    isDone: async () => (await entry())?.state === 'done',
  };
}

let server: RedisServer;

beforeAll(async () => {
  if (redisAvailable()) server = await startRedis({ aof: false });
});

afterAll(() => server?.stop());

describe.each([
  { name: 'SQLite', redis: () => undefined },
  { name: 'Redis', missing: !redisAvailable(), redis: () => server },
])('a flood, on $name', ({ missing, redis }) => {
  it.skipIf(missing).each([501, 5_000])(
    'of %d forged tokens is a few calls ahead of the leak of another namespace',
    async (count) => {
      const { calls, flood, leak, entry, isDone, workUntil, ledger } = await world(
        redis(),
        (token) => token === REAL,
        500,
      );
      await flood(Array.from({ length: count }, (_, n) => `fake-no${n}`));
      await workUntil(() => calls.length > 0);
      const before = calls.length;

      await leak();
      await workUntil(() => calls.includes(`revoke ${REAL}`));

      expect(calls.indexOf(`revoke ${REAL}`) - before).toBeLessThanOrEqual(MOST_CALLS_BEFORE);
      await workUntil(isDone);
      expect(await entry()).toMatchObject({ outcome: { kind: 'revoked', verified: true } });
      expect(await queued(ledger)).toBeGreaterThan(count / 2);
    },
    60_000,
  );

  it.skipIf(missing)(
    'of living tokens uses up no more of the hour than a tenth for its namespace, and one for no place',
    async () => {
      const { flood, leak, entry, isDone, workUntil, ledger } = await world(redis(), () => true, 20);
      await flood(Array.from({ length: 501 }, (_, n) => `fake-mine${n}`));
      await workUntil(async () => (await done(ledger)) === 4);

      await leak();
      await workUntil(isDone);

      expect(await entry()).toMatchObject({ outcome: { kind: 'revoked', verified: true } });
      expect(await done(ledger)).toBe(5);
      expect(await queued(ledger)).toBe(497);
    },
    60_000,
  );
});

async function entriesIn(ledger: Ledger, wanted: Entry['state']): Promise<number> {
  return (await ledger.count()).find(({ state }) => state === wanted)?.entries ?? 0;
}

const done = (ledger: Ledger) => entriesIn(ledger, 'done');
const queued = (ledger: Ledger) => entriesIn(ledger, 'queued');
