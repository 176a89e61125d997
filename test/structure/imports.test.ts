import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { ICruiseResult } from 'dependency-cruiser';
import { beforeAll, describe, expect, it } from 'vitest';
import { newFolder } from '../support/run-folder.ts';
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

/** One file of every room, and whatever single file the table names. */
const TARGETS = [...new Set([...Object.keys(TABLE).map((room) => fileIn(room, 'target.ts')), ...files()])];

const plantedIn = (room: string) => fileIn(room, 'planted.ts');
const otherTargets = (room: string) => TARGETS.filter((target) => target !== plantedIn(room));

describe('a file', () => {
  let broken: Broken[];

  beforeAll(async () => {
    // Rooms that are one file import each other here, which the rule about circles finds, too.
    broken = (
      await brokenIfPlanted({
        ...Object.fromEntries(TARGETS.map((target) => [target, contentOf(target)])),
        ...Object.fromEntries(
          Object.keys(TABLE).map((room) => [
            plantedIn(room),
            importsOfAll(plantedIn(room), otherTargets(room)),
          ]),
        ),
      })
    ).filter(({ rule }) => rule !== NO_CIRCLE);
  });

  it.each(Object.entries(TABLE))(
    'of %s may import a type from nowhere but where the table says',
    (room, allowed) => {
      const expected = otherTargets(room)
        .filter((target) => roomOf(target) !== room || room === 'providers/*')
        .filter((target) => !allowed.some((place) => new RegExp(patternOf(place)).test(target)));

      expect(expected.length).toBeGreaterThan(0);
      expect(brokenFrom(broken, plantedIn(room))).toEqual(
        expected.map((target) => ({ rule: room, edge: `${plantedIn(room)} imports ${target}` })).sort(byEdge),
      );
    },
  );
});

const VALUE = 'src/http/target.ts';

/** What one file of `src/words` has of one of `src/http`. */
const WAYS: Readonly<Record<string, string>> = {
  'a value': "import { target } from '../http/target.ts';",
  'a type': "import type { Target } from '../http/target.ts';",
  'a type among values': "import { type Target } from '../http/target.ts';",
  'a namespace': "import * as target from '../http/target.ts';",
  'nothing of it': "import '../http/target.ts';",
  'an import that is passed on': "export { target } from '../http/target.ts';",
  'all of it, passed on': "export * from '../http/target.ts';",
  'an import at run time': "export const target = async () => (await import('../http/target.ts')).target;",
  'the type of a module': "export type Target = typeof import('../http/target.ts');",
  'a type within a type': "export type T = Partial<Record<string, import('../http/target.ts').Target>>;",
};
const wayFile = (way: string) => `src/words/${way.replaceAll(/\W+/g, '-')}.ts`;

/** How the first file of a circle imports the second, and that the first. */
const CIRCLES = [
  ['values', 'import', 'import'],
  ['types', 'import type', 'import type'],
  ['a value and a type', 'import', 'import type'],
] as const;
const circleFile = (what: string, name: string) => `src/words/${what.replaceAll(' ', '-')}/${name}.ts`;

const TO_TEST_CODE = [
  ['providers/one/cases-planted.ts', './cases.ts', 'providers/one/cases.ts'],
  ['providers/one/test-planted.ts', './index.test.ts', 'providers/one/index.test.ts'],
  ['providers/one/keys-planted.ts', './test-keys.ts', 'providers/one/test-keys.ts'],
  ['src/words/planted.ts', '../../test/support/clock.ts', 'test/support/clock.ts'],
] as const;

const NOWHERE = 'src/words/planted-nowhere.ts';
const WITHOUT_A_ROOM = ['src/new-room/planted.ts', 'src/planted.ts', 'providers/planted.ts'];
const WORDS = 'src/words/target.ts';

