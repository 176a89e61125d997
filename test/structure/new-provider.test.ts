import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { withTemplates } from '../../src/dev/documented-template.ts';
import { runChild } from '../support/child.ts';
import { newFolder } from '../support/run-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);

/** As much of the repository as a provider needs. */
function repository(root = temporaryFolder()): string {
  const parts = [
    'package.json',
    'tsconfig.json',
    'biome.json',
    'vitest.config.ts',
    'src',
    'providers',
    'test/contract',
  ];
  for (const part of [...parts, 'test/support'])
    cpSync(join(ROOT, part), join(root, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return root;
}

async function run(root: string, command: string, ...args: string[]) {
  const { code, stdout, stderr } = await runChild(join(root, 'node_modules/.bin', command), args, {
    cwd: root,
    env: { ...process.env, PATH },
  });
  return { code, output: stdout + stderr };
}

const SHAPE_OF = {
  ...{ a0: 'self', 'gitlab-two': 'accounts', zz10: 'records', zz9: 'batch' },
  ...{ 'zz-halves': 'halves', 'zz-servers': 'servers' },
} as const;

function newProvider(root: string, ...args: string[]) {
  return run(root, 'node', 'src/dev/new-provider.ts', ...args);
}

it('writes a provider of each shape that type-checks, is formatted and keeps the contract', async () => {
  const root = repository();
  const ids = Object.keys(SHAPE_OF);

  const written = [];
  for (const [id, shape] of Object.entries(SHAPE_OF)) written.push(await newProvider(root, id, shape));

  expect(written).toEqual(
    ids.map((id) => ({ code: 0, output: expect.stringContaining(`providers/${id}/`) })),
  );
  const folders = ids.map((id) => `providers/${id}`);
  const heads = folders.map((folder) => readFileSync(join(root, folder, 'index.ts'), 'utf8').split('*/')[0]);
  // As the tests of all providers want it.
  const documented = expect.stringMatching(/https:\/\/[\s\S]*checked \d{4}-\d{2}-\d{2}/);
  expect(heads).toEqual(ids.map(() => documented));
  // The registry runs and is not type-checked: all other providers come with it, and take most of the time.
  expect(await run(root, 'node', 'providers/index.ts')).toEqual({ code: 0, output: '' });
  writeFileSync(join(root, 'new.json'), JSON.stringify({ extends: './tsconfig.json', include: folders }));
  expect(await run(root, 'tsc', '--project', 'new.json')).toEqual({ code: 0, output: '' });
  // With what it said, in case that it is something else.
  const wellDone = { code: 0, output: expect.any(String) };
  expect(await run(root, 'biome', 'check', '--vcs-enabled=false', 'providers/all.ts', ...folders)).toEqual(
    wellDone,
  );
  for (const folder of folders)
    expect(readFileSync(join(root, folder, 'index.ts'), 'utf8')).toMatch(/Docs: https:.*checked \d{4}-/);
  // Each worker would read the suite anew, which takes longer than its six runs.
  const tests = ['run', '--maxWorkers=1', ...folders.map((folder) => `${folder}/`)];
  expect(await run(root, 'vitest', ...tests)).toEqual(wellDone);
});

it('takes the shape as an option, too, and "self" for none', async () => {
  const root = repository();

  await newProvider(root, 'zz-acme', '--shape', 'records');
  await newProvider(root, 'zz-acme-two');

  const written = (id: string) => readFileSync(join(root, 'providers', id, 'index.ts'), 'utf8');
  expect(written('zz-acme')).toContain("possession: 'one-fits'");
  expect(written('zz-acme-two')).toContain('...selfService({');
});

it('is what the documents show', () => {
  const document = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  expect(document).toContain('<!-- template:self -->');
  expect(withTemplates(document)).toBe(document);
});

it('adds its one line in alphabetical order', async () => {
  const root = repository();
  const path = join(root, 'providers/all.ts');
  const before = readFileSync(path, 'utf8').split('\n');

  for (const id of ['a0', 'gitlab-two', 'zz10', 'zz9']) await newProvider(root, id);

  const after = readFileSync(path, 'utf8').split('\n');
  const lineOf = (id: string, name = id) => `export { ${name} } from './${id}/index.ts';`;
  const added = [lineOf('a0'), lineOf('gitlab-two', 'gitlabTwo'), lineOf('zz9'), lineOf('zz10')];
  expect(after.filter((line) => !before.includes(line))).toEqual(added);
  expect(after.filter((line) => before.includes(line))).toEqual(before);
  expect(after.indexOf(lineOf('gitlab-two', 'gitlabTwo'))).toBe(after.indexOf(lineOf('gitlab')) + 1);
  expect([after[1], ...after.slice(-3)]).toEqual([lineOf('a0'), lineOf('zz9'), lineOf('zz10'), '']);
});

describe('what cannot be', () => {
  // Nothing is written, so one is enough for all.
  let root: string;
  beforeAll(() => {
    root = repository(newFolder());
    return () => rmSync(root, { recursive: true, force: true });
  });

  it.each([
    ['an id with capitals', ['Acme']],
    ['an id that leads elsewhere', ['../acme']],
    ['an id that begins with a hyphen', ['-acme']],
    ['an id with two hyphens', ['a--b']],
    ['an id that is taken', ['gitlab']],
    ['no id', []],
    ['two ids', ['a', 'b']],
    ['two shapes', ['a', 'self', 'batch']],
    ['a shape that there is not', ['acme', '--shape', 'round']],
    ['an option that there is not', ['acme', '--form', 'self']],
  ])('is refused, and nothing is written: %s', async (_name, args) => {
    const before = readFileSync(join(root, 'providers/all.ts'), 'utf8');

    const { code, output } = await newProvider(root, ...args);

    expect(code).toBe(2);
    expect(output).toMatch(/^(An id|There is|Usage).+\n/);
    expect(readFileSync(join(root, 'providers/all.ts'), 'utf8')).toBe(before);
    expect(existsSync(join(root, 'acme'))).toBe(false);
  });
});
