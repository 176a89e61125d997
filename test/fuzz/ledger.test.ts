/** Both ledgers, under any sequence of operations, are what the model is. */
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openRedisLedger } from '../../src/ledger/redis.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { type RedisServer, redisAvailable, sendRedis, startRedis } from '../support/redis-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { benchOf, expectAllSame, ledgerCommands } from './ledger-commands.ts';
import { cases, PATIENCE_MS } from './runs.ts';

const KEY_CHECK = 'key check';
const MOST_COMMANDS = 60;

async function followsTheModel(name: string, open: () => Promise<Ledger>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.commands([...ledgerCommands], { maxCommands: MOST_COMMANDS, size: 'max' }),
      async (commands) => {
        const ledger = await open();
        try {
          const bench = benchOf(ledger);
          await fc.asyncModelRun(() => ({ model: {}, real: bench }), commands);
          await expectAllSame(bench);
        } finally {
          await ledger.close();
        }
      },
    ),
    cases(name, 40, 0.02),
  );
}

describe('fuzz: the ledgers', () => {
  it(
    'SQLite follows the model',
    async () => {
      const folder = temporaryFolder();
      let files = 0;
      await followsTheModel('operations on SQLite', async () => {
        files += 1;
        return openSqliteLedger({ path: join(folder, `${files}.db`), keyCheck: KEY_CHECK });
      });
    },
    PATIENCE_MS,
  );
});

describe.skipIf(!redisAvailable())('fuzz: the ledgers', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedis({ aof: false });
  });

  afterAll(() => server?.stop());

  it(
    'Redis follows the model',
    async () => {
      await followsTheModel('operations on Redis', async () => {
        await sendRedis(server, 'FLUSHALL');
        return openRedisLedger({ url: server.url, keyCheck: KEY_CHECK });
      });
    },
    PATIENCE_MS,
  );
});
