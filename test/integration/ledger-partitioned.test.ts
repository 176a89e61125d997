/** The ledger in several partitions. */
import { afterAll, beforeAll, describe } from 'vitest';
import { describeLedger } from '../contract/ledger-suite.ts';
import { openEmptyLedger } from '../support/redis-ledger.ts';
import { RIGHTFUL_USER, rightsFromReadme } from '../support/redis-rights.ts';
import { type RedisServer, redisAvailable, startRedis } from '../support/redis-server.ts';

describe.skipIf(!redisAvailable())('Redis ledger in three partitions', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedis({ args: rightsFromReadme('~{quash.*}:*') });
  });

  afterAll(() => server?.stop());

  const open = () => openEmptyLedger(server, { ...RIGHTFUL_USER, partitions: 3 });

  describeLedger('contract', open, { spread: true });
});
