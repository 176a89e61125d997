import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { normalise, recognise } from '../../src/provider/recognise.ts';
import { createRegistry } from '../../src/provider/registry.ts';
import { exampleDefinition } from '../support/example-definition.ts';
import { FAKE_TYPE, fakeProvider, fakeRegistry, WIDE_TYPE } from '../support/fake-provider.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const ESC = String.fromCharCode(0x1b);

const TOOLS = {
  upstream: () => expect.unreachable(),
  clock: { now: () => 0, sleep: async () => {} },
  log: { info: () => {}, warn: () => {} },
};

function registryOf(definitions: readonly ProviderDefinition[], acme: object = {}) {
  const revocation = { mode: 'hold', maxPerHour: 50 } as const;
  return createRegistry({ revocation, providers: { acme }, types: {} }, definitions, () => TOOLS);
}

describe('normalising', () => {
  it.each([
    [' a ', 'a'],
    ['"a"', 'a'],
    ["'a',", 'a'],
    ['`a`;', 'a'],
    ['"a",\r\n', 'a'],
    ['\ufeffa', 'a'],
    ['" \t', ''],
    ['a"b', 'a"b'],
  ])('makes %j into %j', (text, expected) => {
    expect(normalise(text)).toBe(expected);
  });

  it('looks at no character of a long text of blanks twice', () => {
    const text = new String(`a${' '.repeat(1_000_000)}b${' '.repeat(1_000_000)}`);
    let looks = 0;
    const counting = new Proxy(text, {
      get(_target, name) {
        looks += 1;
        const value = Reflect.get(text, name);
        return typeof value === 'function' ? value.bind(text) : value;
      },
    });
    expect(normalise(counting as string)).toHaveLength(1_000_002);
    expect(looks).toBeLessThan(2 * text.length);
  });
});

