/** A Redis ledger, in any number of partitions, as source and as target of a copy. */
import type { Cluster, Redis } from 'ioredis';

import {
  type CopyProgress,
  type CopySource,
  type CopyTarget,
  compareHandOver,
  type HandOver,
  HOLDS_OTHER_DATA,
  isInUse,
  noSource,
  noTarget,
  type StoredEntry,
  type StoredRest,
} from '../copy.ts';
import type { Count, State } from '../entry.ts';
import { LedgerError } from '../ledger.ts';
import { VERSION } from '../other-version.ts';
import type { LedgerVault } from '../vault.ts';
import { connectRedis, type RedisConnection, type RedisConnectionOptions } from './connection.ts';
import { readRest, type SourcePartition, writeRest } from './copy-rest.ts';
import { diskSync } from './durability.ts';
import { NUMBER_OF_KEYS, partitionKeys, partitionOf, WORK_CHANNEL } from './keys.ts';
import { HANDED_OVER, inLayout, LAYOUT, LAYOUT_HANDED_OVER, LAYOUT_OF_COPY } from './layout.ts';
import { claimPartitions, knownPartitions } from './partitions.ts';
import { listArguments, toRecord } from './replies.ts';
import { callScript, type Replies, readScripts, type ScriptName } from './scripts.ts';

/** Entries that one page has of each partition. */
const PAGE = 200;
const PROGRESS = 'copying';

export interface RedisCopyOptions extends RedisConnectionOptions {
  readonly vault: LedgerVault;
  readonly partitions: number;
}

