import { MAX_ANNOUNCEMENTS } from '../announcement.ts';
import type { Ledger } from '../ledger.ts';
import type { LedgerVault } from '../vault.ts';
import { connectRedis, type RedisConnectionOptions } from './connection.ts';
import { NUMBER_OF_KEYS, partitionKeys } from './keys.ts';
import { RedisLedger } from './ledger.ts';
import { PartitionedLedger } from './partitioned.ts';
import { claimPartitions, noteWhole } from './partitions.ts';
import { readScripts } from './scripts.ts';
import { WorkChannel } from './work-channel.ts';

export interface RedisLedgerOptions extends RedisConnectionOptions {
  /** Of the key file in use. */
  readonly vault: LedgerVault;
  /** Over how many hash slots the entries are spread; default 1. */
  readonly partitions?: number | undefined;
  /** Told that the server had none, or that some partitions of it were not there. */
  readonly onNew?: (missing: 'all' | 'some') => void;
  /** In place of {@link MAX_ANNOUNCEMENTS}. */
  readonly maxAnnouncements?: number;
}

/**
 * Connects, and claims an empty server for this key file.
 * @throws {LedgerError} `unavailable`, `wrong-keys`
 * @throws {Error} when the URL is not valid
 */
export async function openRedisLedger({
  vault,
  partitions = 1,
  maxAnnouncements = MAX_ANNOUNCEMENTS,
  onNew = () => {},
  ...options
}: RedisLedgerOptions): Promise<Ledger> {
  const connection = connectRedis(options);
  connection.defineScripts(readScripts({ maxAnnouncements }), NUMBER_OF_KEYS);
  const work = new WorkChannel();
  const parts = partitionKeys(partitions).map((keys) => new RedisLedger({ connection, vault, keys, work }));
  const [only] = parts;
  const ledger = only && parts.length === 1 ? only : new PartitionedLedger({ connection, work, parts });
  try {
    await connection.connected();
    const before = await claimPartitions(connection, partitions);
    const made = await ledger.open();
    if (before === 'none' || made > 0) onNew(before === 'whole' ? 'some' : 'all');
    if (before !== 'whole') await noteWhole(connection);
    return ledger;
  } catch (error) {
    await ledger.close();
    throw error;
  }
}
