import { randomBytes } from 'node:crypto';
import type { Keys } from '../../src/vault/keys.ts';

/** Fresh keys that live in memory only. */
export function testKeys(): Keys {
  return { fingerprintKey: randomBytes(32), sealingKeys: [{ id: 'k1', key: randomBytes(32) }] };
}
