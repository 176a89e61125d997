/** Ledgers whose files can be read, and that can be kept from being written. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { expect, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { startRedis } from '../support/redis-server.ts';
import type { Marks } from './marks.ts';

export interface LedgerToHunt {
  readonly name: string;
  readonly url: string;
  /** Where it keeps its files. */
  readonly folder: string;
  /** Lets no one write until the returned function is called. */
  block(): Promise<() => Promise<void>>;
  /** Rewrites its files to what is in it now. */
  compact(): Promise<void>;
}

export function sqliteToHunt(cwd: string): LedgerToHunt {
  const folder = join(cwd, 'data');
  const path = join(folder, 'quash.db');
  return {
    name: 'SQLite',
    url: `sqlite:${path}`,
    folder,
    async block() {
      // Quash may be writing just now.
      const database = new DatabaseSync(path, { timeout: PATIENCE_MS });
      database.exec('BEGIN IMMEDIATE');
      return async () => database.close();
    },
    async compact() {},
  };
}

export async function redisToHunt(marks: Marks): Promise<LedgerToHunt> {
  const password = marks.plain('password of Redis');
  const server = await startRedis({
    args: ['--requirepass', password, '--rdbcompression', 'no'],
  });
  onTestFinished(() => server.stop());
  return {
    name: 'Redis',
    url: server.url.replace('redis://', `redis://:${password}@`),
    folder: server.dir,
    async block() {
      await server.kill('SIGKILL');
      return () => server.restart();
    },
    async compact() {
      const client = new Redis({ host: '127.0.0.1', port: server.port, password });
      try {
        await client.save();
        await client.bgrewriteaof();
        await eventually(async () => {
          expect(await client.info('persistence')).toMatch(
            /aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/,
          );
        });
      } finally {
        client.disconnect();
      }
    },
  };
}
