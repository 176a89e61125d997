import { peer } from './install.ts';
import { describeRedisPeer } from './redis-suite.ts';

describeRedisPeer('Valkey', peer('valkey'));
