/** The short form of `npm run test:leaks`; in a file of its own, so that the ledgers are hunted side by side. */
import { it } from 'vitest';
import { redisAvailable } from '../support/redis-server.ts';
import { redisToHunt } from './ledgers-to-hunt.ts';
import { huntShortly, NOTHING_LEAKS } from './short.ts';

const isMissing = !redisAvailable();

it.skipIf(isMissing)(
  `on Redis ${NOTHING_LEAKS}${isMissing ? ' (skipped: redis-server is not installed)' : ''}`,
  () => huntShortly((_cwd, marks) => redisToHunt(marks)),
);
