import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../src/server/auth.ts';
import { Vault } from '../../src/vault/seal.ts';
import { Secret } from '../../src/words/secret.ts';
import { testKeys } from '../support/test-keys.ts';

const TOKEN = 'pre-shared-token-of-the-tests';
const NEXT = 'the-token-that-replaces-it';

describe('a caller', () => {
  it('without a name is called by a keyed hash, which no guess at the token leads to', () => {
    const named = (vault: Vault) =>
      createAuthenticator([{ token: new Secret(TOKEN), role: 'gitlab' }], (token) =>
        vault.fingerprint('a caller', token),
      ).authenticate(TOKEN)?.name ?? '';
    const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();
    const guesses = [sha256(TOKEN), sha256(sha256(TOKEN))].map((hash) => hash.toString('hex'));

    const keys = testKeys();
    const name = named(new Vault(keys));

    expect(name).toMatch(/^token-[0-9a-f]{12}$/);
    expect(guesses.map((guess) => `token-${guess.slice(0, 12)}`)).not.toContain(name);
    expect(named(new Vault(keys))).toBe(name);
    expect(named(new Vault(testKeys()))).not.toBe(name);
  });

  it('keeps its name and role while its token is being replaced', () => {
    const entry = (text: string) => ({ token: new Secret(text), name: 'ci', role: 'submit' });
    const { authenticate, find } = createAuthenticator([entry(TOKEN), entry(NEXT)], (token) =>
      createHash('sha256').update(token.reveal()).digest('hex'),
    );
    const [old, fresh] = [authenticate(TOKEN), authenticate(`Bearer ${NEXT}`)];

    expect([old, fresh]).toMatchObject([
      { name: 'ci', role: 'submit' },
      { name: 'ci', role: 'submit' },
    ]);
    expect(find(old?.id ?? '')).toEqual(old);
    expect([find('nobody'), authenticate(undefined)]).toEqual([undefined, undefined]);
  });
});
