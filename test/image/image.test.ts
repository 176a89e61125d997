/** What the Dockerfile makes, run as a container engine would: an unprivileged user, and only the volume to write to. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { buildImage, filesBelow, type Image } from '../support/dockerfile-build.ts';
import { freePort } from '../support/free-port.ts';
import { startQuash } from '../support/quash-process.ts';
import { newFolder } from '../support/run-folder.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const IS_ROOT = process.getuid?.() === 0;
const AS_WHOM = IS_ROOT ? 'as the user of the image' : 'as the current user, since only root may choose';
const CAN_BE_FIRST = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;

let target: string;
let image: Image;
let user: { uid: number; gid: number };

beforeAll(async () => {
  target = newFolder('image-');
  chmodSync(target, 0o755);
  image = await buildImage(ROOT, target);
  const [uid, gid] = image.user.split(':').map(Number);
  user = IS_ROOT
    ? { uid: uid ?? 0, gid: gid ?? 0 }
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  // Of the base image only this is needed; it may lie here where that user does not get to.
  mkdirSync(dirname(inImage('/usr/local/bin/node')), { recursive: true });
  copyFileSync(process.execPath, inImage('/usr/local/bin/node'));
  const readOnly = readdirSync(image.root).filter((name) => !image.volumes.includes(`/${name}`));
  execFileSync('chmod', ['-R', 'a-w', ...readOnly.map(inImage)]);
  chmodSync(image.root, 0o555);
});

beforeEach(() => {
  const [data = ''] = image.volumes;
  for (const name of readdirSync(inImage(data))) rmSync(join(inImage(data), name), { recursive: true });
});

afterAll(() => {
  execFileSync('chmod', ['-R', 'u+w', target]);
  rmSync(target, { recursive: true });
});

/** A path of the image as one of this machine. */
function inImage(path: string): string {
  return join(image.root, path);
}

/** The words of a command, with the paths in it as they are here. */
function commandOf(words: readonly string[]): [string, ...string[]] {
  const [node = '', ...args] = words;
  const file = node === 'node' ? '/usr/local/bin/node' : node;
  return [inImage(file), ...args.map((word) => (word.startsWith('/') ? inImage(word) : word))];
}

/** A container gets no more than this from outside, and no folder for temporary files. */
function environment(settings: Readonly<Record<string, string>> = {}) {
  return { PATH: '/usr/bin:/bin', HOME: inImage('/'), TMPDIR: inImage('/tmp'), ...image.env, ...settings };
}

function start(
  settings?: Readonly<Record<string, string>>,
  { before = [], ...more }: { readonly before?: readonly string[]; readonly errors?: number } = {},
) {
  const [file = '', ...args] = [...before, ...commandOf([...image.entrypoint, ...image.command])];
  return startQuash({
    cwd: inImage(image.workdir),
    env: environment(settings),
    command: [file, ...args],
    ...more,
    ...(before.length === 0 && { user }),
  });
}

function run(words: readonly string[], settings: Readonly<Record<string, string>>) {
  const [file, ...args] = commandOf(words);
  const options = {
    cwd: inImage(image.workdir),
    env: environment(settings),
    encoding: 'utf8',
    ...user,
  } as const;
  return spawnSync(file, args, options);
}

/** All that is outside the volumes, with what tells that it was touched. */
function footprint(): readonly string[] {
  const volumes = image.volumes.map(inImage);
  return readdirSync(image.root, { recursive: true, encoding: 'utf8' })
    .map((name) => join(image.root, name))
    .filter((path) => !volumes.some((volume) => path === volume || path.startsWith(`${volume}/`)))
    .map((path) => `${path} ${lstatSync(path).size} ${lstatSync(path).mtimeMs}`);
}

/** The source files that a file names, as an import or otherwise by its path. */
function namedBy(path: string): readonly string[] {
  if (!/\.(ts|js)$/.test(path)) return [];
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/'(\.{1,2}\/[^']+\.\w+)'/g)].map((match) =>
    resolve(dirname(path), match[1] ?? ''),
  );
}

function reachableFrom(entry: string): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [entry];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    open.push(...namedBy(path));
  }
  return reached;
}

