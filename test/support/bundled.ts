/**
 * What stands for the service under load, each in few files instead of five hundred: half of what such a start takes
 * goes into finding and reading modules. Made once by each process that starts any, which takes as long as three starts.
 */
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'rolldown';
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
  made ??= make();
  const folder = await made;
  return { file: join(folder, `${name}.mjs`), env: { NODE_COMPILE_CACHE: join(folder, 'code') } };
}

async function make(): Promise<string> {
  const dir = newFolder('bundled-');
  await build({
    input: ENTRIES,
    platform: 'node',
    plugins: [placesOfSources],
    logLevel: 'warn',
    output: { dir, entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
  });
  return dir;
}
