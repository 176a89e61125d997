/** What is read at the start alone, so that a reload leaves it as it is. */
import { Secret } from '../words/secret.ts';
import type { Config } from './schema.ts';

const OF_PORT = ['host', 'port', 'basePath', 'tls.certFile', 'tls.keyFile', 'tls.clientCaFile'];
const OF_LEDGER = ['url', 'username', 'password', 'sentinelUsername', 'sentinelPassword', 'partitions'];
const OF_LEDGER_TLS = ['tls.caFile', 'tls.certFile', 'tls.keyFile'];

const START_KEYS = [
  ...OF_PORT.map((key) => `listen.${key}`),
  ...OF_PORT.map((key) => `admin.${key}`),
  ...[...OF_LEDGER, ...OF_LEDGER_TLS].map((key) => `ledger.${key}`),
  'log.level',
];

/** @returns those of them that have another value now */
export function changedStartKeys(atStart: Config, now: Config): readonly string[] {
  return START_KEYS.filter((key) => !isEqual(valueAt(atStart, key), valueAt(now, key)));
}

function valueAt(config: Config, key: string): unknown {
  return key.split('.').reduce((value: unknown, name) => (value as Record<string, unknown>)?.[name], config);
}

function isEqual(one: unknown, other: unknown): boolean {
  return one instanceof Secret && other instanceof Secret ? one.equals(other) : one === other;
}
