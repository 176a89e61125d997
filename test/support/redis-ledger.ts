/** A ledger on a Redis of its own. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openRedisLedger } from '../../src/ledger/redis/ledger.ts';
import { MAX_ANNOUNCEMENTS, type OpenLedger } from '../contract/ledger-suite.ts';
import { type RedisServer, sendRedis } from './redis-server.ts';

export const KEY_CHECK = 'key check';

/** As the contract of ledgers wants it. @param access in place of a user who may do all */
export async function openEmptyLedger(
  on: RedisServer,
  access: { readonly username?: string; readonly password?: string } = {},
): Promise<OpenLedger> {
  await sendRedis(on, 'FLUSHALL');
  const options = { url: on.url, ...access, maxAnnouncements: MAX_ANNOUNCEMENTS };
  let ledger: Ledger = await openRedisLedger({ ...options, keyCheck: KEY_CHECK });
  return {
    ledger,
    async reopen(keyCheck = KEY_CHECK) {
      await ledger.close();
      ledger = await openRedisLedger({ ...options, keyCheck });
      return ledger;
    },
    close: () => ledger.close(),
  };
}
