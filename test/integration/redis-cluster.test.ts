import { describe } from 'vitest';
import { describeRedisCluster } from '../contract/redis-cluster-suite.ts';
import { redisAvailable } from '../support/redis-server.ts';

describe.skipIf(!redisAvailable())('Redis ledger in a Cluster of three masters and a replica', () =>
  describeRedisCluster(),
);