describe('an edge that is not allowed', () => {
  let broken: Broken[];

  beforeAll(async () => {
    broken = await brokenIfPlanted({
      [VALUE]: 'export const target = 1;\n',
      [WORDS]: 'export {};\n',
      ...Object.fromEntries(Object.entries(WAYS).map(([way, text]) => [wayFile(way), text])),
      'providers/one/index.ts': "import './part.ts';\nimport '../two/part.ts';\n",
      'providers/one/part.ts': 'export {};\n',
      'providers/two/part.ts': 'export {};\n',
      ...Object.fromEntries(
        CIRCLES.flatMap(([what, there, back]) => [
          [circleFile(what, 'one'), `${there} { two } from './two.ts';\nexport type one = typeof two;\n`],
          [circleFile(what, 'two'), `${back} { one } from './one.ts';\nexport type two = typeof one;\n`],
        ]),
      ),
      ...Object.fromEntries(TO_TEST_CODE.map(([planted, to]) => [planted, `import '${to}';\n`])),
      ...Object.fromEntries(TO_TEST_CODE.map(([, , target]) => [target, 'export {};\n'])),
      [NOWHERE]: "import './missing.ts';\n",
      ...Object.fromEntries(
        WITHOUT_A_ROOM.map((planted) => [planted, `import '${specifier(planted, WORDS)}';\n`]),
      ),
    });
  });

  it.each(Object.keys(WAYS))('is found as %s', (way) => {
    expect(brokenFrom(broken, wayFile(way))).toEqual([
      { rule: 'src/words', edge: `${wayFile(way)} imports ${VALUE}` },
    ]);
  });

  it('is found from one provider to another, and not within one', () => {
    const planted = 'providers/one/index.ts';

    expect(brokenFrom(broken, planted)).toEqual([
      { rule: 'providers/*', edge: `${planted} imports providers/two/part.ts` },
    ]);
  });

  it.each(CIRCLES)('is found where a circle of %s closes', (what) => {
    const [one, two] = ['one', 'two'].map((name) => circleFile(what, name));
    const found = [one, two].flatMap((file = '') => brokenFrom(broken, file));

    expect(found).toEqual([{ rule: NO_CIRCLE, edge: expect.stringMatching(`^(${one}|${two}) imports`) }]);
  });

  it.each(TO_TEST_CODE)('is found from %s to the test code %s', (planted, _to, target) => {
    expect(brokenFrom(broken, planted)).toEqual([
      { rule: NO_TEST_CODE, edge: `${planted} imports ${target}` },
    ]);
  });

  it('is found where it leads nowhere', () => {
    expect(brokenFrom(broken, NOWHERE)).toEqual([
      { rule: RESOLVED, edge: `${NOWHERE} imports ./missing.ts` },
    ]);
  });

  it.each(WITHOUT_A_ROOM)('is found from a file without a room: %s', (planted) => {
    expect(brokenFrom(broken, planted)).toEqual([{ rule: HAS_A_ROOM, edge: `${planted} imports ${WORDS}` }]);
  });

  it('is found nowhere else', () => {
    const planted = WITHOUT_A_ROOM.length + TO_TEST_CODE.length + CIRCLES.length + Object.keys(WAYS).length;

    // And one to another provider, and one that leads nowhere.
    expect(broken).toHaveLength(planted + 2);
  });
});

function brokenFrom(broken: readonly Broken[], planted: string): Broken[] {
  return broken.filter(({ edge }) => edge.startsWith(`${planted} imports `));
}

function importsOfAll(from: string, targets: readonly string[]): string {
  return targets.map((target) => `import type {} from '${specifier(from, target)}';\n`).join('');
}

/** What the rules say of a tree that has these files alone. */
async function brokenIfPlanted(files: Readonly<Record<string, string>>): Promise<Broken[]> {
  const folder = newFolder();
  try {
    for (const part of ['src', 'providers']) mkdirSync(join(folder, part));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return brokenIn(await importsBelow(folder)).sort(byEdge);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
