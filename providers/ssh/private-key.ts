/**
 * From the text of a private key to the public key that servers know it by.
 *
 * A private key file also says which public key belongs to it, and whoever wrote the file may have put someone else's
 * there. So the two are proven to belong together, by a signature, wherever the private part can be read.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** What a text holds of one private key. */
export interface Block {
  /** `RSA PRIVATE KEY` */
  readonly label: string;
  /** The base64 text without white space; empty when only the header is there. */
  readonly body: string;
  readonly isWhole: boolean;
  /** It has a passphrase in the way of before OpenSSH's own format. */
  readonly isSealed: boolean;
}

export type PublicKey =
  /** @property fingerprint `SHA256:…`, as OpenSSH and GitLab write it */
  | { readonly state: 'proven' | 'unproven'; readonly fingerprint: string }
  /** It has a passphrase, and nothing of the public key can be read without that. */
  | { readonly state: 'sealed' }
  | { readonly state: 'unreadable' };

const LABEL = '(?:(?:RSA|DSA|EC|OPENSSH|ENCRYPTED) )?PRIVATE KEY';
/** Up to the next five hyphens. */
const INSIDE = '(?:[^-]|-(?!----))*';

/** `openssh-key-v1` and the length of the cipher's name, in base64; the cipher `none` goes on like this. */
const OPENSSH_START = 'b3BlbnNzaC1rZXktdjEAAAAA(?!BG5vbmU)';

/** A whole key, or a header with as much as there is of its body. */
export const PRIVATE_KEY = new RegExp(
  `-----BEGIN (?<label>${LABEL})-----(?:(?<whole>${INSIDE})-----END ${LABEL}-----|(?<part>[A-Za-z0-9+/=\\s\\\\]{64,}))?`,
);
/** A whole key in OpenSSH's own format with a passphrase. */
export const ENCRYPTED_OPENSSH_KEY = new RegExp(
  `-----BEGIN OPENSSH PRIVATE KEY-----[\\s\\\\rn]{0,64}${OPENSSH_START}${INSIDE}-----END OPENSSH PRIVATE KEY-----`,
);
export const PGP_PRIVATE_KEY = /-----BEGIN PGP PRIVATE KEY BLOCK-----/;

/** All of them, also where line ends are written as `\n`. */
export function blocksIn(text: string): readonly Block[] {
  const plain = text.replace(/\\r|\\n/g, '\n');
  return [...plain.matchAll(new RegExp(PRIVATE_KEY, 'g'))].map(({ groups }) => {
    const { label = '', whole, part = '' } = groups ?? {};
    const inside = whole ?? part;
    return {
      label,
      body: inside.replace(/[^A-Za-z0-9+/=]/g, ''),
      isWhole: whole !== undefined,
      isSealed: label.startsWith('ENCRYPTED') || inside.includes('Proc-Type:'),
    };
  });
}

export function publicKeyOf({ label, body, isSealed }: Block): PublicKey {
  if (isSealed) return { state: 'sealed' };
  try {
    if (label.startsWith('OPENSSH')) return readOpenSsh(Buffer.from(body, 'base64'));
    const lines = body.match(/.{1,64}/g)?.join('\n');
    return provenKey(createPrivateKey(`-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`));
  } catch {
    // Whatever it is, it is no key.
    return { state: 'unreadable' };
  }
}

/** @param blob a public key as SSH sends it */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** Signing takes seconds with keys that are larger than anybody's. */
const MAX_MODULUS_BITS = 8192;

function provenKey(privateKey: KeyObject): PublicKey {
  const publicKey = createPublicKey(privateKey);
  const blob = blobOf(publicKey);
  if (!blob || (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) > MAX_MODULUS_BITS) {
    return { state: 'unreadable' };
  }
  const fingerprint = fingerprintOf(blob);
  return { state: belongTogether(privateKey, publicKey) ? 'proven' : 'unproven', fingerprint };
}

function belongTogether(privateKey: KeyObject, publicKey: KeyObject): boolean {
  const digest = publicKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const message = Buffer.from('Do you belong together?');
  try {
    return verify(digest, message, publicKey, sign(digest, message, privateKey));
  } catch {
    return false;
  }
}

