import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** What each part may import besides itself and the ground, which imports nothing. */
const GROUND = 'src/words';
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  [GROUND]: [],
  'src/observe': ['src/ledger'],
  'src/provider': [],
  'src/upstream': ['src/provider', 'src/observe'],
  'src/custom': ['src/provider', 'src/upstream'],
  'src/vault': [],
  'src/ledger': [],
  'src/server': ['src/ledger', 'src/observe'],
  'src/dispatch': ['src/ledger', 'src/observe', 'src/provider', 'src/server', 'src/vault'],
  'src/http': ['src/config', 'src/ledger', 'src/observe', 'src/provider', 'src/server', 'src/vault'],
  'src/admin': ['src/config', 'src/ledger', 'src/observe', 'src/provider', 'src/server'],
  'src/config': ['src/custom', 'src/notify', 'src/provider'],
  'src/notify': ['src/ledger', 'src/observe', 'src/provider', 'src/upstream'],
  'src/write-back': ['src/ledger', 'src/notify', 'src/observe', 'src/provider', 'src/upstream'],
  'src/fakes': [],
  'src/submit': [],
  providers: ['src/provider'],
};

/** These put the others together; no other part may import them. */
const TOP = ['src/bin.js', 'src/cli', 'src/dev', 'src/open-ledger.ts', 'src/service.ts'];

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => /\.(ts|js)$/.test(path) && !path.endsWith('.test.ts') && !path.endsWith('/cases.ts'));
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(
    (match) => match[1] ?? '',
  );
  return specifiers.map((specifier) => relative(ROOT, resolve(ROOT, dirname(path), specifier)));
}

function partOf(path: string): string {
  if (path.startsWith('providers/')) return 'providers';
  return path.split('/').slice(0, 2).join('/');
}

function isAllowed(importer: string, imported: string): boolean {
  const part = partOf(importer);
  const target = partOf(imported);
  if (TOP.includes(part) || part === target || imported === 'package.json') return true;
  if (TOP.includes(target)) return false;
  if (target === GROUND) return true;
  return (MAY_IMPORT[part] ?? []).some((name) => name === target || name === imported);
}

it('keeps data flowing one way: http, ledger, dispatch, provider, upstream', () => {
  const wrong = [...sources('src'), ...sources('providers')].flatMap((path) =>
    importsOf(path)
      .filter((imported) => !isAllowed(path, imported))
      .map((imported) => `${path} imports ${imported}`),
  );
  expect(wrong).toEqual([]);
});

it('knows every part of the source', () => {
  const known = [...Object.keys(MAY_IMPORT), ...TOP];
  const parts = sources('src').map(partOf);
  expect(parts.filter((part) => !known.includes(part))).toEqual([]);
});

it('reveals secrets in few places only', () => {
  const revealing = sources('src')
    .filter((path) => /\.reveal\(\)/.test(readFileSync(join(ROOT, path), 'utf8')))
    .sort();
  expect(revealing).toEqual([
    'src/cli/admin-client.ts',
    'src/custom/template.ts',
    'src/notify/email.ts',
    'src/notify/target.ts',
    'src/notify/webhook.ts',
    'src/observe/scrub.ts',
    'src/open-ledger.ts',
    'src/provider/death.ts',
    'src/provider/kit/halves.ts',
    'src/provider/kit/own-credential.ts',
    'src/provider/possession.ts',
    'src/provider/upstream.ts',
    'src/server/auth.ts',
    'src/submit/client.ts',
    'src/upstream/wire-request.ts',
    'src/vault/seal.ts',
  ]);
});
