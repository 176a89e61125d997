import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { blocksIn } from './block.ts';
import { newRsaKey } from './cases.ts';
import { publicKeyOf } from './private-key.ts';
import * as keys from './test-keys.ts';

const read = (text: string) => blocksIn(text).map(publicKeyOf);

describe('the public key of a private key', () => {
  it.each([
    ['ed25519', keys.ed25519],
    ['rsa', keys.rsa],
    ['ecdsa with 256 bits', keys.ecdsaP256],
    ['ecdsa with 384 bits', keys.ecdsaP384],
    ['ecdsa with 521 bits', keys.ecdsaP521],
    ['ecdsa in the format SEC1', keys.sec1],
    ['rsa in the format PKCS8', keys.pkcs8],
  ])('is proven to be the one that OpenSSH made for %s', (_type, { pem, fingerprint }) => {
    expect(read(pem)).toEqual([{ state: 'proven', fingerprint }]);
  });

  it('is proven for DSA, which OpenSSH no longer makes', () => {
    const { privateKey } = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
    const fingerprint = expect.stringMatching(/^SHA256:[\w+/]{43}$/);
    expect(read(pkcs8(privateKey))).toEqual([{ state: 'proven', fingerprint }]);
  });

  it('is known but not proven when there is a passphrase', () => {
    const { pem, fingerprint } = keys.withPassphrase;
    expect(read(pem)).toEqual([{ state: 'unproven', fingerprint }]);
  });

  it.each(['pkcs8', 'sec1'] as const)('is not known when there is a passphrase in the format %s', (type) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const sealed = privateKey.export({ type, format: 'pem', cipher: 'aes-128-cbc', passphrase: 'secret' });
    expect(read(sealed.toString())).toEqual([{ state: 'sealed' }]);
  });

  it.each([
    ['a key that SSH does not use', pkcs8(generateKeyPairSync('x25519').privateKey)],
    [
      'an EC key that SSH does not use',
      pkcs8(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey),
    ],
    ['no key at all', keys.armoured('RSA PRIVATE KEY', 'bm8ga2V5')],
    [
      'an OpenSSH key that ends too soon',
      keys.armoured('OPENSSH PRIVATE KEY', bodyOf(keys.rsa.pem).slice(0, 400)),
    ],
    ['only the beginning of an OpenSSH key', keys.armoured('OPENSSH PRIVATE KEY', 'b3BlbnNzaC1rZXktdjEA')],
  ])('is not there in %s', (_what, pem) => {
    expect(read(pem)).toEqual([{ state: 'unreadable' }]);
  });
});

describe('a file in which somebody put the public key of somebody else', () => {
  const ed25519 = () =>
    Buffer.from(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const rsa = (bits: number) => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
    return Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url');
  };
  const p256 = () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return publicKey.export({ format: 'der', type: 'spki' }).subarray(-65);
  };

  it.each([
    ['ed25519', keys.ed25519, ed25519()],
    ['rsa', keys.rsa, rsa(1024)],
    ['ecdsa', keys.ecdsaP256, p256()],
  ])('proves nothing in the format of OpenSSH for %s', (_type, { pem }, theirs) => {
    const file = Buffer.from(bodyOf(pem), 'base64');
    // The public key ends where the private section begins, whose length stands between.
    const end = publicKeyEnd(file);
    const forged = replacedAll(file, file.subarray(end - theirs.length, end), theirs);
    const [key] = read(keys.armoured('OPENSSH PRIVATE KEY', forged.toString('base64')));
    expect(key?.state).not.toBe('proven');
  });

  it('proves nothing when only the part that is never encrypted names it', () => {
    const file = Buffer.from(bodyOf(keys.ed25519.pem), 'base64');
    ed25519().copy(file, publicKeyEnd(file) - 32);
    const [key] = read(keys.armoured('OPENSSH PRIVATE KEY', file.toString('base64')));
    expect(key?.state).toBe('unproven');
  });

  it('proves nothing in the format of OpenSSL', () => {
    const own = newRsaKey();
    const modulus = Buffer.from(own.authorized.split(' ')[1] ?? '', 'base64').subarray(-256);
    const forged = replacedAll(Buffer.from(bodyOf(own.pem), 'base64'), modulus, rsa(2048));
    const [key] = read(keys.armoured('RSA PRIVATE KEY', forged.toString('base64')));
    expect(key?.state).not.toBe('proven');
  });
});

describe('keys inside a text', () => {
  const { pem, fingerprint } = newRsaKey();
  const proven = [{ state: 'proven', fingerprint }];
  const eachLine = (write: (line: string) => string) => pem.split('\n').map(write).join('\n');

  it.each([
    ['with line ends written out', `{"key": "${pem.replaceAll('\n', '\\n')}\\n"}`],
    ['with line ends of Windows', pem.replaceAll('\n', '\r\n')],
    ['indented', pem.replaceAll('\n', '\n      ')],
    ['out of JSON with each slash escaped', JSON.stringify(pem).replaceAll('/', '\\/')],
    ['out of JSON in JSON', JSON.stringify(JSON.stringify(pem))],
    ['with line ends written by their numbers', pem.replaceAll('\n', '\\u000a')],
    ['put together by a program', eachLine((line) => `"${line}\\n" +`)],
    ['put together by a program that needs no sign for it', eachLine((line) => `'${line}\\n'`)],
    ['out of a patch', eachLine((line) => `+${line}`)],
    ['out of a comment', eachLine((line) => `// ${line}`)],
    ['out of a comment without blanks', eachLine((line) => `//${line}`)],
    ['out of XML', pem.replaceAll('\n', '&#10;')],
    ['out of a page', pem.replaceAll('\n', '<br/>')],
    ['out of an address', pem.replaceAll('\n', '%0A').replaceAll('+', '%2B').replaceAll('/', '%2F')],
  ])('are read %s', (_how, text) => expect(read(text)).toEqual(proven));

  it('are seen as parts when their end is missing', () => {
    const [block] = blocksIn(pem.slice(0, 400));
    expect(block).toMatchObject({ label: 'RSA PRIVATE KEY', isWhole: false });
    expect(block?.body.length).toBeGreaterThan(300);
    expect(blocksIn('-----BEGIN PRIVATE KEY-----')).toMatchObject([{ isWhole: false, body: '' }]);
  });
});

function pkcs8(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function bodyOf(pem: string): string {
  return pem.replace(/-----[^-]+-----|\n/g, '');
}

/** Behind the magic, the three fields of the passphrase, the number of keys, and the key itself. */
function publicKeyEnd(file: Buffer): number {
  let at = 'openssh-key-v1\0'.length;
  for (let field = 0; field < 3; field++) at += 4 + file.readUInt32BE(at);
  at += 4;
  return at + 4 + file.readUInt32BE(at);
}

function replacedAll(file: Buffer, from: Buffer, to: Buffer): Buffer {
  const forged = Buffer.from(file);
  const copy = Buffer.from(from);
  for (let at = forged.indexOf(copy); at !== -1; at = forged.indexOf(copy, at + 1)) to.copy(forged, at);
  return forged;
}
