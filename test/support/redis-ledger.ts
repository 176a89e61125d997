/** A ledger on a Redis of its own. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openRedisLedger } from '../../src/ledger/redis/ledger.ts';
import { MAX_ANNOUNCEMENTS, type OpenLedger } from '../contract/ledger-suite.ts';
import { type RedisServer, sendRedis } from './redis-server.ts';
import { TEST_VAULT } from './test-keys.ts';

/** As the contract of ledgers wants it. @param access in place of a user who may do all */
export async function openEmptyLedger(
  on: RedisServer,
  access: { readonly username?: string; readonly password?: string } = {},
): Promise<OpenLedger> {
  await sendRedis(on, 'FLUSHALL');
  const options = { url: on.url, ...access, maxAnnouncements: MAX_ANNOUNCEMENTS };
  let ledger: Ledger = await openRedisLedger({ ...options, vault: TEST_VAULT });
  return {
    ledger,
    async reopen(vault = TEST_VAULT) {
      await ledger.close();
      ledger = await openRedisLedger({ ...options, vault });
      return ledger;
    },
    close: () => ledger.close(),
  };
}
