/** The short form of `npm run test:chaos`. */
import { describe, expect, it } from 'vitest';
import { LONG_TEST_PATIENCE_MS } from '../support/patience.ts';
import { redisAvailable } from '../support/redis-server.ts';
import { shortSeed } from '../support/seed.ts';
import {
  type ChaosOptions,
  type ChaosResult,
  clusterChaos,
  fullDiskChaos,
  redisChaos,
  sqliteChaos,
} from './chaos.ts';
import { canMount } from './full-disk-world.ts';

const SHORT = { entries: 120, isShort: true };

describe.concurrent('kills, failing upstreams, a ledger that goes away and a clock that jumps', () => {
  it(
    'leave every acknowledged token to its right end on SQLite',
    () => keepsItsPromises(sqliteChaos, 1),
    LONG_TEST_PATIENCE_MS,
  );

  it.skipIf(!redisAvailable())(
    'leave every acknowledged token to its right end on Redis (needs redis-server)',
    () => keepsItsPromises(redisChaos, 3),
    LONG_TEST_PATIENCE_MS,
  );

  it.skipIf(!redisAvailable())(
    'leave every acknowledged token to its right end on a Redis Cluster (needs redis-server)',
    () => keepsItsPromises(clusterChaos, 2),
    LONG_TEST_PATIENCE_MS,
  );

  it.skipIf(!canMount())(
    'leave every acknowledged token to its right end on a full file system (needs the right to mount)',
    () => keepsItsPromises(fullDiskChaos, 0),
    LONG_TEST_PATIENCE_MS,
  );
});

/** @param kills so many as there are things that are killed */
async function keepsItsPromises(
  chaos: (options: ChaosOptions) => Promise<ChaosResult>,
  kills: number,
): Promise<void> {
  const seed = shortSeed('QUASH_CHAOS_SEED');
  const { violations, slow, figures } = await chaos({ ...SHORT, kills, seed });
  expect(violations, `Broken promises with QUASH_CHAOS_SEED=${seed}`).toEqual([]);
  expect(slow, 'Too slow, and no promise is broken').toEqual([]);
  // Otherwise nothing that was shown would mean anything.
  expect(figures.entries).toBe(SHORT.entries - figures.lostInFailover);
  expect(figures.reports['204']).toBeGreaterThan(0);
  expect(Object.keys(figures.upstreamFaults)).toEqual(
    expect.arrayContaining(['reset', 'throttled', 'redirect']),
  );
  expect(figures.repeated.spoiled).toBeGreaterThan(0);
}
