/**
 * Writes the skeleton of a provider, which keeps the contract, and its line in the registry:
 * `npm run new-provider ID [SHAPE]`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { EXIT } from '../cli/io.ts';
import { filledIn, nameOf, SHAPES, type Shape, templatesOf } from './provider-template.ts';

const ROOT = new URL('../../', import.meta.url);
const REGISTRY = new URL('providers/index.ts', ROOT);

const ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const IMPORT = /^import \{ (\w+) \} from '\.\/([a-z0-9-]+)\/index\.ts';$/;

/** As the formatter sorts imports: `a9` before `a10`. */
const { compare } = new Intl.Collator('en', { numeric: true });

const USAGE = `Usage: npm run new-provider ID [SHAPE], where SHAPE is one of
${Object.entries(SHAPES)
  .map(([shape, when]) => `  ${shape.padEnd(9)} ${when}`)
  .join('\n')}`;

process.exitCode = run(process.argv.slice(2));

/**
 * Neither is there where they cannot be read. npm keeps an option to itself that stands before no `--`, and hands on its
 * value alone; so the shape may be given either way.
 */
function read(args: readonly string[]): { readonly id?: string | undefined; readonly shape?: Shape } {
  try {
    const options = { shape: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [id, wanted = values.shape ?? 'self', ...others] = positionals;
    const shape = Object.keys(SHAPES).find((each): each is Shape => each === wanted);
    return shape && others.length === 0 ? { id, shape } : {};
  } catch {
    return {};
  }
}

function run(args: readonly string[]): number {
  const { id, shape } = read(args);
  if (id === undefined || shape === undefined) return refuse(USAGE);
  if (!ID.test(id))
    return refuse('An id has lower-case letters, digits and single hyphens, and begins with a letter.');
  const folder = new URL(`providers/${id}/`, ROOT);
  const registry = readFileSync(REGISTRY, 'utf8');
  if (existsSync(folder) || registry.includes(`'./${id}/index.ts'`))
    return refuse(`There is a provider ${id} already.`);

  mkdirSync(folder);
  for (const [name, text] of templatesOf(shape)) {
    const today = new Date().toISOString().slice(0, 10);
    writeFileSync(new URL(name, folder), filledIn(text, { id, today }));
  }
  writeFileSync(REGISTRY, withProvider(registry, id));
  process.stdout.write(`Written: providers/${id}/ and its line in providers/index.ts.
Now describe the vendor's real calls in index.ts and cases.ts, until "npx vitest run providers/${id}" passes.
An experimental provider is off: providers.${id}.enabled: true turns it on, for a try with "npx quash revoke".
Then run "npm run docs" and "npm test"; the tests say where a new type string has to be listed.
`);
  return EXIT.done;
}

function refuse(sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return EXIT.usage;
}

/** The registry with one more import and entry, each before the first that comes after it in the alphabet. */
function withProvider(registry: string, id: string): string {
  const lines = registry.split('\n');
  const idByName = new Map(
    lines.flatMap((line) => {
      const [, name = '', importedId = ''] = IMPORT.exec(line) ?? [];
      return name ? [[name, importedId]] : [];
    }),
  );
  const withImport = insert(
    lines,
    `import { ${nameOf(id)} } from './${id}/index.ts';`,
    id,
    (line) => IMPORT.exec(line)?.[2],
  );
  const withEntry = insert(withImport, `  ${nameOf(id)},`, id, (line) =>
    idByName.get(/^ {2}(\w+),/.exec(line)?.[1] ?? ''),
  );
  return withEntry.join('\n');
}

/** @param idOf the id of a line that is one of the list */
function insert(
  lines: readonly string[],
  added: string,
  id: string,
  idOf: (line: string) => string | undefined,
): readonly string[] {
  const next = lines.findIndex((line) => compare(idOf(line) ?? '', id) > 0);
  const last = lines.findLastIndex((line) => idOf(line) !== undefined);
  return lines.toSpliced(next < 0 ? last + 1 : next, 0, added);
}