describe('the tree of the image', () => {
  it('holds no source file that the command does not need, and so none of the tests', () => {
    const needed = reachableFrom(inImage('/app/src/bin.js'));
    const sources = ['/app/src', '/app/providers'].flatMap((folder) =>
      filesBelow(inImage(folder)).map((name) => join(inImage(folder), name)),
    );
    // Scripts and what browsers get are read by names that are put together while it runs.
    const unneeded = sources.filter((path) => !needed.has(path) && !/\.(lua|js|css|svg|ico)$/.test(path));
    expect(unneeded.map((path) => relative(inImage('/app'), path))).toEqual([]);
    expect(sources.length).toBeGreaterThan(100);
  });

  it('holds nothing else: the packages of production, the licence and the version', () => {
    expect(readdirSync(inImage('/app')).sort()).toEqual(
      ['LICENSE', 'node_modules', 'package.json', 'providers', 'src'].sort(),
    );
    const installed = (names: object) =>
      Object.keys(names).filter((name) => existsSync(inImage(`/app/node_modules/${name}`)));
    expect(installed(packageJson.devDependencies)).toEqual([]);
    expect(installed(packageJson.dependencies)).toEqual(Object.keys(packageJson.dependencies));
  });

  it('belongs to nobody who runs it: only the volume can be written to', () => {
    const isWritable = (path: string) => (statSync(path).mode & 0o022) !== 0;
    expect(filesBelow(inImage('/app')).filter((name) => isWritable(inImage(`/app/${name}`)))).toEqual([]);
    expect(statSync(inImage('/data'))).toMatchObject(user);
  });
});

describe(`a container with a read-only root, ${AS_WHOM}`, () => {
  it('serves GitLab out of the volume, is healthy meanwhile, writes nowhere else, stops at SIGTERM, and compiles nothing', async () => {
    const before = footprint();
    const file = join(target, 'compile-cache.log');
    const errors = openSync(file, 'w');
    // Another one than by default, which the health check has to find.
    const settings = { QUASH_ADMIN__PORT: String(await freePort()) };
    const quash = await start({ ...settings, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' }, { errors });
    const headers = { authorization: readFileSync(inImage('/data/gitlab-token'), 'utf8').trim() };
    const answer = await fetch(`${quash.apiUrl}/v1/revocable_token_types`, { headers });
    const { types } = (await answer.json()) as { types: string[] };
    expect(types).toContain('gitleaks_rule_id_gitlab_personal_access_token');
    const posted = await fetch(`${quash.apiUrl}/v1/revoke_tokens`, { method: 'POST', headers, body: '[]' });
    expect(posted.status).toBe(204);
    expect(run(image.healthCheck, settings)).toMatchObject({ status: 0, stdout: '', stderr: '' });

    expect(await quash.end('SIGTERM')).toBe(0);
    closeSync(errors);
    expect(statSync(inImage('/data/quash.db'))).toMatchObject(user);
    expect(footprint()).toEqual(before);
    const down = run(image.healthCheck, settings);
    expect(down).toMatchObject({ status: 1, stdout: '' });
    expect(down.stderr).toBe(
      `quash: Quash cannot be reached at http://127.0.0.1:${settings.QUASH_ADMIN__PORT}/healthz (ECONNREFUSED): nothing listens there; start it, or correct the port.\n`,
    );

    // All that it ran was compiled when the image was built.
    const said = readFileSync(file, 'utf8');
    const countOf = (what: RegExp) => said.match(what)?.length ?? 0;
    expect(countOf(/code cache for .* was accepted/g)).toBeGreaterThan(500);
    expect(countOf(/no such file|was rejected|was not initialized|to temporary file/g)).toBe(0);
  });

  function startTold(signal: NodeJS.Signals) {
    const hook = join(target, `told-${signal}-while-loading.mjs`);
    writeFileSync(
      hook,
      `import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) {
        if (url.endsWith('/src/service.ts')) process.kill(process.pid, '${signal}');
        return next(url, context);
      } });`,
    );
    return start({ NODE_OPTIONS: `--import ${hook}` });
  }

  it('stops in good order when told so while it starts', async () => {
    const quash = await startTold('SIGTERM');
    expect(await quash.logged('stopping')).toMatchObject({ signal: 'SIGTERM' });
    expect(await quash.ended).toBe(0);
  });

  it('reads its configuration anew when told so while it starts', async () => {
    const quash = await startTold('SIGHUP');
    await quash.logged('reloaded');
    expect(await quash.end('SIGTERM')).toBe(0);
  });

  it.skipIf(!CAN_BE_FIRST)(
    'stops in good order as the first process (skipped where unshare cannot make it so)',
    async () => {
      const quash = await start({}, { before: ['unshare', '--pid', '--fork', '--kill-child'] });
      const children = readFileSync(`/proc/${quash.pid}/task/${quash.pid}/children`, 'utf8');
      process.kill(Number(children), 'SIGTERM');
      expect(await quash.ended).toBe(0);
    },
  );
});

it('can be asked for anything else that Quash does', () => {
  const { status, stdout } = run([...image.entrypoint, 'types'], {});
  expect([status, stdout.split('\n').length > 50]).toEqual([0, true]);
});
