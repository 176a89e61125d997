import type { LedgerLook } from '../look.ts';
import { connectRedis, type RedisConnectionOptions } from './connection.ts';
import { durabilityWarnings } from './durability.ts';
import { partitionKeys } from './keys.ts';
import { LAYOUT } from './layout.ts';
import { knownPartitions } from './partitions.ts';

/**
 * Writes nothing.
 * @param partitions of the configuration: the number that a ledger was made with may be gone with one of them
 * @throws {LedgerError} `unavailable`
 */
export async function lookAtRedis(options: RedisConnectionOptions, partitions = 1): Promise<LedgerLook> {
  const connection = connectRedis(options);
  try {
    await connection.connected();
    const metas = partitionKeys((await knownPartitions(connection)) ?? partitions).map(
      ({ ofScripts: [meta] }) => meta,
    );
    const layouts = await connection.run((client) =>
      Promise.all(metas.map((meta) => client.hget(meta, 'layout'))),
    );
    return { start: startOn(layouts), warnings: await durabilityWarnings(connection, metas[0] ?? '') };
  } finally {
    connection.close();
  }
}

/** Of each partition: a start may have been stopped between two of them, and one alone may have been emptied. */
function startOn(layouts: readonly (string | null)[]): LedgerLook['start'] {
  if (layouts.includes(null)) return layouts.some((layout) => layout !== null) ? 'remakes' : 'makes';
  return layouts.some((layout) => Number.parseInt(layout ?? '', 10) < Number(LAYOUT)) ? 'migrates' : 'opens';
}
