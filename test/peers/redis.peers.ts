import { peer } from './install.ts';
import { describeRedisPeer } from './redis-suite.ts';

describeRedisPeer('Redis 8', peer('redis'));
