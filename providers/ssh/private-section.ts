/**
 * The private part of a key file in OpenSSH's own format (its PROTOCOL.key), where it has no passphrase.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type Reader, readerOf } from './wire.ts';

/** Signing takes seconds with keys that are larger than anybody's. */
export const MAX_MODULUS_BITS = 8192;

export const CURVES = [
  { ssh: 'nistp256', jwk: 'P-256', bytes: 32 },
  { ssh: 'nistp384', jwk: 'P-384', bytes: 48 },
  { ssh: 'nistp521', jwk: 'P-521', bytes: 66 },
] as const;

/** Undefined for types whose private part cannot be read here: DSA, and those of hardware. */
export function readPrivateSection(section: Buffer): KeyObject | undefined {
  // The first eight bytes only tell a right passphrase from a wrong one.
  const reader = readerOf(section.subarray(8));
  const type = reader.field().toString();
  if (type === 'ssh-ed25519') return readEd25519(reader);
  if (type === 'ssh-rsa') return readRsa(reader);
  const curve = CURVES.find(({ ssh }) => type === `ecdsa-sha2-${ssh}`);
  return curve && readEcdsa(reader, curve);
}

function readEd25519(reader: Reader): KeyObject {
  const x = reader.field();
  const seed = reader.field().subarray(0, 32);
  return fromJwk({ kty: 'OKP', crv: 'Ed25519' }, { x, d: seed });
}

function readRsa(reader: Reader): KeyObject | undefined {
  const n = reader.integer();
  if (n.length * 8 > MAX_MODULUS_BITS) return undefined;
  const e = reader.integer();
  const d = reader.integer();
  const qi = reader.integer();
  const p = reader.integer();
  const q = reader.integer();
  const dp = remainder(d, p);
  const dq = remainder(d, q);
  return fromJwk({ kty: 'RSA' }, { n, e, d, p, q, dp, dq, qi });
}

function readEcdsa(reader: Reader, { jwk, bytes }: (typeof CURVES)[number]): KeyObject {
  reader.field(); // The curve's name once more.
  const point = reader.field();
  const d = Buffer.concat([Buffer.alloc(bytes), reader.integer()]).subarray(-bytes);
  const x = point.subarray(1, 1 + bytes);
  const y = point.subarray(1 + bytes);
  return fromJwk({ kty: 'EC', crv: jwk }, { x, y, d });
}

function fromJwk(kind: Record<string, string>, numbers: Record<string, Buffer>): KeyObject {
  const encoded = Object.entries(numbers).map(([name, bytes]) => [name, bytes.toString('base64url')]);
  return createPrivateKey({ key: { ...kind, ...Object.fromEntries(encoded) }, format: 'jwk' });
}

/** Of `d` by one less than the prime, which is what the Chinese remainder theorem works with. */
function remainder(d: Buffer, prime: Buffer): Buffer {
  const number = (bytes: Buffer) => BigInt(`0x0${bytes.toString('hex')}`);
  const hex = (number(d) % (number(prime) - 1n)).toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
}
