import { describe, expect, it } from 'vitest';
import { byKind, type Part } from '../../src/provider/kit/by-kind.ts';
import { Secret } from '../../src/words/secret.ts';
import { aStep } from '../support/a-step.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const TOKEN = new Secret('x');

const stepOf = (kind: string) => aStep({ kind });

function part(name: string, options: Pick<Part, 'isAble'> = {}): Part {
  return {
    kinds: [{ id: name, types: [name], pattern: /x/, effect: 'token', ...TRUSTED }],
    revoke: async () => ({ outcome: 'revoked', proven: true, evidence: { by: name } }),
    verify: async () => (name === 'a' ? 'dead' : 'alive'),
    check: async () => [{ name, ok: true }],
    ...options,
  };
}

function withoutCheck(name: string): Part {
  const { check: _, ...silent } = part(name);
  return silent;
}

describe('a provider of several parts', () => {
  it('hands each token to the part of its kind', async () => {
    const provider = byKind([part('a'), part('b')]);
    expect(await provider.revoke(TOKEN, stepOf('b'))).toMatchObject({ evidence: { by: 'b' } });
    expect(await provider.verify(TOKEN, stepOf('a'))).toBe('dead');
    expect(await provider.verify(TOKEN, stepOf('b'))).toBe('alive');
  });

  it('looks where the part of the kind can, and is undecided elsewhere', async () => {
    const looking = { ...part('b'), look: async () => ({ outcome: 'alive' }) as const };
    const { look } = byKind([part('a'), looking]);
    expect(await look?.(TOKEN, stepOf('b'))).toEqual({ outcome: 'alive' });
    expect(await look?.(TOKEN, stepOf('a'))).toEqual({ outcome: 'undecided' });
    expect(byKind([part('a')])).not.toHaveProperty('look');
  });

  it('takes no kind of a part that is not configured', () => {
    const { kinds } = byKind([part('a'), part('b', { isAble: false })]);
    expect(kinds.map(({ id }) => id)).toEqual(['a']);
  });

  it('fails as itself at a kind that no part has', async () => {
    const provider = byKind([part('a')]);
    await expect(provider.revoke(TOKEN, stepOf('b'))).rejects.toMatchObject({ code: 'internal' });
  });

  it('has the checks of all parts, in their order', async () => {
    const { check } = byKind([part('a'), withoutCheck('b'), part('c')]);
    const checks = await check?.(new AbortController().signal);
    expect(checks?.map(({ name }) => name)).toEqual(['a', 'c']);
  });

  it('has no check when no part has one, because that would look like a credential that works', () => {
    expect(byKind([withoutCheck('a'), withoutCheck('b')])).not.toHaveProperty('check');
  });
});
