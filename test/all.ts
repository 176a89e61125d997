/**
 * `npm test`: gets what the tests need, then runs every check, and says what it could not do. With `--quick` what needs
 * no tools and no processes: `npm run test:quick`.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { canMount } from './chaos/full-disk-world.ts';
import { installPeers, QUICK_PEERS } from './peers/install.ts';
import { runChild, startChild } from './support/child.ts';
import { buildHelm, findHelm, HELM_VERSION } from './support/helm.ts';
import { inMemory } from './support/memory-folder.ts';
import { newFolder } from './support/run-folder.ts';
import { FOLDER_OF_TOOLS, markInstalled, type ToolsOfRun } from './support/tools-of-run.ts';

/** Asked before this process makes a folder of its own, which its children would have theirs in. */
const memory = inMemory();

const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;

interface Tool {
  readonly name: string;
  readonly isThere: () => boolean;
  readonly debianPackage?: string;
  /** What is skipped without it. */
  readonly skipped: string;
}

const TOOLS: readonly Tool[] = [
  {
    name: 'redis-server',
    isThere: () => isThere('redis-server'),
    debianPackage: 'redis-server',
    skipped: 'all tests of the Redis ledger and of several replicas',
  },
  {
    name: 'chromium',
    isThere: () => isThere('chromium') || isThere('chromium-browser'),
    debianPackage: 'chromium',
    skipped: 'the tests of the dashboard in a browser',
  },
  { name: 'prlimit', isThere: () => isThere('prlimit'), skipped: 'the disk that is full, in the chaos test' },
  {
    name: 'setpriv',
    isThere: () => isThere('setpriv'),
    skipped: 'the file that nobody may write, in the chaos test',
  },
  {
    name: 'the right to mount',
    isThere: canMount,
    skipped: 'the file system that is full, in the chaos test',
  },
];

/** Where tests stay in one process, but for few that start a short one. */
const QUICK = [
  ...['--exclude', 'test/structure/new-provider.test.ts'],
  'providers/',
  ...['admin', 'contract', 'dispatch', 'http', 'ledger', 'metrics', 'notify', 'provider', 'review'].map(
    inTest,
  ),
  ...['structure', 'submit', 'write-back'].map(inTest),
];

interface Part {
  readonly name: string;
  /** On two cores that do nothing else. */
  readonly about: string;
}

/** Needs nothing, so it runs beside the tests, in the time that they wait for something. */
interface Check extends Part {
  readonly command: readonly [string, ...string[]];
}

const CHECKS: readonly Check[] = [
  // Several checkers would each work out the same types, on cores that the tests need.
  { name: 'types', about: '15 s', command: ['tsc', '--checkers', '1'] },
  { name: 'lint and format', about: '5 s', command: ['biome', 'check'] },
  ...(quick ? [] : ([{ name: 'unused code and packages', about: '5 s', command: ['knip'] }] as const)),
];

const TESTS: Part = quick ? { name: 'quick tests', about: '45 s' } : { name: 'tests', about: '5 minutes' };
const TOTAL = quick ? '1 minute' : '6 minutes';

const SAY_EVERY_MS = 30_000;

function inTest(room: string): string {
  return `test/${room}/`;
}

/** They go with this process, whatever its end is. @returns whether all is well */
async function runTests(env: NodeJS.ProcessEnv, ...args: string[]): Promise<boolean> {
  const child = startChild('vitest', ['run', ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...memory, ...env },
  });
  const [code] = await once(child, 'exit');
  return code === 0;
}

/** One after another, each with all that it said in one piece, as the tests go on saying theirs. */
async function runChecks(): Promise<void> {
  for (const { name, command } of CHECKS) {
    const [file, ...args] = command;
    const { code, stdout, stderr } = await runChild(file, args, { env: { ...process.env, ...memory } });
    console.log(`\nCheck of ${name}: ${code === 0 ? 'passed' : 'FAILED'}\n${stdout}${stderr}`.trimEnd());
    if (code !== 0) fail(name);
  }
}

function isThere(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

/** Not as a child that may be killed: half an installation would be left behind. */
function install(packages: readonly string[]): void {
  const apt = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  if (packages.length === 0 || !isThere('apt-get') || (apt[0] === 'sudo' && !isThere('sudo'))) return;
  console.log(`Installing ${packages.join(', ')} with apt-get.`);
  const asked = ['DEBIAN_FRONTEND=noninteractive', ...apt];
  spawnSync('env', [...asked, 'update', '-qq'], { stdio: 'inherit' });
  // A service of the machine's own is not wanted: tests start their servers themselves, on free ports.
  const options = ['-y', '-qq', '--no-install-recommends'];
  spawnSync('env', [...asked, 'install', ...options, ...packages], { stdio: 'inherit' });
}

const skipped: string[] = [];

function skip(what: string, why: string): void {
  skipped.push(what);
  console.log(`Skipped: ${what} (${why}).`);
}

function prepare(): void {
  const packages = TOOLS.filter((tool) => !tool.isThere()).flatMap(
    ({ debianPackage }) => debianPackage ?? [],
  );
  install(packages);
  for (const tool of TOOLS) if (!tool.isThere()) skip(tool.skipped, `there is no ${tool.name}`);
}

/** Beside the tests, of which few need it, and those wait: the first time it takes minutes. @returns their folder */
function installTools(): string {
  const folder = newFolder();
  const begin = async (tools: ToolsOfRun, installThem: () => Promise<void>) => {
    try {
      await installThem();
    } finally {
      markInstalled(folder, tools);
    }
  };
  void begin('helm', installHelm);
  void begin('peers', installPeersOfRun);
  return folder;
}

async function installHelm(): Promise<void> {
  if (findHelm() !== undefined) return;
  console.log(`Building Helm ${HELM_VERSION} with go (about 3 minutes, once; set QUASH_HELM to use yours).`);
  const saying = setInterval(() => console.log(`still building Helm ${HELM_VERSION}`), SAY_EVERY_MS);
  const missing = await buildHelm();
  clearInterval(saying);
  if (missing === undefined) console.log(`Helm: ${findHelm()}`);
  else skip('all tests of the chart', `there is no Helm: ${missing}; set QUASH_HELM to use yours`);
}

async function installPeersOfRun(): Promise<void> {
  for (const why of await installPeers(QUICK_PEERS)) skip('the tests against a real server', why);
}

function minutes(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function fail(name: string): never {
  console.error(`\n${what}: ${name} failed, after ${minutes(performance.now() - startedAt)}.`);
  process.exit(1);
}

const startedAt = performance.now();
const what = quick ? 'npm run test:quick' : 'npm test';
console.log(`${what}: about ${TOTAL} on two cores that do nothing else.`);
console.log(
  'A busy machine takes longer and fails nothing by that; QUASH_TEST_PATIENCE=3 waits longer for what hangs.',
);
console.log(`Beside the tests: ${CHECKS.map(({ name, about }) => `${name} (about ${about})`).join(', ')}.`);
if (!quick) prepare();
const checks = runChecks();
console.log(`\n${TESTS.name} (about ${TESTS.about})`);
const isWell = quick
  ? await runTests({ QUASH_TEST_QUICK: '1' }, ...QUICK)
  : await runTests({ [FOLDER_OF_TOOLS]: installTools() });
if (!isWell) fail(TESTS.name);
await checks;
console.log(`\n${what}: all passed in ${minutes(performance.now() - startedAt)}.`);
if (skipped.length > 0) console.log(`Skipped for want of tools: ${skipped.join('; ')}.`);
