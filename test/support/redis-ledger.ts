/** A ledger on a Redis of its own. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openRedisLedger } from '../../src/ledger/redis/open.ts';
import { MAX_ANNOUNCEMENTS, type OpenLedger } from '../contract/ledger-suite.ts';
import { type RedisServer, sendRedis } from './redis-server.ts';
import { TEST_VAULT } from './test-keys.ts';

/** As the contract of ledgers wants it. @param settings access, in place of a user who may do all, and partitions */
export async function openEmptyLedger(
  on: RedisServer,
  settings: { readonly username?: string; readonly password?: string; readonly partitions?: number } = {},
): Promise<OpenLedger> {
  await sendRedis(on, 'FLUSHALL');
  const options = { url: on.url, ...settings, maxAnnouncements: MAX_ANNOUNCEMENTS };
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
