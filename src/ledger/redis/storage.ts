import type { LedgerVault } from '../vault.ts';
import type { RedisConnection } from './connection.ts';
import { diskSync, durabilityWarnings, groupCommit, replicated } from './durability.ts';
import type { PartitionKeys } from './keys.ts';
import { callScript, type Replies, type ScriptName, type Values } from './scripts.ts';

/** The keys under one hash tag, and the scripts that work on them. */
export class RedisStorage {
  /** Closed with this. */
  readonly connection: RedisConnection;
  readonly keys: PartitionKeys;
  readonly vault: LedgerVault;
  /** Resolves once all is durable that was answered before. */
  readonly written: () => Promise<void>;
  /** Blocks while it waits for the disk, so nothing else may use it. */
  readonly #syncConnection: RedisConnection;
  /** Of the ledger that was opened here, which is no more worked with once another one stands in its place. */
  #ledgerId = '';

  constructor(connection: RedisConnection, keys: PartitionKeys, vault: LedgerVault) {
    this.connection = connection;
    this.keys = keys;
    this.vault = vault;
    this.#syncConnection = connection.duplicate();
    this.written = groupCommit(diskSync(this.#syncConnection, keys.sync));
  }

  /** @throws {LedgerError} `unavailable` */
  script<Name extends ScriptName>(name: Name, args: Values): Promise<Replies[Name]> {
    return this.connection.run((client) => callScript(client, this.keys, name, args, this.#ledgerId));
  }

  /** From here on the scripts work with this ledger alone. */
  goOnWith(ledgerId: string): void {
    this.#ledgerId = ledgerId;
  }

  /** See {@link replicated}. @throws {LedgerError} `unavailable` */
  replicated(): Promise<void> {
    return replicated(this.#syncConnection, this.keys.sync);
  }

  /** See {@link Ledger.warnings}. */
  warnings(): Promise<readonly string[]> {
    return durabilityWarnings(this.connection, this.keys.sync);
  }

  close(): void {
    this.connection.close();
    this.#syncConnection.close();
  }
}
