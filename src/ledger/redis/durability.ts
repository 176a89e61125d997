import { LedgerError } from '../ledger.ts';
import type { RedisConnection } from './connection.ts';
import { unavailable } from './faults.ts';

/** Longer than the second after which `appendfsync everysec` writes, shorter than an operation may take. */
const SYNC_TIMEOUT_MS = 2_000;
/** Shorter than an operation may take. */
const REPLICATION_TIMEOUT_MS = 2_000;
/** How long a server that cannot tell when it has written is not asked. */
const ASK_AGAIN_MS = 5_000;

/** One moment's answers to what {@link durabilityWarnings} asks; undefined where Redis does not tell. */
interface StorageFacts {
  readonly appendOnly: boolean | undefined;
  readonly writes: boolean;
  readonly evictionPolicy: string | undefined;
  readonly fsync: string | undefined;
  readonly waitsForDisk: boolean | undefined;
}

/**
 * Shares runs of `sync` among all who wait for one. A caller is covered only by a run that starts after its call:
 * one that is under way may have begun before the caller's write. At most one run is under way.
 */
export function groupCommit(sync: () => Promise<void>): () => Promise<void> {
  let lastRun: Promise<unknown> = Promise.resolve();
  let nextRun: Promise<void> | undefined;
  return () => {
    if (nextRun) return nextRun;
    const run = lastRun.then(() => {
      nextRun = undefined;
      return sync();
    });
    nextRun = run;
    lastRun = run.catch(() => undefined);
    return run;
  };
}

/**
 * Waits until all that the server answered before a call is on its disk. `WAITAOF` blocks its connection, so this
 * needs its own; and it covers the writes of its own connection only, hence the small write, which comes behind all
 * others in the one log. Where the server has no `WAITAOF` or no log, there is nothing to wait for:
 * {@link durabilityWarnings} tells the operator. That is not asked again with every call, but when the connection was
 * made anew, perhaps to another server, and every five seconds, as a log may be turned on.
 * @param key that routes it to the node of a Cluster which has the entries
 * @returns a function that throws {LedgerError} `unavailable` when it was not written in time
 */
export function diskSync(connection: RedisConnection, key: string): () => Promise<void> {
  let pointlessUntil = 0;
  connection.client.on('ready', () => {
    pointlessUntil = 0;
  });
  return async () => {
    if (performance.now() < pointlessUntil) return;
    const result = await writeAndWait(connection, key);
    if (result === 'late') throw new LedgerError('unavailable', 'Redis did not write to its disk in time.');
    if (result === 'impossible') pointlessUntil = performance.now() + ASK_AGAIN_MS;
  };
}

async function writeAndWait(
  connection: RedisConnection,
  key: string,
): Promise<'written' | 'late' | 'impossible'> {
  const [write, wait] = await connection.pipeline(key, (pipeline) =>
    pipeline.incr(key).call('WAITAOF', 1, 0, SYNC_TIMEOUT_MS),
  );
  if (write?.[0]) throw unavailable(write[0]);
  if (!wait?.[0]) return Array.isArray(wait?.[1]) && Number(wait[1][0]) >= 1 ? 'written' : 'late';
  if (/unknown command|appendonly is disabled/i.test(wait[0].message)) return 'impossible';
  throw unavailable(wait[0]);
}

/**
 * Waits until the replicas that follow the server have what it answered before a call, but not for long: one that is late
 * keeps nobody from going on. `WAIT` blocks its connection and covers the writes of that alone, hence the small write, which
 * comes behind all others. Where Redis does not tell of its replicas, or lacks the right to wait, none is waited for.
 * @throws {LedgerError} `unavailable`
 */
export async function replicated(connection: RedisConnection, key: string): Promise<void> {
  const [info] = await connection.pipeline(key, (pipeline) => pipeline.info('replication'));
  const text = typeof info?.[1] === 'string' ? info[1] : '';
  const replicas = text.match(/^slave\d+:.*\bstate=online\b/gm) ?? [];
  if (replicas.length === 0) return;
  await connection.pipeline(key, (pipeline) =>
    pipeline.incr(key).wait(replicas.length, REPLICATION_TIMEOUT_MS),
  );
}

/** What an operator should know about how safe the entries are in the server that has the key. @throws {LedgerError} `unavailable` */
export async function durabilityWarnings(
  connection: RedisConnection,
  key: string,
): Promise<readonly string[]> {
  const { appendOnly, writes, evictionPolicy, fsync, waitsForDisk } = await readFacts(connection, key);
  const warnings: string[] = [];
  if (appendOnly === undefined || evictionPolicy === undefined) {
    warnings.push('Redis does not answer INFO, so Quash cannot tell whether it may lose entries.');
  }
  if (appendOnly === false) {
    warnings.push('Redis keeps no append-only file: entries are lost when it stops. Set appendonly to yes.');
  }
  if (appendOnly && !writes) {
    warnings.push('Redis cannot write its append-only file. Is its disk full or read-only?');
  }
  if (appendOnly && !waitsForDisk) warnings.push(...fsyncWarnings(fsync));
  if (appendOnly && waitsForDisk && fsync === 'no') {
    warnings.push(
      'Redis has appendfsync no, so it may not confirm writes in time. Set it to everysec or always.',
    );
  }
  if (evictionPolicy !== undefined && evictionPolicy !== 'noeviction') {
    warnings.push('Redis may evict entries when its memory is full. Set maxmemory-policy to noeviction.');
  }
  return warnings;
}

/** Without `WAITAOF` a write is on the disk when it is answered only if each one is synced. */
function fsyncWarnings(fsync: string | undefined): readonly string[] {
  if (fsync === 'always') return [];
  if (fsync === undefined) {
    return [
      'Redis has no WAITAOF and does not tell its appendfsync: unless that is always, a crash may lose entries.',
    ];
  }
  return [
    'Redis has no WAITAOF (Redis 7.2 has) and appendfsync is not always: a crash may lose the last second.',
  ];
}

async function readFacts(connection: RedisConnection, key: string): Promise<StorageFacts> {
  const [persistence, memory, config, command] = await connection.pipeline(key, (pipeline) =>
    pipeline
      .info('persistence')
      .info('memory')
      .call('CONFIG', 'GET', 'appendfsync')
      .call('COMMAND', 'INFO', 'WAITAOF'),
  );
  const appendOnly = infoField(persistence?.[1], 'aof_enabled');
  const commands = command?.[1];
  return {
    appendOnly: appendOnly === undefined ? undefined : appendOnly === '1',
    writes: infoField(persistence?.[1], 'aof_last_write_status') !== 'err',
    evictionPolicy: infoField(memory?.[1], 'maxmemory_policy'),
    fsync: configValue(config?.[1]),
    waitsForDisk: Array.isArray(commands) ? Boolean(commands[0]) : undefined,
  };
}

function infoField(info: unknown, name: string): string | undefined {
  return typeof info === 'string' ? new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] : undefined;
}

/** `CONFIG GET` answers with a list in RESP 2 and with a map in RESP 3. */
function configValue(reply: unknown): string | undefined {
  const [, value] = Array.isArray(reply) ? reply.flat() : Object.entries(reply ?? {}).flat();
  return typeof value === 'string' ? value : undefined;
}
