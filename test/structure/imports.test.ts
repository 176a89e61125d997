import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { ICruiseResult } from 'dependency-cruiser';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  HAS_A_ROOM,
  importsBelow,
  isSource,
  NO_CIRCLE,
  NO_TEST_CODE,
  patternOf,
  RESOLVED,
  roomOf,
  TABLE,
} from './import-table.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** What does not keep to the rules yet. An entry that is no longer needed fails, too. */
const KNOWN_EDGES: readonly string[] = [];

interface Broken {
  readonly rule: string;
  readonly edge: string;
}

function brokenIn({ summary }: ICruiseResult): Broken[] {
  return summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, edge: `${from} imports ${to}` }));
}

describe('the sources', () => {
  let result: ICruiseResult;
  let broken: Broken[];

  beforeAll(async () => {
    result = await importsBelow(ROOT);
    broken = brokenIn(result);
  });

  it('are read to the last file', () => {
    const onDisk = ['src', 'providers']
      .flatMap((folder) =>
        readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
          join(folder, name),
        ),
      )
      .filter(isSource);
    const seen = result.modules.map(({ source }) => source).filter(isSource);

    expect(seen).toHaveLength(onDisk.length);
    expect(seen.sort()).toEqual(onDisk.sort());
  });

  it('import only what the table lets their room import', () => {
    const edges = broken.filter(({ rule }) => rule !== NO_CIRCLE).map(({ edge }) => edge);

    expect(edges).toEqual(KNOWN_EDGES);
  });

  it('go round in no circle, of types neither', () => {
    expect(broken.filter(({ rule }) => rule === NO_CIRCLE)).toEqual([]);
  });

  it('use every entry of the table', () => {
    const edges = result.modules.flatMap(({ source, dependencies }) =>
      dependencies.map(({ resolved }) => ({ room: roomOf(source), resolved })),
    );
    const unused = Object.entries(TABLE).flatMap(([room, allowed]) =>
      allowed
        .filter((place) => {
          const pattern = new RegExp(patternOf(place));
          return !edges.some((edge) => edge.room === room && pattern.test(edge.resolved));
        })
        .map((place) => `${room}: ${place}`),
    );

    expect(unused).toEqual([]);
  });
});

describe('the table', () => {
  it('lets no room import one that stands on it', () => {
    expect(circlesIn(TABLE)).toEqual([]);
  });

  it('would not go unnoticed with two rooms that import each other', () => {
    expect(circlesIn({ a: ['b'], b: ['c'], c: ['a'], d: ['a'] })).toEqual(['a', 'b', 'c', 'd']);
  });

  it.each([
    ['src/http', ['src/service.ts']],
    ['src/cli', ['src/dev', 'src/bin.js']],
    ['src/dev', []],
    ['src/bin.js', []],
  ])('lets nothing but the top import %s', (place, importers) => {
    expect(Object.keys(TABLE).filter((room) => TABLE[room]?.some((to) => roomOf(to) === place))).toEqual(
      importers,
    );
  });
});

describe.each(Object.entries(TABLE))('a file of %s', (room, allowed) => {
  it('may import a type from nowhere but where the table says', async () => {
    const planted = fileIn(room, 'planted.ts');
    // One file of every room, and whatever single file the table names.
    const targets = [
      ...new Set([...Object.keys(TABLE).map((to) => fileIn(to, 'target.ts')), ...files()]),
    ].filter((target) => target !== planted);
    const expected = targets
      .filter((target) => roomOf(target) !== room || room === 'providers/*')
      .filter((target) => !allowed.some((place) => new RegExp(patternOf(place)).test(target)));

    const broken = await brokenIfPlanted({
      ...Object.fromEntries(targets.map((target) => [target, contentOf(target)])),
      [planted]: targets.map((target) => `import type {} from '${specifier(planted, target)}';\n`).join(''),
    });

    expect(expected.length).toBeGreaterThan(0);
    expect(broken).toEqual(
      expected.map((target) => ({ rule: room, edge: `${planted} imports ${target}` })).sort(byEdge),
    );
  });
});

