/** The names of keys, and which of the partitions has an entry. */
import { crc32 } from 'node:zlib';

/** How many hash slots a Cluster has. */
export const SLOTS = 16_384;

/** Of all partitions: what is published there reaches every node of a Cluster. */
export const WORK_CHANNEL = '{quash}:work';

/** How many keys each script is called with. */
export const NUMBER_OF_KEYS = 2;

/** The keys of one partition that are not left to the scripts. They carry one hash tag, so a Cluster has them on one node. */
export interface PartitionKeys {
  /**
   * What each script is called with, in place of all the keys that it may reach. The second one is never there. While
   * their slot is on its way to another node, a Cluster runs nothing that names several keys of which one is missing;
   * without it a script would run on the half that either node has, and make a second entry of a token.
   */
  readonly ofScripts: readonly [meta: string, never: string];
  readonly laneNames: string;
  readonly modes: string;
  readonly marks: string;
  /** A hash: by id, version, end and sealed content with a blank between them. */
  readonly sessions: string;
  readonly noticeSummaries: string;
  readonly noticeContents: string;
  readonly queued: string;
  readonly sync: string;
  entry(id: string): string;
  /** One that the scripts name otherwise. */
  named(name: string): string;
  beyond(id: string): string;
  revoked(provider: string): string;
}

function keysOfTag(tag: string): PartitionKeys {
  const prefix = `{${tag}}:`;
  return {
    ofScripts: [`${prefix}meta`, `${prefix}never`],
    laneNames: `${prefix}lane-names`,
    modes: `${prefix}lane-modes`,
    marks: `${prefix}marks`,
    sessions: `${prefix}sessions`,
    noticeSummaries: `${prefix}notice-summaries`,
    noticeContents: `${prefix}notice-contents`,
    queued: `${prefix}queued`,
    sync: `${prefix}sync`,
    named: (name) => prefix + name,
    entry: (id) => `${prefix}e:${id}`,
    beyond: (id) => `${prefix}beyond:${id}`,
    revoked: (provider) => `${prefix}revoked:${provider}`,
  };
}

/**
 * The keys of each partition. Where there are several, the slots of the Cluster are cut into as many parts of equal
 * size, and each partition has the first tag whose slot lies in its part: so they are even over masters whose slots are.
 */
export function partitionKeys(partitions: number): readonly PartitionKeys[] {
  if (partitions === 1) return [keysOfTag('quash')];
  const tags = new Map<number, string>();
  for (let number = 0; tags.size < partitions; number++) {
    const tag = `quash.${number}`;
    const part = Math.floor((slotOf(tag) * partitions) / SLOTS);
    if (!tags.has(part)) tags.set(part, tag);
  }
  return Array.from({ length: partitions }, (_, part) => keysOfTag(tags.get(part) ?? ''));
}

/** Where a name belongs: an entry's id, a lane, a channel, a mark or a session. Ids are keyed, so nobody chooses it. */
export function partitionOf(name: string, partitions: number): number {
  return crc32(name) % partitions;
}

/** The slot of a Redis Cluster, by its specification: CRC16 (XMODEM) of the hash tag. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  }
  return (crc & 0xffff) % SLOTS;
}
