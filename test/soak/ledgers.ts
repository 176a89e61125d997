/** The ledgers that a service is soaked on: where each is, what it holds, and what goes wrong with it. */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Random } from '../chaos/random.ts';
import type { Step } from '../chaos/steps.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import type { Figures } from './growth.ts';

export interface SoakedLedger {
  readonly name: string;
  /** @param folder of the installation */
  url(folder: string): string;
  readonly env: Readonly<Record<string, string>>;
  readonly troubles: readonly Step[];
  figures(folder: string): Promise<Figures>;
  /** Puts something there that nobody ever deletes, so that a test can be seen to fail. */
  plant(folder: string, number: number): Promise<void>;
}

export type OpenLedgerToSoak = (cleanup: AsyncDisposableStack) => Promise<SoakedLedger>;

const dataFolder = (folder: string) => join(folder, 'data');
const databaseFile = (folder: string) => join(dataFolder(folder), 'quash.db');

export async function soakedSqlite(): Promise<SoakedLedger> {
  return {
    name: 'SQLite',
    url: (folder) => `sqlite:${databaseFile(folder)}`,
    env: {},
    troubles: [readForLong, ...(hasPrlimit() ? [fillDisk] : [])],
    async figures(folder) {
      const files = readdirSync(dataFolder(folder));
      const bytes = files.map((file) => [`${file} bytes`, statSync(join(dataFolder(folder), file)).size]);
      return { files: files.length, ...Object.fromEntries(bytes), ...rowsIn(databaseFile(folder)) };
    },
    async plant(folder, number) {
      writeFileSync(join(dataFolder(folder), `planted-${number}`), '');
      using database = new DatabaseSync(databaseFile(folder), { timeout: 10_000 });
      database.prepare('INSERT INTO beyond VALUES (?, 9e15, 1)').run(`planted-${number}`);
    },
  };
}

function rowsIn(path: string): Figures {
  using database = new DatabaseSync(path, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const rows = tables.map(({ name }) => [
    `rows ${name}`,
    Number(database.prepare(`SELECT count(*) AS n FROM ${name}`).get()?.n),
  ]);
  return Object.fromEntries(rows);
}

/** Somebody looks at the file, so that its log cannot be emptied meanwhile. */
async function readForLong({ folder }: { readonly folder: string }, random: Random): Promise<void> {
  using database = new DatabaseSync(databaseFile(folder), { readOnly: true });
  database.exec('BEGIN; SELECT count(*) FROM entry');
  await delay(random.between(200, 2_000));
  database.exec('COMMIT');
}

function hasPrlimit(): boolean {
  return spawnSync('prlimit', ['--version']).status === 0;
}

/** The disk takes nothing for a moment: reports are answered 503, and nothing that ends can be written down. */
const fillDisk: Step = async (world, random) => {
  const pids = world.replicas.flatMap(({ running }) => running?.pid ?? []);
  const limit = (size: string) => {
    // One that has ended is none that must be limited, and the world says so.
    for (const pid of pids) spawnSync('prlimit', ['--pid', String(pid), `--fsize=${size}:`]);
  };
  limit('0');
  await delay(random.between(200, 1_000));
  limit('unlimited');
};

export function soakedRedis(partitions: number): OpenLedgerToSoak {
  return async (cleanup) => {
    // Its memory is measured, so what its log needs for a rewrite must not wait for a size.
    const server = await startRedis({ args: ['--auto-aof-rewrite-min-size', '1mb'] });
    cleanup.defer(() => server.stop());
    const client = new Redis(server.port, '127.0.0.1');
    // It is cut off with the others.
    client.on('error', () => {});
    cleanup.defer(() => client.disconnect());
    return {
      name: partitions === 1 ? 'Redis' : `Redis, ${partitions} partitions`,
      url: () => server.url,
      env: partitions === 1 ? {} : { QUASH_LEDGER__PARTITIONS: String(partitions) },
      troubles: redisTroubles(server, client),
      figures: () => redisFigures(client),
      plant: async (_folder, number) => void (await client.set(`{quash}:planted:${number}`, '')),
    };
  };
}

function redisTroubles(server: RedisServer, client: Redis): readonly Step[] {
  return [
    async () => void (await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')),
    async () => void (await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')),
    async (_world, random) => {
      await client.call('CLIENT', 'PAUSE', Math.round(random.between(200, 2_000)));
    },
    () => rewriteLog(client),
    async (_world, random) => {
      await server.kill('SIGTERM');
      await delay(random.between(0, 500));
      await server.restart();
    },
  ];
}

/** Redis does so by itself, too, and only one at a time. */
async function rewriteLog(client: Redis): Promise<void> {
  await client.bgrewriteaof().catch((error) => {
    if (!/already in progress/.test(error.message)) throw error;
  });
}

/** Of a lane. Some come with its first pause and its first probe, which a short run may bring late, or never. */
const LANE_FIELDS = new Set([
  ...[
    'epoch',
    'streak',
    'paused_until',
    'reason',
    'parked',
    'last_done',
    'valve_max',
    'next_source',
    'claimer',
  ],
  ...['probe', 'probe_end', 'probe_epoch'],
]);

const SIZES: Readonly<Record<string, string>> = {
  hash: 'hlen',
  list: 'llen',
  set: 'scard',
  stream: 'xlen',
  zset: 'zcard',
};

/** Keys by their kind, which stands behind the hash tag, and what is in them. What ends by itself is one kind. */
async function redisFigures(client: Redis): Promise<Figures> {
  const figures: Record<string, number> = {};
  const add = (name: string, more: number) => {
    figures[name] = (figures[name] ?? 0) + more;
  };
  for await (const keys of client.scanStream({ count: 1_000 }) as AsyncIterable<string[]>) {
    for (const key of keys) {
      if ((await client.pttl(key)) >= 0) {
        add('keys that end by themselves', 1);
        continue;
      }
      const kind = /^(?:\{[^}]*\}:)?([^:]*)/.exec(key)?.[1] ?? '';
      add(`keys ${kind}`, 1);
      if (kind === 'lane') {
        const fields = await client.hkeys(key);
        add('fields that no lane has', fields.filter((field) => !LANE_FIELDS.has(field)).length);
        continue;
      }
      const size = SIZES[await client.type(key)];
      add(`in keys ${kind}`, size === undefined ? 1 : Number(await client.call(size, key)));
    }
  }
  // What allocator and connections keep aside is not of the ledger.
  const memory = await client.info('memory');
  add('redis memory', Number(/used_memory_dataset:(\d+)/.exec(memory)?.[1]));
  return figures;
}
