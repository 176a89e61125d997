/**
 * What stands for the service under load, each in few files instead of five hundred: half of what such a start takes
 * goes into finding and reading modules. Making them takes as long as four starts, so that one process of a run of
 * tests does it for all.
 */
import { mkdirSync } from 'node:fs';
import { access, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'rolldown';
import { FOLDER_OF_BUNDLES } from './bundles-of-run.ts';
import { eventually } from './eventually.ts';
import { newFolder } from './run-folder.ts';

const ENTRIES = {
  'gitlab-only': resolve(import.meta.dirname, 'gitlab-only.ts'),
  'skewed-quash': resolve(import.meta.dirname, '../chaos/skewed-quash.ts'),
};

interface Bundled {
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Scripts, pages and threads are found where they are, beside the source that asks for them. */
const placesOfSources: Plugin = {
  name: 'places-of-sources',
  transform: {
    filter: { id: { exclude: /\/node_modules\// }, code: /\bimport\.meta\b/ },
    handler: (code, id) => ({
      code: code
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(id))),
      map: null,
    }),
  },
};

let made: Promise<string> | undefined;

/** What Node.js runs in place of that source, and the environment in which it starts fast. */
export async function bundled(name: keyof typeof ENTRIES): Promise<Bundled> {
  made ??= madeOnce(process.env[FOLDER_OF_BUNDLES]);
  const folder = await made;
  return { file: join(folder, `${name}.mjs`), env: { NODE_COMPILE_CACHE: join(folder, 'code') } };
}

/** @param shared by the processes of a run of tests; outside one, there is none */
async function madeOnce(shared: string | undefined): Promise<string> {
  if (shared === undefined) return make(newFolder('bundled-'));
  const folder = join(shared, 'made');
  // It stays, so that whoever comes once all is made is not the first one again.
  const isFirst = mkdirSync(join(shared, 'begun'), { recursive: true }) !== undefined;
  if (isFirst) await rename(await make(join(shared, 'in-the-making')), folder);
  else await eventually(() => access(folder));
  return folder;
}

async function make(dir: string): Promise<string> {
  await build({
    input: ENTRIES,
    platform: 'node',
    plugins: [placesOfSources],
    logLevel: 'warn',
    output: { dir, entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
  });
  return dir;
}
