/** Whatever somebody writes into the configuration: it loads, or he is told which key is wrong and what is expected. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { definitions } from '../../providers/index.ts';
import { createProviders } from '../../src/cli/setup.ts';
import { ConfigError } from '../../src/config/faults.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { isSecret, shapeOf, unwrap } from '../../src/config/schema-walk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { FUZZ_PATIENCE_MS, fuzz } from './runs.ts';

type Path = readonly (string | number)[];

interface Key {
  readonly path: Path;
  readonly schema: z.ZodType;
}

const SECRET = 'what-nobody-may-read';

/** Every key that the schema has, one element deep into lists and mappings with names of the operator's own. */
function keysOf(schema: z.ZodType, path: Path = []): readonly Key[] {
  const inner = unwrap(schema);
  const own = path.length > 0 ? [{ path, schema }] : [];
  if (isSecret(schema))
    return [...own, { path: [...path.slice(0, -1), `${path.at(-1)}File`], schema: z.string() }];
  if (inner instanceof z.ZodArray) return [...own, ...keysOf(inner.element as z.ZodType, [...path, 0])];
  if (inner instanceof z.ZodRecord)
    return [...own, ...keysOf(inner.valueType as z.ZodType, [...path, 'my-own'])];
  if (inner instanceof z.ZodUnion && !(inner instanceof z.ZodDiscriminatedUnion)) {
    return [...own, ...inner.options.flatMap((option) => keysOf(option as z.ZodType, path))];
  }
  return [...own, ...Object.entries(shapeOf(inner)).flatMap(([key, child]) => keysOf(child, [...path, key]))];
}

const KEYS = keysOf(configSchema(definitions));

const url = fc.constantFrom(
  ...[
    'https://example.com',
    'http://127.0.0.1:8080/a/',
    'https://user:pass@example.com',
    'https://example.com/?a=b',
  ],
  ...[
    'https://example.com/#a',
    'https://[::1]',
    'https://[',
    'https://',
    'ftp://example.com',
    'https://例え.jp',
    'http:a',
  ],
  ...[
    'https://example.com/../a',
    'https://example.com//a',
    'https://{token}.example.com/',
    'https://example.com/{token}',
  ],
  ...['redis://h:99999', 'redis+sentinel://h', 'rediss://:p@h/1', 'sqlite:', 'sqlite:x'],
);

const text = fc.oneof(
  { weight: 3, arbitrary: url },
  fc.constantFrom(
    '',
    ' ',
    '.',
    '..',
    '/',
    '\0',
    'null',
    'true',
    '10',
    '-1',
    '1e9',
    '0x10',
    '__proto__',
    'quash.yaml',
    '[',
    '{',
    '*',
  ),
  fc.constantFrom(
    '(',
    '(a+)+$',
    '^$',
    '.*',
    '(?<token>a)',
    '(?<=a)b',
    '[[:alpha:]]',
    '{token}',
    '{secret:a}',
    'a'.repeat(20_000),
  ),
  fc.constantFrom(
    '10.0.0.0/8',
    '10.0.0.0/99',
    '::/0',
    '127.1',
    '2130706433',
    '0x7f.1',
    'host',
    '*.example.com',
    'a_b',
    '-',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

const scalar = fc.oneof(
  text,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
);

const anything = fc.oneof(
  { weight: 3, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.oneof(fc.constantFrom('url', 'token', '__proto__', 'type', 'steps'), text), scalar, {
    maxKeys: 3,
  }),
);

/** Something that fits the schema, mostly. */
function fitting(schema: z.ZodType): fc.Arbitrary<unknown> {
  const inner = unwrap(schema);
  if (isSecret(schema))
    return fc.constantFrom(
      SECRET,
      `${SECRET}\n`,
      SECRET.repeat(3),
      [SECRET],
      { a: SECRET },
      'short',
      'a'.repeat(40),
    );
  if (inner instanceof z.ZodEnum) return fc.constantFrom(...inner.options);
  if (inner instanceof z.ZodLiteral) return fc.constantFrom(...inner.def.values);
  if (inner instanceof z.ZodNumber) return fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.integer());
  if (inner instanceof z.ZodBoolean) return fc.boolean();
  if (inner instanceof z.ZodURL) return url;
  if (inner instanceof z.ZodArray) return fc.array(fitting(inner.element as z.ZodType), { maxLength: 3 });
  if (inner instanceof z.ZodUnion)
    return fc.oneof(...inner.options.map((option) => fitting(option as z.ZodType)));
  const shape = Object.entries(shapeOf(inner)).map(([key, child]) => [key, fitting(child)] as const);
  if (shape.length > 0) return fc.record(Object.fromEntries(shape), { requiredKeys: [] });
  return text;
}

/** Some keys with values, those of one provider together with others of it. */
const entries = fc
  .tuple(fc.nat(), fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 4 }))
  .chain(([start, steps]) => {
    let at = start;
    const chosen = steps.map((step) => {
      at += step;
      return KEYS[at % KEYS.length] ?? { path: ['log'], schema: z.string() };
    });
    const values = chosen.map(({ path, schema }) =>
      fc.oneof({ weight: 9, arbitrary: fitting(schema) }, anything).map((value) => ({ path, value })),
    );
    return fc.tuple(...values);
  });

