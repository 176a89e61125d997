import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { UnsealError, Vault } from '../../src/vault/seal.ts';
import { Secret } from '../../src/words/secret.ts';
import { testKeys } from '../support/test-keys.ts';

const ID = 'a'.repeat(32);
const SECRET = new Secret('something leaked');

/** Of twelve bytes in base64url. */
const NONCE_LENGTH = 16;

describe('sealing', () => {
  it('opens what it sealed, and shows nothing of it', () => {
    const vault = new Vault(testKeys());
    const sealed = vault.seal(ID, 'token', SECRET);
    expect(sealed).not.toContain(SECRET.reveal());
    expect(vault.open(ID, 'token', sealed).reveal()).toBe(SECRET.reveal());
  });

  it('gives another text each time', () => {
    const vault = new Vault(testKeys());
    const sealed = Array.from({ length: 1_000 }, () => vault.seal(ID, 'token', SECRET));
    const nonces = sealed.map((text) => text.slice(text.indexOf('.') + 1).slice(0, NONCE_LENGTH));
    expect(new Set(nonces).size).toBe(1_000);
  });

  it.each([
    ['another entry', 'b'.repeat(32), 'token'],
    ['another purpose', ID, 'note'],
  ] as const)('opens in no place but its own: %s', (_name, id, purpose) => {
    const vault = new Vault(testKeys());
    const sealed = vault.seal(ID, 'token', SECRET);
    expect(() => vault.open(id, purpose, sealed)).toThrow(UnsealError);
  });

  it.each([
    ['altered', (sealed: string) => sealed.slice(0, -2) + (sealed.endsWith('AA') ? 'BB' : 'AA')],
    ['cut short', (sealed: string) => sealed.slice(0, 12)],
    ['of an unknown key', (sealed: string) => `other${sealed}`],
    ['empty', () => ''],
    ['without a key', (sealed: string) => sealed.slice(sealed.indexOf('.') + 1)],
  ])('refuses a text that is %s', (_name, spoil) => {
    const vault = new Vault(testKeys());
    expect(() => vault.open(ID, 'token', spoil(vault.seal(ID, 'token', SECRET)))).toThrow(UnsealError);
  });

  it('takes no session for one that was not sealed as such, under its own id and with its own keys', () => {
    const vault = new Vault(testKeys());
    const sealed = vault.sealSession(ID, 'content');

    expect(vault.openSession(ID, sealed)).toBe('content');
    expect(vault.openSession('b'.repeat(32), sealed)).toBeUndefined();
    expect(vault.openSession(ID, vault.seal(ID, 'token', SECRET))).toBeUndefined();
    expect(new Vault(testKeys()).openSession(ID, sealed)).toBeUndefined();
  });

  it('opens old entries after a rotation, and seals new ones with the new key', () => {
    const old = testKeys();
    const sealed = new Vault(old).seal(ID, 'token', SECRET);
    const rotated = { ...old, sealingKeys: [{ id: 'k2', key: randomBytes(32) }, ...old.sealingKeys] };
    const vault = new Vault(rotated);
    expect(vault.open(ID, 'token', sealed).reveal()).toBe(SECRET.reveal());
    expect(vault.seal(ID, 'token', SECRET)).toMatch(/^k2\./);
  });

  it('goes on with rotated keys, but never with another fingerprint key', () => {
    const keys = testKeys();
    const vault = new Vault(keys);
    const rotated = { ...keys, sealingKeys: [{ id: 'k2', key: randomBytes(32) }, ...keys.sealingKeys] };
    expect(vault.replaceKeys(rotated)).toBe(true);
    expect(vault.seal(ID, 'token', SECRET)).toMatch(/^k2\./);
    expect(vault.replaceKeys(testKeys())).toBe(false);
    expect(vault.seal(ID, 'token', SECRET)).toMatch(/^k2\./);
  });

  it('keeps a token together with the halves that were found beside it', () => {
    const vault = new Vault(testKeys());
    const sealed = vault.sealMaterial(ID, {
      ...{ token: SECRET, kind: 'api-key', where: 'https://git.test/a/-/b' },
      parts: { half: [new Secret('h1'), new Secret('h2')] },
    });
    const { token, parts, ...named } = vault.openMaterial(ID, sealed);
    expect(named).toEqual({ kind: 'api-key', where: 'https://git.test/a/-/b' });
    expect(token.reveal()).toBe(SECRET.reveal());
    expect(parts.half?.map((part) => part.reveal())).toEqual(['h1', 'h2']);
  });
});

