import { describe, expect, it } from 'vitest';
import { checksumOf, endsInChecksum } from '../../src/provider/kit/checksum.ts';

// GitHub published this body as an example of its format; it never was a token that works.
const EXAMPLE = ['zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ', '0mLq17'].join('');

describe('the checksum of tokens', () => {
  it('is the CRC32 of all characters before, in base 62', () => {
    expect(endsInChecksum(EXAMPLE)).toBe(true);
  });

  it('does not fit a body that was cut, lengthened or changed', () => {
    for (let length = 0; length < EXAMPLE.length; length++) {
      expect(endsInChecksum(EXAMPLE.slice(0, length))).toBe(false);
    }
    expect(endsInChecksum(`${EXAMPLE}7`)).toBe(false);
    expect(endsInChecksum(`a${EXAMPLE.slice(1)}`)).toBe(false);
  });

  it('has six characters, whatever the number', () => {
    expect(checksumOf('a'.repeat(30))).toHaveLength(6);
    expect(checksumOf('')).toBe('000000');
  });
});
