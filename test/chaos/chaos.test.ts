/** The short form of `npm run test:chaos`. */
import { describe, expect, it } from 'vitest';
import { redisAvailable } from '../support/redis-server.ts';
import { type ChaosOptions, type ChaosResult, fullDiskChaos, redisChaos, sqliteChaos } from './chaos.ts';
import { canMount } from './full-disk-world.ts';

const SHORT = { kills: 3, entries: 200, drainMs: 60_000 };

describe.concurrent('kills, failing upstreams, a ledger that goes away and a clock that jumps', () => {
  it(
    'leave every acknowledged token to its right end on SQLite',
    () => keepsItsPromises(sqliteChaos),
    180_000,
  );

  it.skipIf(!redisAvailable())(
    'leave every acknowledged token to its right end on Redis (needs redis-server)',
    () => keepsItsPromises(redisChaos),
    180_000,
  );

  it.skipIf(!canMount())(
    'leave every acknowledged token to its right end on a full file system (needs the right to mount)',
    () => keepsItsPromises(fullDiskChaos),
    180_000,
  );
});

async function keepsItsPromises(chaos: (options: ChaosOptions) => Promise<ChaosResult>): Promise<void> {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const { violations, figures } = await chaos({ ...SHORT, seed });
  expect(violations, `QUASH_CHAOS_SEED=${seed}`).toEqual([]);
  // Otherwise nothing that was shown would mean anything.
  expect(figures.entries).toBe(SHORT.entries - figures.lostInFailover);
  expect(figures.reports['204']).toBeGreaterThan(0);
  expect(Object.keys(figures.upstreamFaults)).toEqual(
    expect.arrayContaining(['reset', 'throttled', 'redirect']),
  );
  expect(figures.repeated.spoiled).toBeGreaterThan(0);
}