describe('places', () => {
  const PLACE = 'https://git.test/acme/app/-/raw/0abc123/größe.env#L7';

  it('are sealed, and opened again', () => {
    const vault = new Vault(testKeys());
    const sealed = vault.sealPlace(ID, PLACE);
    expect(sealed).not.toContain('.env');
    expect(vault.openPlace(ID, sealed)).toBe(PLACE);
  });

  it('are known again in one entry, and tell nothing of another one', () => {
    const vault = new Vault(testKeys());
    const key = vault.placeKey(ID, PLACE);
    expect(key).toMatch(/^[\w-]{16}$/);
    expect(vault.placeKey(ID, PLACE)).toBe(key);
    expect([vault.placeKey('b'.repeat(32), PLACE), new Vault(testKeys()).placeKey(ID, PLACE)]).not.toContain(
      key,
    );
  });

  it('say so where they cannot be opened', () => {
    const sealed = new Vault(testKeys()).sealPlace(ID, PLACE);
    expect(new Vault(testKeys()).openPlace(ID, sealed)).toContain('cannot be opened');
  });
});

describe('approvals', () => {
  const vault = new Vault(testKeys());
  const OF = { unproven: false, act: 0 };
  const signed = vault.signApproval(ID, { ...OF, by: 'ada' });

  it('are known by their signature', () => {
    expect(vault.isApproval(ID, OF, signed)).toBe(true);
    const other = { unproven: true, act: 2 };
    expect(vault.isApproval(ID, other, vault.signApproval(ID, { ...other, by: '' }))).toBe(true);
  });

  it.each([
    ['another entry', 'b'.repeat(32), OF, signed],
    ['what is unproven', ID, { ...OF, unproven: true }, signed],
    ['another act', ID, { ...OF, act: 1 }, signed],
    ['another person', ID, OF, signed.replace('ada', 'eve')],
    ['another key file', ID, OF, new Vault(testKeys()).signApproval(ID, { ...OF, by: 'ada' })],
    ['nothing', ID, OF, ''],
    ['what was stored without one', ID, OF, 'null'],
  ])('of %s are none', (_, id, of, text) => {
    expect(vault.isApproval(id, of, text)).toBe(false);
  });
});

describe('fingerprints', () => {
  it('name the same token of the same provider alike, and nothing else', () => {
    const keys = testKeys();
    const of = (provider: string, token: string, with_ = keys) =>
      new Vault(with_).fingerprint(provider, new Secret(token));
    expect(of('a', 'token')).toMatch(/^[0-9a-f]{32}$/);
    expect(of('a', 'token')).toBe(of('a', 'token'));
    const others = [of('b', 'token'), of('a', 'token2'), of('a', 'token', testKeys())];
    expect(others).not.toContain(of('a', 'token'));
  });
});

describe('a ledger that another version wrote', () => {
  const vault = new Vault({
    fingerprintKey: Buffer.alloc(32, 1),
    sealingKeys: [{ id: 'old', key: Buffer.alloc(32, 2) }],
  });
  const id = 'b7c43e8d7a2485d0d423beb0c887972e';

  it('knows its tokens by the same ids', () => {
    expect(vault.fingerprint('gitlab', new Secret('a token'))).toBe(id);
    expect(vault.keyCheck()).toBe('277f0db89182ec6a3e944c183de3e682');
  });

  it('can be opened', () => {
    const sealed = 'old.FQzjz7RHLh-6sgu6Ui8SaaJB1MIAmQVlwCQGv5BbFbj02ZFDkw';
    expect(vault.open(id, 'token', sealed).reveal()).toBe('größe 1');
  });
});
