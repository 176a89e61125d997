import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { takeIn } from '../../src/http/intake.ts';
import { createRegistry, type Registry } from '../../src/provider/registry.ts';
import { Vault } from '../../src/vault/seal.ts';
import { exampleDefinition } from '../support/example-definition.ts';
import { noTools } from '../support/fake-provider.ts';
import { testKeys } from '../support/test-keys.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const ID_TYPE = 'pair_id';
const SECRET_TYPE = 'pair_secret';
const FILE = 'https://gitlab.example.com/group/project/-/raw/abc/file';

/** A provider whose credentials are an id and a secret, which scanners report one by one. */
const pair = exampleDefinition('pair', z.strictObject({}), {
  types: [ID_TYPE, SECRET_TYPE],
  create: () => ({
    kinds: [
      {
        id: 'id',
        types: [ID_TYPE],
        pattern: /id-[a-z]+/,
        effect: 'token',
        ...TRUSTED,
        pairsWith: ['secret'],
      },
      {
        id: 'secret',
        types: [SECRET_TYPE],
        pattern: /secret-[a-z]+/,
        effect: 'token',
        ...TRUSTED,
        pairsWith: ['id'],
      },
    ],
    revoke: async () => ({ outcome: 'accepted' }),
  }),
});

const CONFIG = { revocation: { mode: 'revoke', maxPerHour: 1 }, providers: {}, types: {} } as const;

const isKnown = async () => false;

const shareOf = () => ({ group: 'gitlab', namespace: 'acme', project: 'acme/app' });

async function partsOf(...elements: readonly (readonly [type: string, token: string, location: string])[]) {
  const vault = new Vault(testKeys());
  const registry = createRegistry(CONFIG, [pair], noTools);
  const { reports } = await takeIn(
    elements.map(([type, token, location]) => ({ ok: true, type, token, location })),
    {
      ...{ registry, vault, isKnown, overrideOf: () => null, role: 'gitlab', caller: 'gitlab', shareOf },
      ...{ ignores: () => undefined, now: 0, recheckEndedBefore: 0 },
    },
  );
  return reports.slice().map(({ id, sealed, restarts }) => {
    const { parts } = vault.openMaterial(id, sealed);
    const texts = Object.entries(parts).map(([kind, found]) => [kind, found.map((part) => part.reveal())]);
    return {
      parts: Object.fromEntries(texts),
      overcomesNeed: ['needs-context', 'unproven'].every((why) => restarts.includes(why)),
    };
  });
}