describe('an edge that is not allowed', () => {
  it.each([
    ['a value', "import { target } from '../http/target.ts';"],
    ['a type', "import type { Target } from '../http/target.ts';"],
    ['a type among values', "import { type Target } from '../http/target.ts';"],
    ['a namespace', "import * as target from '../http/target.ts';"],
    ['nothing of it', "import '../http/target.ts';"],
    ['an import that is passed on', "export { target } from '../http/target.ts';"],
    ['all of it, passed on', "export * from '../http/target.ts';"],
    [
      'an import at run time',
      "export const target = async () => (await import('../http/target.ts')).target;",
    ],
    ['the type of a module', "export type Target = typeof import('../http/target.ts');"],
    ['a type within a type', "export type T = Partial<Record<string, import('../http/target.ts').Target>>;"],
  ])('is found as %s', async (_, text) => {
    const files = { 'src/words/planted.ts': text, 'src/http/target.ts': 'export const target = 1;\n' };

    expect(await brokenIfPlanted(files)).toEqual([
      { rule: 'src/words', edge: 'src/words/planted.ts imports src/http/target.ts' },
    ]);
  });

  it('is found from one provider to another, and not within one', async () => {
    const broken = await brokenIfPlanted({
      'providers/one/index.ts': "import './part.ts';\nimport '../two/part.ts';\n",
      'providers/one/part.ts': 'export {};\n',
      'providers/two/part.ts': 'export {};\n',
    });

    expect(broken).toEqual([
      { rule: 'providers/*', edge: 'providers/one/index.ts imports providers/two/part.ts' },
    ]);
  });

  it.each([
    ['values', 'import', 'import'],
    ['types', 'import type', 'import type'],
    ['a value and a type', 'import', 'import type'],
  ])('is found where a circle of %s closes', async (_, there, back) => {
    const broken = await brokenIfPlanted({
      'src/words/one.ts': `${there} { two } from './two.ts';\nexport type one = typeof two;\n`,
      'src/words/two.ts': `${back} { one } from './one.ts';\nexport type two = typeof one;\n`,
    });

    expect(broken).toEqual([{ rule: NO_CIRCLE, edge: expect.stringMatching(/one.*two|two.*one/) }]);
  });

  it.each([
    ['providers/one/index.ts', './cases.ts', 'providers/one/cases.ts'],
    ['providers/one/index.ts', './index.test.ts', 'providers/one/index.test.ts'],
    ['providers/one/index.ts', './test-keys.ts', 'providers/one/test-keys.ts'],
    ['src/words/planted.ts', '../../test/support/clock.ts', 'test/support/clock.ts'],
  ])('is found from %s to the test code %s', async (planted, to, target) => {
    const broken = await brokenIfPlanted({ [planted]: `import '${to}';\n`, [target]: 'export {};\n' });

    expect(broken).toEqual([{ rule: NO_TEST_CODE, edge: `${planted} imports ${target}` }]);
  });

  it('is found where it leads nowhere', async () => {
    const broken = await brokenIfPlanted({ 'src/words/planted.ts': "import './missing.ts';\n" });

    expect(broken).toEqual([{ rule: RESOLVED, edge: 'src/words/planted.ts imports ./missing.ts' }]);
  });

  it.each(['src/new-room/planted.ts', 'src/planted.ts', 'providers/planted.ts'])(
    'is found from a file without a room: %s',
    async (planted) => {
      const target = 'src/words/target.ts';
      const broken = await brokenIfPlanted({
        [planted]: `import '${specifier(planted, target)}';\n`,
        [target]: 'export {};\n',
      });

      expect(broken).toEqual([{ rule: HAS_A_ROOM, edge: `${planted} imports ${target}` }]);
    },
  );
});

/** What the rules say of a tree that has these files alone. */
async function brokenIfPlanted(files: Readonly<Record<string, string>>): Promise<Broken[]> {
  const folder = temporaryFolder();
  for (const part of ['src', 'providers']) mkdirSync(join(folder, part));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return brokenIn(await importsBelow(folder)).sort(byEdge);
}

function byEdge(one: Broken, other: Broken): number {
  return one.edge < other.edge ? -1 : 1;
}

/** The single files that the table names besides its rooms. */
function files(): string[] {
  return Object.values(TABLE)
    .flat()
    .filter((place) => /\.\w+$/.test(place));
}

/** A room that is one file has no other. */
function fileIn(room: string, name: string): string {
  if (/\.\w+$/.test(room)) return room;
  return join(room.replace('*', `with-${name.replace('.ts', '')}`), name);
}

function contentOf(path: string): string {
  return path.endsWith('.json') ? '{}\n' : 'export {};\n';
}

function specifier(from: string, to: string): string {
  const path = relative(dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
}

/** `providers/one/index.ts imports ...` lies in `providers/one`. */

/** The rooms that cannot be put in an order in which each imports only those before it. */
function circlesIn(table: Readonly<Record<string, readonly string[]>>): string[] {
  const ordered = new Set<string>();
  const roomFor = (place: string) => (place in table ? place : roomOf(place));
  const isReady = (room: string) =>
    table[room]?.every((place) => {
      const to = roomFor(place);
      return to === undefined || ordered.has(to);
    });
  for (let before = -1; before < ordered.size; ) {
    before = ordered.size;
    for (const room of Object.keys(table)) if (isReady(room)) ordered.add(room);
  }
  return Object.keys(table).filter((room) => !ordered.has(room));
}
