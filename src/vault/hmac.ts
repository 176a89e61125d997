import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** As much text as is worked on in place; few are longer. */
const ROOM_BYTES = 4_096;

/** A character takes three bytes at most in UTF-8. */
const MAX_LENGTH = ROOM_BYTES / 3;

/**
 * HMAC-SHA-256 (RFC 2104) in hexadecimal digits, under one key. Each reported token takes one: two plain hashes over
 * blocks that are prepared here cost less than the object that `createHmac` makes, most of all in garbage.
 * @param key of at most 64 bytes
 */
export function createHmacSha256(key: Uint8Array): (text: string) => string {
  if (key.length > BLOCK_BYTES) throw new RangeError('The key is longer than a block of the hash.');
  const inner = Buffer.alloc(BLOCK_BYTES + ROOM_BYTES);
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  for (let at = 0; at < BLOCK_BYTES; at++) {
    inner[at] = (key[at] ?? 0) ^ 0x36;
    outer[at] = (key[at] ?? 0) ^ 0x5c;
  }
  return (text) => {
    const isShort = text.length <= MAX_LENGTH;
    const message = isShort
      ? inner.subarray(0, BLOCK_BYTES + inner.write(text, BLOCK_BYTES))
      : Buffer.concat([inner.subarray(0, BLOCK_BYTES), Buffer.from(text)]);
    outer.set(hash('sha256', message, 'buffer'), BLOCK_BYTES);
    // A token was in it.
    if (isShort) inner.fill(0, BLOCK_BYTES, message.length);
    return hash('sha256', outer, 'hex');
  };
}
