import { randomBytes } from 'node:crypto';
import type { Keys } from '../../src/vault/keys.ts';
import { Vault } from '../../src/vault/seal.ts';

/** Fresh keys that live in memory only. */
export function testKeys(): Keys {
  return { fingerprintKey: randomBytes(32), sealingKeys: [{ id: 'k1', key: randomBytes(32) }] };
}

/** One for all tests of a file that need no other. */
export const TEST_VAULT = new Vault(testKeys());
