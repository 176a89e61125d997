/** Both ledgers, under any sequence of operations and whatever the clock does, are what the model is. */
import { it } from 'vitest';
import { redisAvailable } from '../../support/redis-server.ts';
import { FUZZ_PATIENCE_MS } from '../runs.ts';
import { followTheModel, redis, sqlite } from './follow-the-model.ts';

const SHORT = 15;

it.skipIf(redisAvailable())(
  'fuzz: SQLite follows the model (there is no redis-server to go beside it)',
  () => followTheModel([sqlite()], SHORT),
  FUZZ_PATIENCE_MS,
);

it.skipIf(!redisAvailable())(
  'fuzz: SQLite and Redis follow the model, and each other',
  async () => followTheModel([sqlite(), await redis()], SHORT),
  FUZZ_PATIENCE_MS,
);
