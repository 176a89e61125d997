/** `npm test`: gets what the tests need, then runs every check, and says what it could not do. */
import { spawnSync } from 'node:child_process';
import { prepareHelm } from './support/helm.ts';

interface Tool {
  readonly command: string;
  readonly debianPackage: string;
  readonly without: string;
}

const TOOLS: readonly Tool[] = [
  {
    command: 'redis-server',
    debianPackage: 'redis-server',
    without: 'the tests of the Redis ledger are skipped',
  },
  { command: 'chromium', debianPackage: 'chromium', without: 'the tests of the dashboard are skipped' },
];

const CHECKS: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['types', 'tsc'],
  ['lint and format', 'biome', 'check'],
  ['unused code and packages', 'knip'],
  ['tests', 'vitest', 'run'],
];

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}

function isThere(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

function install(tools: readonly Tool[]): void {
  const apt = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  if (tools.length === 0 || !isThere('apt-get') || (apt[0] === 'sudo' && !isThere('sudo'))) return;
  const [command = 'apt-get', ...prefix] = ['env', 'DEBIAN_FRONTEND=noninteractive', ...apt];
  console.log(`Installing ${tools.map((tool) => tool.debianPackage).join(', ')} with apt-get.`);
  run(command, ...prefix, 'update', '-qq');
  // A service of the machine's own is not wanted: tests start their servers themselves, on free ports.
  run(
    command,
    ...prefix,
    'install',
    '-y',
    '-qq',
    '--no-install-recommends',
    ...tools.map((tool) => tool.debianPackage),
  );
}

install(TOOLS.filter((tool) => !isThere(tool.command)));
for (const { command, without } of TOOLS) {
  if (!isThere(command)) console.log(`${command} is missing and could not be installed: ${without}.`);
}
// In the background: the first time it takes minutes, which the checks before the tests use, too.
const helm = prepareHelm();
for (const [name, command, ...args] of CHECKS) {
  if (name === 'tests' && !(await helm)) console.log('no helm: the tests of the chart are skipped');
  if (!run(command, ...args)) {
    console.error(`\n${name}: failed`);
    process.exit(1);
  }
}
