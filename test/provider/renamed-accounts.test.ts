/** Accounts that operators name: another organization may stand behind a name by now, or another key of the same one. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import {
  type Account,
  type AccountsOptions,
  byAccounts,
  type Sight,
} from '../../src/provider/kit/accounts.ts';
import { keyOf } from '../../src/provider/kit/on-file.ts';
import { revoked } from '../../src/provider/kit/results.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import { placeSeenWith } from '../../src/provider/place.ts';
import { ConfigFault, type Provider, type TokenKind } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { runStep, stepOf } from '../contract/bench.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const TOKEN = 'leaked-token';
const KIND: TokenKind = {
  ...{ id: 'token', types: ['t'], pattern: /x/, ...TRUSTED },
  effect: 'token',
  possession: 'listed-whole',
  places: { open: 'Any organization may have it.' },
};

/** What an organization lists to each of its keys, which may be less to one than to another. */
type World = Readonly<Record<string, Set<string>>>;

/** By name, with which key; and what was seen of the token, which goes on from one configuration to the next. */
function operator(world: World, seen: unknown[] = []) {
  const down = new Set<string>();
  const configured = (
    keys: Readonly<Record<string, string>>,
    more: Partial<Account<string>> = {},
    options: Pick<AccountsOptions<string>, 'copies' | 'chosen'> = {},
  ): Provider => {
    const accounts = Object.entries(keys).map(([name, key]): Account<string> => {
      const look = async (token: Secret): Promise<Sight<string>> =>
        world[key]?.has(token.reveal())
          ? { state: 'alive', found: 'record-1', by: 'listed-whole' }
          : { state: 'absent' };
      const revoke: Account<string>['revoke'] = async (_found, token) => {
        if (down.has(key)) throw new Failure('unreachable');
        world[key]?.delete(token.reveal());
        return revoked();
      };
      return { name, seenWith: credentialMark(new Secret(key)), look, revoke, ...more };
    });
    const log = { warn: () => {}, info: () => {} };
    return { kinds: [KIND], ...byAccounts(accounts, { found: z.string(), ...options, log }) };
  };
  const revoke = (...of: Parameters<typeof configured>) =>
    runStep({ provider: configured(...of), clock: new FakeClock() }, new Secret(TOKEN), {
      kind: KIND.id,
      notes: seen,
    });
  /** As while a person decides. */
  const look = async (...of: Parameters<typeof configured>) => {
    const provider = configured(...of);
    const step = stepOf(provider, new Secret(TOKEN), { kind: KIND.id, notes: seen });
    const result = await provider.look?.(new Secret(TOKEN), step);
    if (step.remembered !== undefined) seen.push(JSON.parse(JSON.stringify(step.remembered)));
    return result;
  };
  const verify = async (...of: Parameters<typeof configured>) => {
    const provider = configured(...of);
    return provider.verify?.(
      new Secret(TOKEN),
      stepOf(provider, new Secret(TOKEN), { kind: KIND.id, notes: seen }),
    );
  };
  return { revoke, look, verify, seen, down };
}

const UNKNOWN = { verified: false, result: { outcome: 'refused', reason: 'unknown-token' } };
const GONE = { verified: true, result: { outcome: 'already-inactive' } };
const REVOKED = { verified: true, result: { outcome: 'revoked' } };

it('takes no name that could be that of an account and what it is seen with', async () => {
  const { look } = operator({ key: new Set() });
  const name = keyOf({ name: 'acme', seenWith: credentialMark(new Secret('another key')) });
  await expect(look({ [name]: 'key' })).rejects.toThrow(ConfigFault);
});