describe('halves of a credential', () => {
  it('are looked at no more often in a file that has thousands of them', async () => {
    const cheap = { fingerprint: () => 'id', sealMaterial: () => 'sealed' } as unknown as Vault;
    const { route } = createRegistry(CONFIG, [pair], noTools);
    const looksAt = async (locationOf: (n: number) => string) => {
      let looks = 0;
      const counting: Registry['route'] = (...element) =>
        new Proxy(route(...element), {
          get(routed, name) {
            looks += 1;
            return Reflect.get(routed, name);
          },
        });
      const registry = { route: counting } as Registry;
      const elements = Array.from({ length: 4_000 }, (_, n) => {
        const name = [...String(n)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
        const [type, token] = n % 2 === 0 ? [ID_TYPE, `id-${name}`] : [SECRET_TYPE, `secret-${name}`];
        return { ok: true as const, type, token, location: locationOf(n) };
      });
      const around = {
        registry,
        vault: cheap,
        isKnown,
        overrideOf: () => null,
        ignores: () => undefined,
        role: 'gitlab' as const,
        caller: 'gitlab',
        shareOf,
        now: 0,
        recheckEndedBefore: 0,
      };
      await takeIn(elements, around);
      return looks;
    };
    const inManyFiles = await looksAt((n) => `${FILE}${Math.floor(n / 2)}`);

    const inOneFile = await looksAt(() => FILE);

    // At one line, the first fifty are looked at once more: longer ones may be what shorter ones are cut from.
    expect(inOneFile).toBeLessThanOrEqual(inManyFiles + 50);
  });

  it('in the same file are handed along with each other', async () => {
    const reports = await partsOf([ID_TYPE, 'id-a', `${FILE}#L1`], [SECRET_TYPE, 'secret-a', `${FILE}#L9`]);
    expect(reports).toEqual([
      { parts: { secret: ['secret-a'] }, overcomesNeed: true },
      { parts: { id: ['id-a'] }, overcomesNeed: true },
    ]);
  });

  it('in other files are not', async () => {
    const reports = await partsOf([ID_TYPE, 'id-a', `${FILE}1`], [SECRET_TYPE, 'secret-a', `${FILE}2`]);
    expect(reports).toEqual([
      { parts: {}, overcomesNeed: false },
      { parts: {}, overcomesNeed: false },
    ]);
  });

  it('without a location are not, because nothing says that they stand together', async () => {
    const [first] = await partsOf([ID_TYPE, 'id-a', ''], [SECRET_TYPE, 'secret-a', '']);
    expect(first?.parts).toEqual({});
  });

  it('are all handed along where a file has several, but not without end', async () => {
    const secrets = 'abcdefghijklmnop'
      .split('')
      .map((name) => [SECRET_TYPE, `secret-${name}`, FILE] as const);
    const [first] = await partsOf([ID_TYPE, 'id-a', FILE], ...secrets);
    expect(first?.parts.secret).toHaveLength(10);
  });

  it('are the nearest ones in a file that has many pairs', async () => {
    const names = 'abcdefghijklmnopqrst'.split('');
    const pairs = names.flatMap((name, index) => [
      [ID_TYPE, `id-${name}`, `${FILE}#L${10 * index + 1}`] as const,
      [SECRET_TYPE, `secret-${name}`, `${FILE}#L${10 * index + 2}-${10 * index + 3}`] as const,
    ]);
    const reports = await partsOf(...pairs);
    for (const [index, name] of names.entries()) {
      expect(reports[2 * index]?.parts.secret?.[0]).toBe(`secret-${name}`);
      expect(reports[2 * index + 1]?.parts.id?.[0]).toBe(`id-${name}`);
    }
    // Before them as well as behind them, and each once.
    const middle = reports[20]?.parts.secret ?? [];
    expect(middle.slice(0, 3)).toEqual(['secret-k', 'secret-j', 'secret-l']);
    expect(new Set(middle)).toHaveProperty('size', 10);
    const reversed = (await partsOf(...pairs.toReversed())).toReversed();
    expect(reversed[20]?.parts.secret?.slice(0, 3)).toEqual(['secret-k', 'secret-j', 'secret-l']);
  });
});

describe('text that many credentials share', () => {
  const header = exampleDefinition('header', z.strictObject({}), {
    types: ['header'],
    create: () => ({
      kinds: [
        {
          id: 'key',
          types: ['header'],
          pattern: /BEGIN( body)?/,
          effect: 'token',
          ...TRUSTED,
          sharedText: (text) => text === 'BEGIN',
        },
      ],
      revoke: async () => ({ outcome: 'accepted' }),
    }),
  });
  const vault = new Vault(testKeys());
  const idsOf = async (token: string, ...locations: readonly string[]) => {
    const config = { revocation: { mode: 'revoke', maxPerHour: 1 }, providers: {}, types: {} } as const;
    const registry = createRegistry(config, [header], noTools);
    const elements = locations.map((location) => ({ ok: true, type: 'header', token, location }) as const);
    return (
      await takeIn(elements, {
        registry,
        vault,
        isKnown,
        overrideOf: () => null,
        ignores: () => undefined,
        role: 'gitlab' as const,
        caller: 'gitlab',
        shareOf,
        now: 0,
        recheckEndedBefore: 0,
      })
    ).reports
      .slice()
      .map(({ id }) => id);
  };
  const COMMIT = 'a'.repeat(40);
  const raw = (commit: string, file: string) => `https://gitlab.example.com/g/p/-/raw/${commit}/${file}#L1`;

  it('is one entry for each file, whatever the commit', async () => {
    const [one, again, other] = await idsOf(
      'BEGIN',
      raw(COMMIT, 'a'),
      raw('b'.repeat(40), 'a'),
      raw(COMMIT, 'b'),
    );
    expect(one).toBe(again);
    expect(one).not.toBe(other);
  });

  it('does not make two entries of what names itself', async () => {
    const [one, other] = await idsOf('BEGIN body', raw(COMMIT, 'a'), raw(COMMIT, 'b'));
    expect(one).toBe(other);
  });
});
