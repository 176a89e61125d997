/** Which room of the sources may import which other one, and what makes dependency-cruiser keep it so. */
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';

/** For the version number, which goes to vendors, logs, metrics and ledgers. */
const PACKAGE = 'package.json';
/** Each folder in `providers` is a room of its own. */
const EACH_PROVIDER = 'providers/*';

/**
 * Rooms, lowest first, and all that each may import besides itself: another room, or one file. A room within a room
 * is not a part of it, so `src/ledger` is the port alone. Whatever is not named here is forbidden.
 */
export const TABLE: Readonly<Record<string, readonly string[]>> = {
  'src/words': [],
  'src/fakes': ['src/words'],
  'src/submit': ['src/words'],
  'src/vault': ['src/words'],
  'src/ledger': ['src/words', PACKAGE],
  'src/ledger/sqlite': ['src/ledger', 'src/words'],
  'src/ledger/redis': ['src/ledger', 'src/words'],
  'src/observe': ['src/ledger', 'src/words', PACKAGE],
  'src/server': ['src/ledger', 'src/observe', 'src/words'],
  'src/provider': ['src/words'],
  'src/provider/kit': ['src/provider', 'src/words'],
  'src/upstream': ['src/observe', 'src/provider', 'src/words', PACKAGE],
  'src/openid': ['src/provider', 'src/words'],
  'src/custom': ['src/provider', 'src/provider/kit', 'src/upstream', 'src/words'],
  'src/gitlab': ['src/ledger', 'src/provider', 'src/provider/kit', 'src/vault', 'src/words'],
  'src/review': ['src/ledger', 'src/observe', 'src/words'],
  'src/notify': ['src/gitlab', 'src/ledger', 'src/observe', 'src/provider', 'src/upstream', 'src/words'],
  'src/write-back': [
    'src/gitlab',
    'src/ledger',
    'src/notify',
    'src/observe',
    'src/provider',
    'src/upstream',
    'src/words',
  ],
  'src/config': ['src/custom', 'src/notify/config.ts', 'src/provider', 'src/provider/kit', 'src/words'],
  'src/dispatch': ['src/ledger', 'src/observe', 'src/provider', 'src/server', 'src/vault', 'src/words'],
  'src/http': [
    'src/config',
    'src/gitlab',
    'src/ledger',
    'src/observe',
    'src/provider',
    'src/server',
    'src/vault',
    'src/words',
  ],
  'src/admin': [
    'src/config',
    'src/gitlab',
    'src/ledger',
    'src/observe',
    'src/openid',
    'src/provider',
    'src/server',
    'src/words',
    PACKAGE,
  ],
  [EACH_PROVIDER]: ['src/provider', 'src/provider/kit', 'src/words'],
  'providers/manual': [
    'providers/gitlab-rules.json',
    'providers/guides.json',
    'src/provider',
    'src/provider/kit',
  ],
  'providers/all.ts': [EACH_PROVIDER, 'providers/manual'],
  'providers/index.ts': ['providers/all.ts', 'src/provider'],
  'src/open-ledger.ts': ['src/ledger', 'src/ledger/redis', 'src/ledger/sqlite', 'src/words'],
  'src/service.ts': [
    'src/admin',
    'src/config',
    'src/dispatch',
    'src/gitlab',
    'src/http',
    'src/ledger',
    'src/notify',
    'src/observe',
    'src/open-ledger.ts',
    'src/openid',
    'src/provider',
    'src/review',
    'src/server',
    'src/upstream',
    'src/vault',
    'src/words',
    'src/write-back',
  ],
  'src/cli': [
    'providers/index.ts',
    'src/admin',
    'src/config',
    'src/custom',
    'src/dispatch',
    'src/fakes',
    'src/gitlab',
    'src/ledger',
    'src/ledger/sqlite',
    'src/observe',
    'src/open-ledger.ts',
    'src/openid',
    'src/provider',
    'src/server',
    'src/service.ts',
    'src/submit',
    'src/upstream',
    'src/vault',
    'src/words',
    PACKAGE,
  ],
  'src/dev': ['providers/gitlab-rules.json', 'providers/index.ts', 'src/cli', 'src/config', 'src/provider'],
  'src/bin.js': ['src/cli'],
};

/** What lies beside the sources for tests alone, and is not in the image. */
const TEST_CODE = '^test/|\\.test\\.ts$|/cases\\.ts$|/test-keys\\.ts$';

/** What the rules are called that are no row of the table. */
export const NO_CIRCLE = 'no circle of files';
export const NO_TEST_CODE = 'no test code';
export const RESOLVED = 'every import is found';
export const HAS_A_ROOM = 'every file has a room';

const ROOMS = Object.keys(TABLE);

function isFile(place: string): boolean {
  return /\.\w+$/.test(place);
}

function escaped(text: string): string {
  return text.replaceAll('.', '\\.');
}

/** The files of a room, or the one file. */
export function patternOf(place: string): string {
  if (isFile(place)) return `^${escaped(place)}$`;
  const folder = place.replace(/\*$/, '');
  const parent = folder.endsWith('/') ? folder : `${folder}/`;
  const within = ROOMS.filter((room) => room !== place && room.startsWith(parent))
    .map((room) => room.slice(parent.length))
    .map((rest) => (isFile(rest) ? `${escaped(rest)}$` : `${rest}/`));
  const without = within.length === 0 ? '' : `(?!${within.join('|')})`;
  return `^${parent}${without}${place === EACH_PROVIDER ? '([^/]+)/' : ''}`;
}

/** As seen from a file in it: `$1` is the folder of that file. */
function itself(room: string): string {
  return room === EACH_PROVIDER ? '^providers/$1/' : patternOf(room);
}

const RULES: readonly IForbiddenRuleType[] = [
  ...Object.entries(TABLE).map(
    ([room, allowed]): IForbiddenRuleType => ({
      name: room,
      severity: 'error',
      from: { path: patternOf(room) },
      to: { dependencyTypes: ['local'], pathNot: [itself(room), ...allowed.map(patternOf), TEST_CODE] },
    }),
  ),
  {
    name: HAS_A_ROOM,
    severity: 'error',
    from: { path: '^(?:src|providers)/', pathNot: ROOMS.map(patternOf) },
    to: {},
  },
  { name: NO_TEST_CODE, severity: 'error', from: {}, to: { path: TEST_CODE } },
  { name: RESOLVED, severity: 'error', from: {}, to: { couldNotResolve: true } },
  { name: NO_CIRCLE, severity: 'error', from: {}, to: { circular: true } },
];

/** All imports in `src` and `providers` below a folder, and which of them break a rule. */
export async function importsBelow(folder: string): Promise<ICruiseResult> {
  const { output } = await cruise(['src', 'providers'], {
    baseDir: folder,
    validate: true,
    ruleSet: { forbidden: [...RULES] },
    parser: 'tsc',
    // An import of a type binds two files as one of a value does.
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', TEST_CODE] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'import', 'default'] },
  });
  if (typeof output === 'string') throw new Error(output);
  return output;
}

/** A file that was read as a part of the sources. */
export function isSource(path: string): boolean {
  return /^(?:src|providers)\/.*\.[jt]s$/.test(path) && !new RegExp(TEST_CODE).test(path);
}

/** The room of the table that a file or a place belongs to. */
export function roomOf(place: string): string | undefined {
  return ROOMS.find((room) => room === place || new RegExp(patternOf(room)).test(place));
}