describe('a token that was seen at an account', () => {
  it('is not dead because another organization took that name', async () => {
    const world: World = { 'key of acme': new Set([TOKEN]), 'key of globex': new Set() };
    const { look, revoke, verify } = operator(world);
    expect(await look({ main: 'key of acme' })).toMatchObject({ outcome: 'alive' });

    const ended = await revoke({ main: 'key of globex' });
    expect(ended).toMatchObject(UNKNOWN);
    expect(ended.result).toMatchObject({ evidence: { asked: 'main' } });
    expect(await look({ main: 'key of globex' })).toMatchObject({ outcome: 'unknown' });
    expect(await verify({ main: 'key of globex' })).toBe('unknown');
    expect(world['key of acme']).toContain(TOKEN);
  });

  it('is revoked where it is once two names were changed for one another', async () => {
    const world: World = { 'key of acme': new Set([TOKEN]), 'key of globex': new Set() };
    const { look, revoke } = operator(world);
    await look({ acme: 'key of acme', globex: 'key of globex' });

    const ended = await revoke({ acme: 'key of globex', globex: 'key of acme' });
    expect(ended).toMatchObject(REVOKED);
    expect(ended.result).toMatchObject({ evidence: { account: 'globex' } });
  });

  it('is not dead because another key of the organization is shown less', async () => {
    const { look, revoke } = operator({ 'all projects': new Set([TOKEN]), 'one project': new Set() });
    await look({ acme: 'all projects' });
    expect(await revoke({ acme: 'one project' })).toMatchObject(UNKNOWN);
  });

  it('is revoked by the next key of the same organization, and was then seen with that, too', async () => {
    const tokens = new Set([TOKEN]);
    const { look, revoke } = operator({ old: tokens, new: tokens });
    await look({ acme: 'old' });
    expect(await revoke({ acme: 'new' })).toMatchObject(REVOKED);

    const other = operator({ old: tokens.add(TOKEN), new: tokens });
    await other.look({ acme: 'old' });
    await other.look({ acme: 'new' });
    tokens.clear();
    expect(await other.revoke({ acme: 'new' })).toMatchObject(GONE);
  });

  it('is dead once it is absent to the key that it was seen with, be that back by now', async () => {
    const world: World = { 'key of acme': new Set([TOKEN]), 'key of globex': new Set() };
    const { look, revoke } = operator(world);
    await look({ main: 'key of acme' });
    expect(await revoke({ main: 'key of globex' })).toMatchObject(UNKNOWN);
    world['key of acme']?.clear();
    expect(await revoke({ main: 'key of acme' })).toMatchObject(GONE);
  });

  it('is not seen at another organization by a record with the same id, which proves no death later', async () => {
    const world: World = { 'key of acme': new Set([TOKEN]), 'key of globex': new Set() };
    const { look, revoke } = operator(world);
    await look({ main: 'key of acme' });
    const record: Partial<Account<string>> = {
      look: async () => ({ state: 'alive', found: 'record-1', by: 'unproven' }),
    };
    expect(await revoke({ main: 'key of globex' }, record)).toMatchObject({ result: { outcome: 'held' } });
    expect(await revoke({ main: 'key of globex' })).toMatchObject(UNKNOWN);
    expect(await look({ main: 'key of globex' })).toMatchObject({ outcome: 'unknown' });
  });

  it('is not acted on by what another organization has under the same id', async () => {
    const world: World = { 'key of acme': new Set([TOKEN]), 'key of globex': new Set() };
    const { look, revoke } = operator(world);
    await look({ main: 'key of acme' });
    const known: unknown[] = [];
    const more: Partial<Account<string>> = {
      async look(_token, _step, found) {
        known.push(found);
        return { state: 'absent' };
      },
      isThere: async () => false,
    };
    expect(await revoke({ main: 'key of globex' }, more)).toMatchObject(UNKNOWN);
    expect(known).toEqual([undefined]);
  });

  it('is looked for at a copy that took the name of one where it was revoked', async () => {
    const world: World = { first: new Set([TOKEN]), second: new Set([TOKEN]), third: new Set([TOKEN]) };
    const { revoke, down } = operator(world);
    down.add('second');
    await expect(revoke({ a: 'first', b: 'second' }, {}, { copies: true })).rejects.toThrow(Failure);
    down.clear();
    expect(await revoke({ a: 'third', b: 'second' }, {}, { copies: true })).toMatchObject(REVOKED);
    expect(Object.values(world).map(({ size }) => size)).toEqual([0, 0, 0]);
  });

  it.each([{ copies: true }, { chosen: true }])(
    'is not dead by what another one does not have any more while the first is not asked: %j',
    async (options) => {
      for (const names of [{ main: 'copy' }, { other: 'copy' }]) {
        const world = { live: new Set([TOKEN]), copy: new Set([TOKEN]) };
        const { look, revoke, verify } = operator(world);
        const at = (address: string) => ({ seenWith: placeSeenWith(address, 'the key that both have') });
        await look({ main: 'live' }, at('live'), options);
        expect(await look(names, at('copy'), options)).toMatchObject({ outcome: 'alive' });
        world.copy.clear();
        expect(await revoke(names, at('copy'), options)).toMatchObject(UNKNOWN);
        expect(await look(names, at('copy'), options)).toMatchObject({ outcome: 'unknown' });
        expect(await verify(names, at('copy'), options)).toBe('unknown');
        world.live.clear();
        expect(await revoke({ main: 'live' }, at('live'), options)).toMatchObject(UNKNOWN);
      }
    },
  );

  it.each([{ copies: true }, { chosen: true }])(
    'is looked for where it was seen before the account that has lost it, once that is asked again: %j',
    async (options) => {
      const world = { live: new Set([TOKEN]), copy: new Set([TOKEN]) };
      const { look, revoke, verify } = operator(world);
      await look({ a: 'live' }, {}, options);
      await look({ b: 'copy' }, {}, options);
      world.copy.clear();
      expect(await verify({ a: 'live', b: 'copy' }, {}, options)).toBe('alive');
      await look({ a: 'live' }, {}, options);
      world.copy.add(TOKEN);
      await look({ b: 'copy' }, {}, options);
      world.copy.clear();
      expect(await look({ a: 'live', b: 'copy' }, {}, options)).toMatchObject({ outcome: 'alive' });
      expect(await revoke({ a: 'live', b: 'copy' }, {}, options)).toMatchObject(REVOKED);
      expect(world.live).toEqual(new Set());
    },
  );

  it('is looked for anew where an earlier version kept the name alone, whose absence proves nothing', async () => {
    const kept = () => [{ quash: 1, seenAlive: ['acme'], note: { account: 'acme', found: 'record-1' } }];
    expect(await operator({ key: new Set() }, kept()).revoke({ acme: 'key' })).toMatchObject(UNKNOWN);
    expect(await operator({ key: new Set([TOKEN]) }, kept()).revoke({ acme: 'key' })).toMatchObject(REVOKED);
  });

  it('is dead where an earlier version revoked it and no more than the proof is missing, if this version finds none', async () => {
    const kept = () => [
      { quash: 1, seenAlive: ['acme'], took: 'revoked', note: { account: 'acme', found: 'record-1' } },
    ];
    expect(await operator({ key: new Set() }, kept()).verify({ acme: 'key' })).toBe('dead');
    expect(await operator({ key: new Set([TOKEN]) }, kept()).verify({ acme: 'key' })).toBe('alive');
    expect(await operator({ key: new Set() }, kept()).verify({ other: 'key' })).toBe('unknown');
  });

  it('is kept by neither the credential nor what is shown', async () => {
    const { look, seen } = operator({ 'a key nobody shows': new Set([TOKEN]) });
    await look({ acme: 'a key nobody shows' });
    expect(JSON.stringify(seen)).not.toContain('a key nobody shows');
    expect(JSON.stringify(seen)).toContain(credentialMark(new Secret('a key nobody shows')));
    expect(credentialMark(new Secret('one'))).not.toBe(credentialMark(new Secret('another')));
  });
});
