import { peer } from './install.ts';
import { describeDurability, describeRedisPeer } from './redis-suite.ts';

describeRedisPeer('Redis 8', peer('redis'));
describeDurability('Redis 8', peer('redis'));
