import { readFileSync, statSync } from 'node:fs';
import type { CopySource, CopyTarget } from './ledger/copy.ts';
import { type Ledger, LedgerError } from './ledger/ledger.ts';
import type { LedgerLook } from './ledger/look.ts';
import type { Certificates, RedisConnectionOptions } from './ledger/redis/connection.ts';
import type { LedgerVault } from './ledger/vault.ts';
import type { Secret } from './words/secret.ts';

export interface LedgerSettings {
  /** `sqlite:PATH` or a Redis URL. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  readonly sentinelUsername?: string | undefined;
  readonly sentinelPassword?: Secret | undefined;
  /** Paths of PEM files, read when the ledger is opened. */
  readonly tls?: TlsFiles | undefined;
  /** Of Redis: over how many hash slots the entries are spread; default 1. */
  readonly partitions?: number | undefined;
}

interface TlsFiles {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
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
 * @param onNew told, in a sentence for the operator, that there was none and an empty one was made
 * @throws {LedgerError} `unavailable`, `wrong-keys`
 */
export async function openLedger(
  settings: LedgerSettings,
  vault: LedgerVault,
  onNew: (sentence: string) => void = () => {},
): Promise<OpenedLedger> {
  if (settings.url.startsWith(SQLITE)) {
    const { openSqliteLedger } = await import('./ledger/sqlite/ledger.ts');
    const path = settings.url.slice(SQLITE.length);
    // A start on a full disk leaves an empty file.
    const isNew = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0;
    const ledger = openSqliteLedger({ path, vault });
    if (isNew) onNew(madeAnew(`at ${path}`));
    return { ledger, close: () => ledger.close() };
  }
  const { openRedisLedger } = await import('./ledger/redis/open.ts');
  const { connectRedis } = await import('./ledger/redis/connection.ts');
  const options = redisOptions(settings);
  const ledger = await openRedisLedger({
    ...options,
    vault,
    partitions: settings.partitions,
    onNew: (missing) => onNew(missing === 'all' ? madeAnew('in this Redis') : MADE_IN_PART),
  });
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

/** For whoever only asks: a ledger that is made or migrated by a question surprises the service that runs on it. */
export async function lookAtLedger(settings: LedgerSettings): Promise<LedgerLook> {
  if (settings.url.startsWith(SQLITE)) {
    const { lookAtSqlite } = await import('./ledger/sqlite/look.ts');
    return lookAtSqlite(settings.url.slice(SQLITE.length));
  }
  const { lookAtRedis } = await import('./ledger/redis/look.ts');
  return lookAtRedis(redisOptions(settings), settings.partitions);
}

const MADE_IN_PART =
  'A part of the ledger in this Redis was not there, so an empty one was made: its entries, modes and sessions are gone. Stop Quash and bring the backup back, or report again what waited (quash sweep).';

function madeAnew(where: string): string {
  return `There was no ledger ${where}, so an empty one was made. Where there should be one, stop Quash, and correct ledger.url or bring it back from a backup.`;
}

/**
 * A ledger that no service uses, to be copied from.
 * @throws {LedgerError} `unavailable`, `wrong-keys`
 */
export async function openCopySource(settings: LedgerSettings, vault: LedgerVault): Promise<CopySource> {
  if (settings.url.startsWith(SQLITE)) {
    const { openSqliteSource } = await import('./ledger/sqlite/copy.ts');
    return openSqliteSource({ path: settings.url.slice(SQLITE.length), vault });
  }
  const { openRedisSource } = await import('./ledger/redis/copy.ts');
  return openRedisSource({ ...redisOptions(settings), vault, partitions: settings.partitions ?? 1 });
}

/**
 * An empty place for a copy, or one whose copy has not ended.
 * @throws {LedgerError} `unavailable`, `wrong-keys`
 */
export async function openCopyTarget(settings: LedgerSettings, vault: LedgerVault): Promise<CopyTarget> {
  if (settings.url.startsWith(SQLITE)) {
    const { openSqliteTarget } = await import('./ledger/sqlite/copy.ts');
    return openSqliteTarget({ path: settings.url.slice(SQLITE.length), vault });
  }
  const { openRedisTarget } = await import('./ledger/redis/copy.ts');
  return openRedisTarget({ ...redisOptions(settings), vault, partitions: settings.partitions ?? 1 });
}

/** @returns what is wrong with an address; undefined when nothing is. Nothing of it is repeated */
export async function faultOfUrl(url: string): Promise<string | undefined> {
  if (url.startsWith(SQLITE)) return undefined;
  const { parseRedisUrl } = await import('./words/redis-url.ts');
  try {
    parseRedisUrl(url);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'The address is not valid.';
  }
}

function redisOptions(settings: LedgerSettings): RedisConnectionOptions {
  const { url, username, password, sentinelUsername, sentinelPassword, tls } = settings;
  return {
    url,
    ...(username !== undefined && { username }),
    ...(password && { password: password.reveal() }),
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(sentinelPassword && { sentinelPassword: sentinelPassword.reveal() }),
    ...(tls && { certificates: readCertificates(tls) }),
  };
}

function readCertificates({ caFile, certFile, keyFile }: TlsFiles): Certificates {
  return {
    ...(caFile !== undefined && { ca: readPem('caFile', caFile) }),
    ...(certFile !== undefined && { cert: readPem('certFile', certFile) }),
    ...(keyFile !== undefined && { key: readPem('keyFile', keyFile) }),
  };
}

function readPem(key: keyof TlsFiles, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown error';
    throw new LedgerError('unavailable', `ledger.tls.${key}: ${path} cannot be read (${code}).`);
  }
}
