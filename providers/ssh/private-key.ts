/**
 * From the text of a private key to the public key that servers know it by.
 *
 * A private key file also says which public key belongs to it, and whoever wrote the file may have put someone else's
 * there. So the two are proven to belong together, by a signature, wherever the private part can be read.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Block } from './block.ts';
import { CURVES, MAX_MODULUS_BITS, readPrivateSection } from './private-section.ts';
import { integer, integersIn, joined, readerOf } from './wire.ts';

export type PublicKey =
  /** @property fingerprint `SHA256:…`, as OpenSSH and GitLab write it */
  | { readonly state: 'proven' | 'unproven'; readonly fingerprint: string }
  /** It has a passphrase, and nothing of the public key can be read without that. */
  | { readonly state: 'sealed' }
  | { readonly state: 'unreadable' };

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
