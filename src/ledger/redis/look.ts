import type { LedgerLook } from '../look.ts';
import { connectRedis, type RedisConnectionOptions } from './connection.ts';
import { durabilityWarnings } from './durability.ts';
import { partitionKeys } from './keys.ts';
import { LAYOUT } from './layout.ts';
import { knownPartitions } from './partitions.ts';

/** Writes nothing. @throws {LedgerError} `unavailable` */
export async function lookAtRedis(options: RedisConnectionOptions): Promise<LedgerLook> {
  const connection = connectRedis(options);
  try {
    await connection.connected();
    const [first] = partitionKeys((await knownPartitions(connection)) ?? 1);
    const [meta = ''] = first?.ofScripts ?? [];
    const layout = await connection.run((client) => client.hget(meta, 'layout'));
    return { start: startOn(layout), warnings: await durabilityWarnings(connection, meta) };
  } finally {
    connection.close();
  }
}

function startOn(layout: string | null): LedgerLook['start'] {
  if (layout === null) return 'makes';
  return Number.parseInt(layout, 10) < Number(LAYOUT) ? 'migrates' : 'opens';
}
