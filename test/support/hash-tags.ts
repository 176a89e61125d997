import { partitionKeys } from '../../src/ledger/redis/keys.ts';

/** By which a Cluster knows the slots of the ledger's partitions. */
export function hashTags(partitions: number): readonly string[] {
  return partitionKeys(partitions).map(({ ofScripts }) => /^\{(.+)\}:meta$/.exec(ofScripts[0])?.[1] ?? '');
}
