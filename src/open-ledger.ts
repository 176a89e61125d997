import type { Ledger } from './ledger/ledger.ts';
import type { LedgerVault } from './ledger/vault.ts';
import type { Secret } from './words/secret.ts';

export interface LedgerSettings {
  /** `sqlite:PATH` or a Redis URL. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
}

export interface OpenedLedger {
  readonly ledger: Ledger;
  /** An ioredis client, for what else all replicas share; absent with SQLite. */
  readonly redis?: unknown;
  close(): Promise<void>;
}

const SQLITE = 'sqlite:';

/**
 * Opens the ledger that the URL names; only that one's code is loaded.
 * @param vault of its key file
 * @throws {LedgerError} `unavailable`, `wrong-keys`
 */
export async function openLedger(settings: LedgerSettings, vault: LedgerVault): Promise<OpenedLedger> {
  if (settings.url.startsWith(SQLITE)) {
    const { openSqliteLedger } = await import('./ledger/sqlite/ledger.ts');
    const ledger = openSqliteLedger({ path: settings.url.slice(SQLITE.length), vault });
    return { ledger, close: () => ledger.close() };
  }
  const { openRedisLedger } = await import('./ledger/redis/ledger.ts');
  const { connectRedis } = await import('./ledger/redis/connection.ts');
  const { url, username, password } = settings;
  const options = {
    url,
    ...(username !== undefined && { username }),
    ...(password && { password: password.reveal() }),
  };
  const ledger = await openRedisLedger({ ...options, vault });
  // A connection of its own: a limit must not wait behind a report of thousands of tokens.
  const shared = connectRedis(options);
  // Until it is there, each replica would count alone.
  await shared
    .run((client) => client.ping())
    .catch(async (error: unknown) => {
      shared.close();
      await ledger.close();
      throw error;
    });
  return {
    ledger,
    redis: shared.client,
    async close() {
      shared.close();
      await ledger.close();
    },
  };
}