function treeOf(list: readonly { readonly path: Path; readonly value: unknown }[]): unknown {
  const root: Record<string, unknown> = {};
  for (const { path, value } of list) {
    let holder = root;
    for (const [index, key] of path.slice(0, -1).entries()) {
      const empty = typeof path[index + 1] === 'number' ? [] : {};
      if (typeof holder[key] !== 'object' || holder[key] === null) holder[key] = empty;
      holder = holder[key] as Record<string, unknown>;
    }
    holder[String(path.at(-1))] = value;
  }
  return root;
}

/** A piece put into the file, or something taken out of it. */
const edits = fc.array(
  fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.constantFrom(
      '',
      '\t',
      ':',
      ': ',
      '\n',
      '- ',
      '&a ',
      '*a',
      '<<: *a\n',
      '!!js x',
      '{',
      ']',
      '"',
      '|',
      '\n---\n',
      '? ',
      '\0',
      '\ufeff',
    ),
    fc.nat({ max: 5 }),
  ),
  { maxLength: 3 },
);

function edited(text: string, changes: readonly (readonly [number, string, number])[]): string {
  return changes.reduce((whole, [where, piece, cut]) => {
    const at = Math.floor(where * whole.length);
    return whole.slice(0, at) + piece + whole.slice(at + cut);
  }, text);
}

const variables = fc.array(
  fc.tuple(
    fc.oneof(
      fc
        .nat({ max: KEYS.length - 1 })
        .map((index) => (KEYS[index]?.path ?? []).join('__').toUpperCase().replaceAll('-', '_')),
      fc.constantFrom(
        'LISTEN',
        'LISTEN__',
        '__',
        'LISTEN__PORT__X',
        'PROVIDERS',
        'TYPES__A',
        'CUSTOM__A__PATTERN',
        'x',
      ),
    ),
    fc.oneof(text, fc.json()),
  ),
  { maxLength: 3 },
);

/** A word that says where: a key, a line of a file, or a variable. */
const PLACE = /^(quash\.yaml(:\d+:\d+)?|QUASH_[^:]*|configuration)(: |$)/;

const rarely = <T>(list: fc.Arbitrary<T[]>) => fc.oneof({ weight: 2, arbitrary: fc.constant<T[]>([]) }, list);

describe('fuzz: the configuration', () => {
  async function outcomeOf(
    folder: string,
    yaml: string,
    env: Readonly<Record<string, string>>,
  ): Promise<'loaded' | ConfigError> {
    writeFileSync(join(folder, 'quash.yaml'), yaml);
    try {
      const setup = { ...loadConfig({ env, cwd: folder, definitions }), definitions };
      const { upstream } = createProviders(setup, { cwd: folder });
      await upstream.close();
      return 'loaded';
    } catch (error) {
      if (error instanceof ConfigError) return error;
      throw error;
    }
  }

  it(
    'loads, or says which key is wrong, and never what its value is',
    async () => {
      const given = fc.record({ entries, edits: rarely(edits), variables: rarely(variables) });
      const folder = temporaryFolder();
      let loaded = 0;
      const part = { name: 'configurations', short: 15, share: 0.02 };
      await fuzz(part, given, async ({ entries, edits, variables }) => {
        const yaml = edited(stringify(treeOf(entries), { aliasDuplicateObjects: false }), edits);
        const env = Object.fromEntries(
          variables.map(([name, value]) => [`QUASH_${name}`, value.replaceAll('\0', '')]),
        );
        const outcome = await outcomeOf(folder, yaml, env);
        if (outcome === 'loaded') {
          loaded += 1;
          return;
        }
        expect(outcome.faults).not.toEqual([]);
        for (const { source, path, message } of outcome.faults) {
          expect(source).toMatch(PLACE);
          expect([source, path, message.length > 3]).toEqual([source, path, true]);
          // Where there is no key, the file as a whole or the line of it is what is wrong.
          if (path === '') expect(`${source}: ${message}`).toMatch(/^(quash\.yaml|QUASH_)/);
          expect(message).not.toMatch(/\n\s+at |\[object|undefined|internal|NaN/);
        }
        expect(outcome.message).not.toContain(SECRET);
      });
      expect(loaded).toBeGreaterThan(0);
    },
    FUZZ_PATIENCE_MS,
  );
});