describe('recognising', () => {
  const kinds = [
    { id: 'first', types: [], pattern: /a-(?<token>\d+)/, effect: 'token', ...TRUSTED },
    { id: 'second', types: [], pattern: /\d+/, effect: 'token', ...TRUSTED },
  ] as const;

  it('lets the first kind that matches decide', () => {
    expect(recognise(kinds, 'a-12')).toMatchObject({ ok: true, kind: { id: 'first' }, token: '12' });
    expect(recognise(kinds, 'x 34')).toMatchObject({ ok: true, kind: { id: 'second' }, token: '34' });
  });

  it('takes a token that stands there twice, but not two tokens', () => {
    expect(recognise(kinds, 'a-1 a-1')).toMatchObject({ ok: true });
    expect(recognise(kinds, 'a-1 a-2')).toEqual({ ok: false, why: 'several-tokens' });
  });

  it('takes several spellings of a token for one, and says in which it stood', () => {
    const [{ ...first }] = kinds;
    const folding = [{ ...first, pattern: /[a-f\d]{4}/i, canonical: (token: string) => token.toLowerCase() }];
    expect(recognise(folding, 'A1F0')).toMatchObject({ ok: true, token: 'a1f0', spelling: 'A1F0' });
    expect(recognise(folding, 'a1f0')).not.toHaveProperty('spelling');
    expect(recognise(folding, 'a1f0 A1F0')).toMatchObject({ ok: true, token: 'a1f0' });
    expect(recognise(folding, 'a1f0 A1F1')).toEqual({ ok: false, why: 'several-tokens' });
  });

  it('finds the token that a match names, and takes an empty one for none', () => {
    const kind = (pattern: RegExp) =>
      [{ id: 'named', types: [], pattern, effect: 'token', ...TRUSTED }] as const;
    expect(recognise(kind(/a-(?<token>\d*)/), 'a-12')).toMatchObject({ ok: true, token: '12' });
    expect(recognise(kind(/a-(?<token>\d*)/), 'a-')).toEqual({ ok: false, why: 'no-match' });
    const global = kind(/a-(?<token>\d*)/g);
    for (const _time of [1, 2]) expect(recognise(global, 'a-1')).toMatchObject({ ok: true, token: '1' });
  });

  describe('a text whose characters are escaped', () => {
    const base64 = [{ ...kinds[0], pattern: /k_[a-z]{4}[+/!][a-z]{3}==/ }];

    it.each([
      ['as in JSON of PHP', 'k_abcd\\/xyz==', 'k_abcd/xyz=='],
      ['as in JSON by numbers', 'k_abcd\\u002fxyz\\u003d\\u003D', 'k_abcd/xyz=='],
      ['as in an address', 'token=k_abcd%2Bxyz%3d%3D&x', 'k_abcd+xyz=='],
      ['as in a page', 'k_abcd&#47;xyz&#61;&#x3D;', 'k_abcd/xyz=='],
      ['as in a command', 'k_abcd\\!xyz==', 'k_abcd!xyz=='],
      ['as in a program', 'k\\x5fabcd\\x2fxyz==', 'k_abcd/xyz=='],
      ['as in Markdown', 'k\\_abcd/xyz==', 'k_abcd/xyz=='],
      ['as in JSON in JSON', '"{\\"a\\": \\"k_abcd\\\\/xyz==\\"}"', 'k_abcd/xyz=='],
      ['as in an address in an address', 'k_abcd%252Fxyz%253D%253D', 'k_abcd/xyz=='],
      ['as in JSON in an address', '%22k_abcd%5C%2Fxyz%3D%3D%22', 'k_abcd/xyz=='],
    ])('is read %s', (_how, text, token) => {
      expect(recognise(base64, text)).toMatchObject({ ok: true, token });
    });

    it('is left as it is where a token is found in it so', () => {
      const encoded = [{ ...kinds[0], pattern: /k_\w+%3D|k_\w+=/ }];
      expect(recognise(encoded, 'k_abcd%3D')).toMatchObject({ ok: true, token: 'k_abcd%3D' });
    });

    it('is read to the end of the token, where the pattern takes its beginning for one, too', () => {
      const open = [{ ...kinds[0], pattern: /k_[a-z+/]{4,}={0,2}/ }];
      expect(recognise(open, '{"k": "k_abcd\\/xyz%3D%3D"}')).toMatchObject({
        ok: true,
        token: 'k_abcd/xyz==',
      });
      expect(recognise(open, 'k_abcd%20xyz')).toMatchObject({ ok: true, token: 'k_abcd' });
    });

    it.each([
      ['a line that ends in a program', '\\nk_abcd\\n'],
      ['a tab in JSON', 'user\\tk_abcd'],
      ['a line that ends in JSON in JSON', '"{\\"a\\": \\"x\\\\nk_abcd\\"}"'],
      ['a sign in JSON of Java in JSON', 'a\\\\u003dk_abcd'],
      ['a quote in an address', '%22k_abcd%22'],
      ['a sign in JSON of Java', 'token\\u003dk_abcd'],
      ['a quote in a page', '&quot;k_abcd&quot;'],
      ['a colour of a terminal', `${ESC}[01;31mk_abcd${ESC}[0m`],
      ['a colour in a log in JSON', '\\u001b[31mk_abcd\\u001b[0m'],
      ['a colour in a script', '\\033[31mk_abcd\\e[0m'],
    ])('hides no token behind %s', (_what, text) => {
      const guarded = [{ ...kinds[0], pattern: /(?<!\w)k_[a-z]{4}(?!\w)/ }];
      expect(recognise(guarded, text)).toMatchObject({ ok: true, token: 'k_abcd' });
      // Of any text, what is left of the escape would be the beginning of the token.
      const any = [{ ...kinds[0], pattern: /\w{6,}/ }];
      if (!text.includes('[')) expect(recognise(any, text)).toMatchObject({ ok: true, token: 'k_abcd' });
    });

    it('is of the kind that comes first in what it was', () => {
      const both = [
        { ...kinds[0], pattern: /(?<!\w)k_[a-z]{4}/ },
        { ...kinds[1], pattern: /\w{6,}/ },
      ];
      expect(recognise(both, '%22k_abcd')).toMatchObject({
        ok: true,
        kind: { id: 'first' },
        token: 'k_abcd',
      });
    });

    it('is of the kind that comes first also where only the other one needs no escape undone', () => {
      const both = [
        { ...kinds[0], pattern: /\{"key":"k_[a-z]{4}"\}/ },
        { ...kinds[1], pattern: /k_[a-z]{4}\\*/ },
      ];
      expect(recognise(both, '{\\"key\\":\\"k_abcd\\"}')).toMatchObject({ ok: true, kind: { id: 'first' } });
      expect(recognise(both, 'k_abcd')).toMatchObject({ ok: true, kind: { id: 'second' } });
    });

    it('may hide that a mask is in it, or that there are two tokens', () => {
      const masked = [{ ...kinds[0], pattern: /k_[a-z]{4}=/ }];
      expect(recognise(masked, '%2A%2A%2A%2Ak_abcd%3D')).toEqual({ ok: false, why: 'redacted' });
      expect(recognise(masked, 'k_abcd%3D k_wxyz%3D')).toEqual({ ok: false, why: 'several-tokens' });
    });
  });

  it('refuses what is empty, has no token, or is too long to be one', () => {
    expect(recognise(kinds, ' "" ')).toEqual({ ok: false, why: 'empty' });
    expect(recognise(kinds, 'nothing')).toEqual({ ok: false, why: 'no-match' });
    expect(recognise(kinds, '1'.repeat(65 * 1024))).toEqual({ ok: false, why: 'too-long' });
  });
});

