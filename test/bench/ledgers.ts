import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type OpenedLedger, openLedger } from '../../src/open-ledger.ts';
import { createKeys } from '../../src/vault/keys.ts';
import { Vault } from '../../src/vault/seal.ts';
import { type RedisServer, redisAvailable, startRedis } from '../support/redis-server.ts';
import { newFolder } from '../support/run-folder.ts';

/** Where one Quash keeps its entries. */
export interface BenchLedger {
  readonly name: 'SQLite' | 'Redis';
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Directly, beside a Quash or without one. */
  open(): Promise<OpenedLedger>;
}

/**
 * Fresh ones, which go with the stack; Redis only where it is installed.
 * @param one of them is enough, where a short run shows by it that all works: what measures knows no ledger
 */
export async function createLedgers(
  stack: AsyncDisposableStack,
  one = false,
): Promise<{ readonly ledgers: readonly BenchLedger[]; readonly redis?: RedisServer }> {
  const sqlite = () => ledgerAt(stack, 'SQLite', (folder) => `sqlite:${join(folder, 'quash.db')}`);
  if (!redisAvailable()) return { ledgers: [await sqlite()] };
  const redis = stack.adopt(await startBenchRedis(), (server) => server.stop());
  const first = await ledgerAt(stack, 'Redis', () => redis.url);
  return { ledgers: one ? [first] : [first, await sqlite()], redis };
}

/** Each write synced to the disk before it is answered; never rewritten meanwhile, as that would hit one round only. */
function startBenchRedis(): Promise<RedisServer> {
  return startRedis({ args: ['--auto-aof-rewrite-percentage', '0'] });
}

async function ledgerAt(
  stack: AsyncDisposableStack,
  name: BenchLedger['name'],
  urlIn: (folder: string) => string,
): Promise<BenchLedger> {
  const folder = temporaryFolder(stack);
  const keysFile = join(folder, 'keys.json');
  const keys = await createKeys(keysFile);
  const url = urlIn(folder);
  return {
    name,
    folder,
    env: { QUASH_LEDGER__URL: url, QUASH_LEDGER__KEYSFILE: keysFile },
    open: () => openLedger({ url }, new Vault(keys)),
  };
}

function temporaryFolder(stack: AsyncDisposableStack): string {
  const folder = newFolder('bench-');
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
