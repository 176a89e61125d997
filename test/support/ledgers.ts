import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createKeys } from '../../src/vault/keys.ts';
import { redisAvailable, startRedis } from './redis-server.ts';
import { type AtEnd, temporaryFolder } from './temporary-folder.ts';

export interface LedgerUnderTest {
  readonly name: string;
  /** Why its tests cannot run here. */
  readonly missing?: string;
  /** A fresh one, with the settings that point a service to it; ends with the running test. */
  open(atEnd?: AtEnd): Promise<OpenedForTest>;
}

interface OpenedForTest {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where it keeps its files. */
  readonly dataFolder: string;
}

export const sqlite: LedgerUnderTest = {
  name: 'SQLite',
  async open(atEnd) {
    const folder = temporaryFolder(atEnd);
    const env = { QUASH_LEDGER__URL: `sqlite:${join(folder, 'data', 'quash.db')}` };
    return { folder, env, dataFolder: join(folder, 'data') };
  },
};

export const redis: LedgerUnderTest = {
  name: 'Redis',
  ...(!redisAvailable() && { missing: 'redis-server is not installed' }),
  async open(atEnd = onTestFinished) {
    const folder = temporaryFolder(atEnd);
    const server = await startRedis();
    atEnd(() => server.stop());
    const keysFile = join(folder, 'keys.json');
    await createKeys(keysFile);
    const env = { QUASH_LEDGER__URL: server.url, QUASH_LEDGER__KEYSFILE: keysFile };
    return { folder, env, dataFolder: server.dir };
  },
};

/** Both ledgers, for tests that a service has to pass on each. */
export const LEDGERS: readonly LedgerUnderTest[] = [sqlite, redis];
