import type { Secret } from '../secret.ts';
import type { Ledger } from './ledger.ts';

export interface LedgerSettings {
  /** `sqlite:PATH` or a Redis URL. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
}

export interface OpenedLedger {
  readonly ledger: Ledger;
  /** The ioredis client, for what else is shared by all replicas; absent with SQLite. */
  readonly redis?: unknown;
}

const SQLITE = 'sqlite:';

/**
 * Opens the ledger that the URL names; only that one's code is loaded.
 * @param keyCheck `Vault.keyCheck()`
 * @throws {LedgerError} `unavailable`, `wrong-keys`
 */
export async function openLedger(settings: LedgerSettings, keyCheck: string): Promise<OpenedLedger> {
  if (settings.url.startsWith(SQLITE)) {
    const { openSqliteLedger } = await import('./sqlite.ts');
    return { ledger: openSqliteLedger({ path: settings.url.slice(SQLITE.length), keyCheck }) };
  }
  throw new Error('TODO redis');
}
