/** The ledgers that version 0.1.0 left behind; see `test/ledger/stored-0.1.0/README.md`. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import type { Announcement } from '../../src/ledger/announcement.ts';
import type { Count, EntryDetails } from '../../src/ledger/entry.ts';
import type { LaneState } from '../../src/ledger/lane-state.ts';
import type { Hour } from '../../src/ledger/statistics.ts';
import { type Keys, loadKeys } from '../../src/vault/keys.ts';
import type { Mode } from '../../src/words/mode.ts';
import { type AtEnd, temporaryFolder } from './temporary-folder.ts';

const STORED = resolve(import.meta.dirname, '../ledger/stored-0.1.0');

/** An entry as 0.1.0 itself read it back. */
export interface StoredEntry extends EntryDetails {
  /** The case that this entry stands for. */
  readonly name: string;
  /** The plaintexts of its sealed texts; null when they are erased. The entry's id is that of the token. */
  readonly opens: StoredMaterial | null;
}

interface StoredMaterial {
  /** The file that is a part of the id, where the token's text is the same for many. */
  readonly place?: string;
  /** Fingerprints of the other halves, by kind. */
  readonly parts?: Readonly<Record<string, readonly string[]>>;
  /** Absent when the provider noted nothing. */
  readonly note?: unknown;
}

/** What is stored beside the entries. */
export interface StoredRest {
  /** The time of the last write. */
  readonly writtenUntil: number;
  readonly counts: readonly Count[];
  readonly oldestQueuedAt: number;
  /** Of the providers that have entries. */
  readonly lanes: readonly (Omit<LaneState, 'revokedLastHour' | 'valveOpensAt' | 'shareOpensAt'> & {
    readonly begun: number;
    readonly begunSince: number;
  })[];
  readonly modes: Readonly<Record<string, Mode>>;
  readonly hours: readonly Hour[];
  /** By channel: what it has not confirmed, and when it may have that. */
  readonly announcements: Readonly<
    Record<string, { readonly freeAt: number; readonly waiting: readonly Announcement[] }>
  >;
}

/** Newest first. */
export const STORED_ENTRIES = readJson<readonly StoredEntry[]>('entries.json');
export const STORED_REST = readJson<StoredRest>('ledger.json');

type StoredKey = { readonly key: string } & (
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'list' | 'set'; readonly value: readonly string[] }
  /** Fields with their values; members with their scores. */
  | { readonly type: 'hash' | 'zset'; readonly value: Readonly<Record<string, string>> }
  /** Ids with fields and values. */
  | { readonly type: 'stream'; readonly value: Readonly<Record<string, Readonly<Record<string, string>>>> }
);

export const STORED_KEYS_FILE = join(STORED, 'keys.json');

/** The keys that the tokens are sealed with, of which the older one was in use at first. */
export function storedKeys(): Promise<Keys> {
  return loadKeys(STORED_KEYS_FILE);
}

/** @returns the path of a fresh copy, which ends with the running test */
export function copyOfStoredSqlite(atEnd?: AtEnd): string {
  const path = join(temporaryFolder(atEnd), 'quash.db');
  copyFileSync(join(STORED, 'quash.db'), path);
  return path;
}

/** Writes into an empty server of this machine, by commands that every version of Redis knows. */
export async function restoreStoredRedis(port: number): Promise<void> {
  const client = new Redis({ host: '127.0.0.1', port });
  try {
    for (const stored of readJson<readonly StoredKey[]>('redis.json')) {
      for (const [command, ...args] of commandsOf(stored)) await client.call(command, stored.key, ...args);
    }
  } finally {
    client.disconnect();
  }
}

function commandsOf(stored: StoredKey): readonly (readonly [command: string, ...args: string[]])[] {
  switch (stored.type) {
    case 'string':
      return [['SET', stored.value]];
    case 'list':
      return [['RPUSH', ...stored.value]];
    case 'set':
      return [['SADD', ...stored.value]];
    case 'hash':
      return [['HSET', ...Object.entries(stored.value).flat()]];
    case 'zset':
      return [['ZADD', ...Object.entries(stored.value).flatMap(([member, score]) => [score, member])]];
    case 'stream':
      return Object.entries(stored.value).map(([id, fields]) => [
        'XADD',
        id,
        ...Object.entries(fields).flat(),
      ]);
  }
}

function readJson<Content>(name: string): Content {
  return JSON.parse(readFileSync(join(STORED, name), 'utf8'));
}
