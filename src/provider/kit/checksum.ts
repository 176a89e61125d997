/** For tokens that end with a checksum of their other characters, so that a forged text is recognised without a call. */
import { crc32 } from 'node:zlib';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM_LENGTH = 6;

/**
 * Whether the last six characters are the CRC32 of the others, in base 62, as in tokens of GitHub and npm.
 * @param body what follows the fixed head: `ghp_`, `npm_`
 */
export function endsInChecksum(body: string): boolean {
  const text = body.slice(0, -CHECKSUM_LENGTH);
  return text !== '' && body.slice(-CHECKSUM_LENGTH) === checksumOf(text);
}

/** Six characters, with zeros in front. */
export function checksumOf(text: string): string {
  let rest = crc32(text);
  let encoded = '';
  for (; rest > 0; rest = Math.floor(rest / BASE62.length))
    encoded = BASE62.charAt(rest % BASE62.length) + encoded;
  return encoded.padStart(CHECKSUM_LENGTH, '0');
}