/** @throws {LedgerError} `unavailable`, `wrong-keys` */
export async function openRedisSource(options: RedisCopyOptions): Promise<CopySource> {
  const store = new Store(options);
  try {
    await store.refuseListeners();
    const [check, layout] = await store.meta();
    if (check === null) throw noSource('there is none at this address.');
    if (layout !== LAYOUT && layout !== LAYOUT_HANDED_OVER)
      throw noSource('start and stop this version of Quash with it once, which brings it up to date.');
    if (check !== options.vault.keyCheck()) throw wrongKeys();
    await claimPartitions(store.connection, options.partitions);
    return new RedisSource(store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Claims an empty server, or goes on with a copy that has not ended. @throws {LedgerError} `unavailable`, `wrong-keys` */
export async function openRedisTarget(options: RedisCopyOptions): Promise<CopyTarget> {
  const store = new Store(options);
  try {
    const known = await knownPartitions(store.connection);
    if (known !== undefined && known !== options.partitions) throw noTarget(HOLDS_OTHER_DATA);
    const [, before] = await store.meta();
    if (before !== null && before !== LAYOUT_OF_COPY) throw noTarget(HOLDS_OTHER_DATA);
    await claimPartitions(store.connection, options.partitions);
    const check = options.vault.keyCheck();
    for (const index of store.indexes) {
      const [knownCheck] = await store.script(index, 'open', [
        ...[check, LAYOUT_OF_COPY, VERSION, crypto.randomUUID()],
      ]);
      if (knownCheck !== check) throw wrongKeys();
    }
    return new RedisTarget(store, await store.progress());
  } catch (error) {
    await store.close();
    throw error;
  }
}

function wrongKeys(): LedgerError {
  return new LedgerError('wrong-keys', 'The Redis ledger was written with another key file.');
}

/** All partitions of one ledger, below the port. */
class Store {
  readonly connection: RedisConnection;
  readonly partitions: readonly SourcePartition[];
  readonly #syncConnection: RedisConnection;

  constructor({ partitions, vault: _vault, ...options }: RedisCopyOptions) {
    this.connection = connectRedis(options);
    this.connection.defineScripts(readScripts({ maxAnnouncements: 0 }), NUMBER_OF_KEYS);
    this.#syncConnection = this.connection.duplicate();
    this.partitions = partitionKeys(partitions).map((keys) => ({ keys, connection: this.connection }));
  }

  get indexes(): readonly number[] {
    return [...this.partitions.keys()];
  }

  script<Name extends ScriptName>(
    index: number,
    name: Name,
    args: readonly (string | number)[],
  ): Promise<Replies[Name]> {
    const { keys } = this.#at(index);
    return this.connection.run((client) => callScript(client, keys, name, args, ''));
  }

  /** Key check and layout of the first partition. */
  meta(): Promise<readonly (string | null)[]> {
    const [key] = this.#at(0).keys.ofScripts;
    return this.connection.run((client) => client.hmget(key, 'key_check', 'layout'));
  }

  /** @throws {LedgerError} when a service listens for work; who may not ask is told nothing */
  async refuseListeners(): Promise<void> {
    const listeners = await this.connection.run(async (client) => {
      const nodes: readonly (Redis | Cluster)[] = 'nodes' in client ? client.nodes('master') : [client];
      const found = await Promise.allSettled(
        nodes.map((node) => node.call('PUBSUB', 'NUMSUB', WORK_CHANNEL)),
      );
      return found.some(
        (each) => each.status === 'fulfilled' && Array.isArray(each.value) && Number(each.value[1]) > 0,
      );
    });
    if (listeners) throw isInUse();
  }

  async handedOver(): Promise<string | undefined> {
    for (const { keys } of this.partitions) {
      const known = await this.connection.run((client) => client.hget(keys.ofScripts[0], HANDED_OVER));
      if (known !== null) return known;
    }
    return undefined;
  }

  /** The fields of each partition's first key, which are durable when this resolves. */
  async describe(fields: Readonly<Record<string, string>>): Promise<void> {
    for (const { keys } of this.partitions) {
      await this.connection.run((client) => client.hset(keys.ofScripts[0], fields));
    }
    await this.#written();
  }

  async forgetHandOver(): Promise<void> {
    for (const { keys } of this.partitions) {
      await this.connection.run((client) => client.hdel(keys.ofScripts[0], HANDED_OVER));
    }
  }

  async progress(): Promise<CopyProgress | undefined> {
    const [key] = this.#at(0).keys.ofScripts;
    const text = await this.connection.run((client) => client.hget(key, PROGRESS));
    return text === null ? undefined : (JSON.parse(text) as CopyProgress);
  }

  async setProgress(progress: CopyProgress): Promise<void> {
    const [key] = this.#at(0).keys.ofScripts;
    await this.connection.run((client) => client.hset(key, PROGRESS, JSON.stringify(progress)));
  }

  async complete(): Promise<void> {
    await this.#written();
    // The first one last: it tells how far the copy is.
    for (const { keys } of this.partitions.toReversed()) {
      await this.connection.run((client) => client.del(keys.named('copied')));
      await this.connection.run((client) => client.hset(keys.ofScripts[0], inLayout(LAYOUT)));
    }
    const [key] = this.#at(0).keys.ofScripts;
    await this.connection.run((client) => client.hdel(key, PROGRESS));
    await this.#written();
  }

  async #written(): Promise<void> {
    for (const { keys } of this.partitions) await diskSync(this.#syncConnection, keys.sync)();
  }

  async count(): Promise<readonly Count[]> {
    const counts = new Map<string, Count>();
    for (const index of this.indexes) {
      const reply = await this.script(index, 'count', []);
      for (let at = 0; at < reply.length; at += 3) {
        const [provider = '', state = '', entries = 0] = reply.slice(at, at + 3);
        const name = `${provider}\n${state}`;
        const sum = (counts.get(name)?.entries ?? 0) + Number(entries);
        counts.set(name, { provider: String(provider), state: state as State, entries: sum });
      }
    }
    return [...counts.values()];
  }

  async close(): Promise<void> {
    this.connection.close();
    this.#syncConnection.close();
  }

  #at(index: number): SourcePartition {
    const partition = this.partitions[index];
    if (!partition) throw new RangeError('There is no such partition.');
    return partition;
  }
}

class RedisSource implements CopySource {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async handOver(handOver: HandOver): Promise<void> {
    compareHandOver(await this.#store.handedOver(), handOver);
    await this.#store.describe({ layout: LAYOUT_HANDED_OVER, [HANDED_OVER]: JSON.stringify(handOver) });
  }

  async takeBack(): Promise<HandOver | undefined> {
    const known = await this.#store.handedOver();
    if (known === undefined) return undefined;
    await this.#store.describe(inLayout(LAYOUT));
    await this.#store.forgetHandOver();
    return JSON.parse(known) as HandOver;
  }

  /** One partition after the other, the newest entries first. The cursor is the partition, and the number to stay below. */
  async page(cursor: string | undefined) {
    const [index, below] = (cursor ?? '0 +inf').split(' ').map(String) as [string, string];
    const partition = Number(index);
    const [last, ...found] = await this.#store.script(partition, 'list', [
      ...[below, 0, PAGE, PAGE, ...listArguments({}), 'number'],
    ]);
    const ids = found.map(([id]) => id);
    const dumped = ids.length === 0 ? [] : await this.#store.script(partition, 'dump', ids);
    const next = last === '' ? partition + 1 : partition;
    const isLast = next === this.#store.partitions.length;
    return {
      entries: dumped.map(toStored),
      ...(!isLast && { cursor: `${next} ${last === '' ? '+inf' : last}` }),
    };
  }

  async rest(): Promise<StoredRest> {
    const rest = await readRest(this.#store.partitions);
    // One that had looked at the layout before this copy marked it may have begun to listen since.
    await this.#store.refuseListeners();
    return rest;
  }

  count(): Promise<readonly Count[]> {
    return this.#store.count();
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

class RedisTarget implements CopyTarget {
  readonly begun: CopyProgress | undefined;
  readonly #store: Store;

  constructor(store: Store, begun: CopyProgress | undefined) {
    this.#store = store;
    this.begun = begun;
  }

  async write(entries: readonly StoredEntry[], progress: CopyProgress): Promise<void> {
    const partitions = this.#store.partitions.length;
    const parts = Map.groupBy(entries, ({ id }) => partitionOf(id, partitions));
    await Promise.all(
      [...parts].map(([index, part]) => this.#store.script(index, 'restore', part.flatMap(toArguments))),
    );
    await this.#store.setProgress(progress);
  }

  writeRest(rest: StoredRest): Promise<void> {
    return writeRest(this.#store.partitions, rest);
  }

  count(): Promise<readonly Count[]> {
    return this.#store.count();
  }

  complete(): Promise<void> {
    return this.#store.complete();
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

function toStored([
  id,
  hash,
  sealed,
  namespace,
  group,
  places,
  findings,
  history,
]: Replies['dump'][number]): StoredEntry {
  const { lease: _lease, ...fields } = toRecord(hash);
  return { id, fields, sealed, namespace, group, places, findings, history };
}

function toArguments(entry: StoredEntry): (string | number)[] {
  const { id, sealed, namespace, group, fields, places, findings, history } = entry;
  const lists = [Object.entries(fields).flat(), places, findings, history];
  return [id, sealed, namespace, group, ...lists.flatMap((list) => [list.length, ...list])];
}
