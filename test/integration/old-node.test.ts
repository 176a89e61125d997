import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type QuashProcess, startQuash } from '../support/quash-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const BIN = join(ROOT, 'src/bin.js');
const TOO_OLD =
  /^Quash needs Node\.js 26 or newer, and this is [\d.]+\. "npm start" and "npx quash" use .*\n$/;

type Command = readonly [file: string, ...args: string[]];

interface OldNode {
  readonly name: string;
  readonly command: Command;
  /** So that what it hands over to is old, too, if that is the same file. */
  readonly old: Command;
}

/** This Node.js, which says that it is an old one: enough for all but the syntax that an old one can read. */
function pretended(): OldNode {
  const lie =
    'Object.defineProperty(process,"versions",{value:{node:"20.20.2"}});Object.defineProperty(process,"version",{value:"v20.20.2"})';
  const lying = (code: string): Command => [process.execPath, '--import', `data:text/javascript,${code}`];
  return {
    name: 'this one, which says that it is old, as none on the search path is',
    command: lying(`if(!process.channel)${lie}`),
    old: lying(lie),
  };
}

/** A Node.js on the search path that is too old for us. */
function real(): OldNode | undefined {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  const file = candidates.filter(existsSync).find((node) => {
    const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
    return Number(/^v(\d+)/.exec(stdout)?.[1] ?? 26) < 26;
  });
  return file === undefined ? undefined : { name: file, command: [file], old: [file] };
}

const { name, command, old } = real() ?? pretended();

describe(`started by an old Node.js: ${name}`, () => {
  it('the command runs by the one that "npm ci" brought', () => {
    const help = run(command, [BIN, '--help']);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toMatch(/^Usage: quash /);

    const wrong = run(command, [BIN, 'check', '--nonsense']);
    expect(wrong).toMatchObject({ status: 2, stdout: '' });
    expect(wrong.stderr).toContain("unknown option '--nonsense'");
  });

  it('it passes on input, arguments, output and exit code', () => {
    const bin = installedWith(script('cat; echo "$*" >&2; exit 7'));

    const { status, stdout, stderr } = run(command, [bin, 'submit', '-'], 'a report');

    expect({ status, stdout }).toEqual({ status: 7, stdout: 'a report' });
    expect(stderr).toBe(`${[...command.slice(1), bin, 'submit', '-'].join(' ')}\n`);
  });

  it('it ends by the signal that ended the command', () => {
    expect(run(command, [installedWith(script('kill -KILL $$'))])).toMatchObject({
      status: null,
      signal: 'SIGKILL',
    });
  });

  it('SIGTERM ends the service in good order', async () => {
    const quash = await serving(command);

    expect(await quash.end('SIGTERM')).toBe(0);
    expect(quash.log().filter(({ event }) => event === 'stopping')).toMatchObject([{ signal: 'SIGTERM' }]);
    await expectGone(quash);
  });

  it('SIGHUP makes the service read its configuration anew', async () => {
    const quash = await serving(command);

    quash.signal('SIGHUP');
    await quash.logged('reloaded');

    expect(await quash.end('SIGTERM')).toBe(0);
  });

  it('a signal to the whole group, as a terminal sends it, is not doubled: the command leads a group', () => {
    const asks = script('process.kill(-process.pid, 0); console.log("leads one");', process.execPath);

    expect(run(command, [installedWith(asks)])).toMatchObject({ status: 0, stdout: 'leads one\n' });
  });

  it('the service ends, too, when what started it is killed', async () => {
    const quash = await serving(command);

    expect(await quash.end('SIGKILL')).toBe(null);
    await expectGone(quash);
  });

  it.each<readonly [what: string, brought: ((at: string) => void) | undefined]>([
    ['nothing', undefined],
    ['one that does not run here', script('', '/no/such/interpreter')],
    ['one that is too old as well', (at) => symlinkSync(old[0], at)],
  ])('it says in one line what is needed and exits 2 where "npm ci" brought %s', (_, brought) => {
    const { status, stdout, stderr } = run(old, [installedWith(brought), '--help']);

    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(TOO_OLD);
  });
});

describe(`"npm ci" by an old Node.js: ${name}`, () => {
  it.each([
    ['prints no warning', ['.npmrc'], /^$/],
    ['would warn of each package that wants a newer one, if .npmrc let it', [], /EBADENGINE/],
  ])('%s', (_, settings, printed) => {
    const folder = temporaryFolder();
    for (const file of ['package.json', 'package-lock.json', ...settings])
      copyFileSync(join(ROOT, file), join(folder, file));

    const { status, stderr } = npm(folder, 'ci', '--dry-run', '--offline', '--no-audit', '--no-fund');

    expect(stderr).toMatch(printed);
    expect(status).toBe(0);
  });
});

/** Without the settings that an npm which runs the tests hands on. */
function npm(cwd: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name));
  const [file, ...before] = command;
  const env = Object.fromEntries(inherited);
  return spawnSync(file, [...before, npmFile(), ...args], { encoding: 'utf8', cwd, env });
}

/** What `npm` on the search path leads to. */
function npmFile(): string {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'npm'));
  const found = candidates.find(existsSync);
  if (found === undefined) throw new Error('There is no npm on the search path.');
  return realpathSync(found);
}

function run([file, ...args]: Command, more: readonly string[], input = ''): SpawnSyncReturns<string> {
  return spawnSync(file, [...args, ...more], { encoding: 'utf8', input, cwd: temporaryFolder() });
}

function serving(command: Command): Promise<QuashProcess> {
  return startQuash({ cwd: temporaryFolder(), command: [...command, BIN, 'serve'] });
}

/** Nobody answers at its address any more. */
async function expectGone({ adminUrl }: QuashProcess): Promise<void> {
  await eventually(() => expect(fetch(adminUrl)).rejects.toThrow());
}

/** The first file of the command alone, and beside it what `npm ci` brought, if anything. */
function installedWith(brought?: (at: string) => void): string {
  const folder = temporaryFolder();
  const bin = join(folder, 'src/bin.js');
  mkdirSync(dirname(bin));
  copyFileSync(BIN, bin);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  if (brought) {
    const at = join(folder, 'node_modules/node/bin/node');
    mkdirSync(dirname(at), { recursive: true });
    brought(at);
  }
  return bin;
}

function script(text: string, interpreter = '/bin/sh'): (at: string) => void {
  return (at) => writeFileSync(at, `#!${interpreter}\n${text}\n`, { mode: 0o755 });
}