describe('the registry', () => {
  it('advertises nothing of a provider that is turned off', () => {
    const registry = fakeRegistry([fakeProvider()], { settings: { fake: { enabled: false } } });
    expect(registry.advertised).toEqual([]);
    expect(registry.route(FAKE_TYPE, 'fake-a')).toEqual({ ok: false, why: 'unsupported-type' });
  });

  it('leaves an experimental provider off unless it is turned on', () => {
    const fake = fakeProvider();
    const experimental = { ...fake, definition: { ...fake.definition, stability: 'experimental' as const } };
    expect(fakeRegistry([experimental]).advertised).toEqual([]);
    expect(fakeRegistry([experimental], { settings: { fake: { enabled: true } } }).advertised).toContain(
      FAKE_TYPE,
    );
  });

  it('takes the type strings of newer analyzers for the same rule', () => {
    const registry = fakeRegistry([fakeProvider()]);
    for (const prefix of ['gitlab_secret_scanner_rule_id', 'gitlab_secrets_scanner_rule_id']) {
      expect(registry.route(`${prefix}_fake_token`, 'fake-a')).toMatchObject({ ok: true, token: 'fake-a' });
    }
  });

  it('takes an own type string by those names, too, unless they are given to a provider by themselves', () => {
    const types = {
      gitleaks_rule_id_ours: 'one',
      gitlab_secrets_scanner_rule_id_ours: 'two',
      semgrep_id_ours: 'one',
    };
    const registry = fakeRegistry([fakeProvider('one'), fakeProvider('two')], { types });

    const ours = registry.advertised.filter((type) => type.endsWith('_ours'));
    expect(ours.map((type) => [type, registry.route(type, 'fake-a')])).toMatchObject([
      ['gitlab_secret_scanner_rule_id_ours', { provider: 'one' }],
      ['gitlab_secrets_scanner_rule_id_ours', { provider: 'two' }],
      ['gitleaks_rule_id_ours', { provider: 'one' }],
      ['semgrep_id_ours', { provider: 'one' }],
    ]);
  });

  it('tries a kind whose pattern fits too much for texts of its own types alone', () => {
    const definition = exampleDefinition('example', z.strictObject({}), {
      types: ['rule_one', 'rule_two'],
      create: () => ({
        kinds: [
          { id: 'one', types: ['rule_one'], pattern: /one-\w+/, effect: 'token', ...TRUSTED },
          { id: 'any', types: ['rule_two'], pattern: /\w+/, effect: 'token', ...TRUSTED, ownTypesOnly: true },
        ],
        revoke: async () => ({ outcome: 'revoked', proven: true }),
      }),
    });
    const config = { revocation: { mode: 'revoke', maxPerHour: 500 }, providers: {}, types: {} } as const;
    const registry = createRegistry(config, [definition], () => TOOLS);
    expect(registry.route('rule_two', 'anything')).toMatchObject({ ok: true, kind: 'any' });
    expect(registry.route('rule_one', 'anything')).toMatchObject({ ok: false, reason: 'no-match' });
  });

  it('tries the kinds that name the type before those that do not', () => {
    const kindOf = (id: string) =>
      ({ id, types: [`rule_${id}`], pattern: /[0-9a-f]{32}/, effect: 'token', ...TRUSTED }) as const;
    const definition = exampleDefinition('alike', z.strictObject({}), {
      create: () => ({
        kinds: [kindOf('one'), kindOf('two')],
        revoke: async () => ({ outcome: 'accepted' }),
      }),
    });
    const config = {
      revocation: { mode: 'revoke', maxPerHour: 1 },
      providers: {},
      types: { own: 'alike' },
    } as const;
    const registry = createRegistry(config, [definition], () => TOOLS);

    const kinds = ['rule_one', 'rule_two', 'own'].map((type) => registry.route(type, '0a'.repeat(16)));

    expect(kinds).toMatchObject([{ kind: 'one' }, { kind: 'two' }, { kind: 'one' }]);
  });

  it('asks the providers that share a type in turn', () => {
    const registry = fakeRegistry([fakeProvider('one'), fakeProvider('two')]);
    expect(registry.route(FAKE_TYPE, 'fake-a')).toMatchObject({ provider: 'one' });
  });

  it.each([
    ['revoke', undefined, 'revoke', 'wider'],
    ['hold', undefined, 'hold', 'wider'],
    ['dry-run', undefined, 'dry-run', 'wider'],
    ['hold', 'revoke', 'revoke', undefined],
    ['revoke', 'dry-run', 'dry-run', 'wider'],
  ] as const)(
    'in mode %s, provider mode %s: %s, and what hits more waits as %s',
    (mode, own, effective, waitsFor) => {
      const settings = { fake: own ? { mode: own } : {} };
      const registry = fakeRegistry([fakeProvider()], { mode, settings });
      const routed = registry.route(WIDE_TYPE, 'wide-a');
      expect(registry.route(FAKE_TYPE, 'fake-a')).toMatchObject({ mode: effective });
      expect(routed).toMatchObject({ mode: effective });
      expect(registry.find('fake')?.waitsFor(routed.ok ? routed.kind : '')).toBe(waitsFor);
    },
  );

  it.each([
    ['an override of hold', { mode: 'revoke' }, 'hold', 'wider'],
    ['an override of revoke', { mode: 'revoke' }, 'revoke', undefined],
    ['an override of revoke where the configuration does not say so', {}, 'revoke', 'wider'],
  ] as const)('lets what hits more through, or not, with %s', (_what, fake, override, waitsFor) => {
    const registry = fakeRegistry([fakeProvider()], { settings: { fake } });
    expect(registry.find('fake')?.waitsFor('wide', override)).toBe(waitsFor);
    expect(registry.find('fake')?.waitsFor('token', override)).toBeUndefined();
  });

  it.each([
    ['nothing is set', 'yes', {}, false],
    ['they are to be held', 'yes', { unproven: 'hold' }, false],
    ['they are to be revoked', 'yes', { unproven: 'revoke' }, true],
    ['they are to be revoked, and that cannot be undone', 'no', { unproven: 'revoke' }, false],
    ['all that hits more is to be revoked', 'yes', { mode: 'revoke' }, false],
  ] as const)('acts on tokens whose leak nothing proves, or not, where %s', (_what, undo, settings, acts) => {
    const fake = fakeProvider();
    fake.kind = { possession: 'unproven', undo };
    const registered = fakeRegistry([fake], { settings: { fake: settings } }).find('fake');
    expect(registered?.actsUnproven('token')).toBe(acts);
    expect(registered?.waitsFor('token', 'revoke')).toBe(acts ? undefined : 'unproven');
    expect(registered?.actsUnproven('wide')).toBe(false);
  });

  it('has a limit for each provider, and none of it for one that changes nothing', () => {
    const limitOf = (given: Partial<ProviderDefinition>, settings: object = {}) =>
      registryOf([exampleDefinition('acme', z.strictObject({}), given)], settings).find('acme')?.maxPerHour;
    expect(limitOf({})).toBe(50);
    expect(limitOf({}, { maxPerHour: 7 })).toBe(7);
    expect(limitOf({ lastResort: true })).toBe(0);
    expect(limitOf({ internal: true })).toBe(0);
  });

  it('goes on in each mode with what changes nothing, unless it is meant itself', () => {
    const modeOf = (given: Partial<ProviderDefinition>, settings: object = {}) =>
      registryOf([exampleDefinition('acme', z.strictObject({}), given)], settings)
        .find('acme')
        ?.mode('dry-run');
    expect(modeOf({})).toBe('dry-run');
    expect(modeOf({ lastResort: true })).toBe('revoke');
    expect(modeOf({ internal: true })).toBe('revoke');
    expect(modeOf({ lastResort: true }, { mode: 'hold' })).toBe('hold');
  });

  it('leaves to the last resort what no other provider takes', () => {
    const types = ['gitleaks_rule_id_a', 'gitleaks_rule_id_b'];
    const kind = (id: string, types: readonly string[]) => ({
      ...{ id, types, pattern: /\S+/, effect: 'token' as const },
      ...TRUSTED,
    });
    const takes = (id: string, own: readonly string[], given: Partial<ProviderDefinition> = {}) =>
      exampleDefinition(id, z.strictObject({}), {
        create: () => ({ kinds: [kind('token', own)], revoke: async () => ({ outcome: 'accepted' }) }),
        ...given,
      });
    const definitions = [takes('manual', types, { lastResort: true }), takes('acme', types.slice(0, 1))];
    const registry = registryOf(definitions);
    expect(registry.route('gitlab_secret_scanner_rule_id_a', 'x')).toMatchObject({ provider: 'acme' });
    expect(registry.route('gitleaks_rule_id_b', 'x')).toMatchObject({ provider: 'manual' });
  });
});