/** Undefined for what is not used with SSH. */
function blobOf(key: KeyObject): Buffer | undefined {
  switch (key.asymmetricKeyType) {
    case 'rsa': {
      const { n = '', e = '' } = key.export({ format: 'jwk' });
      return joined(text('ssh-rsa'), integer(bytesOf(e)), integer(bytesOf(n)));
    }
    case 'ec': {
      const { crv = '', x = '', y = '' } = key.export({ format: 'jwk' });
      const curve = CURVES.find(({ jwk }) => jwk === crv);
      const point = Buffer.concat([Buffer.of(4), bytesOf(x), bytesOf(y)]);
      return curve && joined(text(`ecdsa-sha2-${curve.ssh}`), text(curve.ssh), point);
    }
    case 'ed25519': {
      const { x = '' } = key.export({ format: 'jwk' });
      return joined(text('ssh-ed25519'), bytesOf(x));
    }
    case 'dsa':
      return joined(text('ssh-dss'), ...integersIn(key.export({ format: 'der', type: 'spki' })).map(integer));
    default:
      return undefined;
  }
}

const text = (value: string): Buffer => Buffer.from(value);
const bytesOf = (base64url: string): Buffer => Buffer.from(base64url, 'base64url');

const CURVES = [
  { ssh: 'nistp256', jwk: 'P-256', bytes: 32 },
  { ssh: 'nistp384', jwk: 'P-384', bytes: 48 },
  { ssh: 'nistp521', jwk: 'P-521', bytes: 66 },
] as const;

/** OpenSSH's PROTOCOL.key. The public key stands there unencrypted, also where there is a passphrase. */
function readOpenSsh(file: Buffer): PublicKey {
  const magic = 'openssh-key-v1\0';
  if (file.subarray(0, magic.length).toString('latin1') !== magic) return { state: 'unreadable' };
  const reader = readerOf(file.subarray(magic.length));
  const cipher = reader.field().toString();
  reader.field(); // How the passphrase becomes a key,
  reader.field(); // and with which parameters.
  if (reader.count() !== 1) return { state: 'unreadable' };
  const fingerprint = fingerprintOf(reader.field());
  if (cipher !== 'none') return { state: 'unproven', fingerprint };
  const privateKey = readPrivateSection(reader.field());
  const key = privateKey && provenKey(privateKey);
  const isProven = key?.state === 'proven' && key.fingerprint === fingerprint;
  return { state: isProven ? 'proven' : 'unproven', fingerprint };
}

/** Undefined for types whose private part cannot be read here: DSA, and those of hardware. */
function readPrivateSection(section: Buffer): KeyObject | undefined {
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

/** Reads what SSH writes: fields, each behind its length. */
interface Reader {
  field(): Buffer;
  /** Without the zero that keeps it from being negative. */
  integer(): Buffer;
  count(): number;
}

/** What it returns throws a `RangeError` where the bytes end too soon. */
function readerOf(bytes: Buffer): Reader {
  let at = 0;
  const count = (): number => {
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const field = (): Buffer => {
    const end = count() + at;
    if (end > bytes.length) throw new RangeError('The field is longer than what is there.');
    const content = bytes.subarray(at, end);
    at = end;
    return content;
  };
  return { field, integer: () => trimmed(field()), count };
}

function trimmed(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first === -1 ? Buffer.alloc(0) : bytes.subarray(first);
}

/** The fields behind each other as SSH sends them. */
function joined(...fields: readonly Buffer[]): Buffer {
  const parts = fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  });
  return Buffer.concat(parts);
}

/** A positive number in SSH's spelling. */
function integer(bytes: Buffer): Buffer {
  const number = trimmed(bytes);
  return (number[0] ?? 0) > 127 ? Buffer.concat([Buffer.of(0), number]) : number;
}

/** The integers of a DER structure, in their order, at any depth. */
function integersIn(der: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < der.length; ) {
    const tag = der.readUInt8(at);
    const short = der.readUInt8(at + 1);
    const sizeBytes = short > 127 ? short - 128 : 0;
    const start = at + 2 + sizeBytes;
    const length = sizeBytes === 0 ? short : der.readUIntBE(at + 2, sizeBytes);
    const content = der.subarray(start, start + length);
    if (tag === 2) found.push(content);
    if (tag === 0x30) found.push(...integersIn(content));
    // A bit string says first how many of its bits do not count.
    if (tag === 3) found.push(...integersIn(content.subarray(1)));
    at = start + length;
  }
  return found;
}
