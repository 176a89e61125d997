import { expect, it } from 'vitest';
import { decodeText } from '../../src/words/decode-text.ts';

const TEXT = '[{"a":"\u00e9"}]';

it.each([
  ['UTF-8', Buffer.from(TEXT)],
  ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${TEXT}`)],
  ['UTF-16, as PowerShell writes it', Buffer.from(`\ufeff${TEXT}`, 'utf16le')],
  ['UTF-16 the other way round', Buffer.from(`\ufeff${TEXT}`, 'utf16le').swap16()],
  ['UTF-16 without its mark', Buffer.from(TEXT, 'utf16le')],
  ['that the other way round', Buffer.from(TEXT, 'utf16le').swap16()],
])('reads %s', (_, bytes) => {
  expect(decodeText(bytes)).toBe(TEXT);
});

it('reads what is too short to tell', () => {
  expect(decodeText(Buffer.alloc(0))).toBe('');
  expect(decodeText(Buffer.from('a'))).toBe('a');
});
