import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createHmacSha256 } from '../../src/vault/hmac.ts';

const TEXTS = ['', 'a', 'provider\0token', 'ключ \u{1f511}', 'k3y9'.repeat(400), '\u{1f511}'.repeat(5_000)];

describe('the HMAC', () => {
  it.each([1, 32, 64])('is the same as that of the library, with a key of %i bytes', (bytes) => {
    const key = randomBytes(bytes);
    const hmac = createHmacSha256(key);
    // Each twice, and the longest first: none has anything of the one before.
    for (const text of [...TEXTS.toReversed(), ...TEXTS]) {
      expect(hmac(text)).toBe(createHmac('sha256', key).update(text).digest('hex'));
    }
  });

  it('refuses a key that would have to be hashed first', () => {
    expect(() => createHmacSha256(randomBytes(65))).toThrow(RangeError);
  });
});
