/** Writes the skeleton of a provider, which keeps the contract, and its line in the registry: `npm run new-provider ID`. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { EXIT } from '../cli/io.ts';

const ROOT = new URL('../../', import.meta.url);
const REGISTRY = new URL('providers/index.ts', ROOT);
const TEMPLATES = new URL('provider-template/', import.meta.url);

const ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const IMPORT = /^import \{ (\w+) \} from '\.\/([a-z0-9-]+)\/index\.ts';$/;

/** As the formatter sorts imports: `a9` before `a10`. */
const { compare } = new Intl.Collator('en', { numeric: true });

process.exitCode = run(process.argv.slice(2));

function run(args: readonly string[]): number {
  const [id] = args;
  if (id === undefined || args.length > 1) return refuse('Usage: npm run new-provider ID');
  if (!ID.test(id))
    return refuse('An id has lower-case letters, digits and single hyphens, and begins with a letter.');
  const folder = new URL(`providers/${id}/`, ROOT);
  const registry = readFileSync(REGISTRY, 'utf8');
  if (existsSync(folder) || registry.includes(`'./${id}/index.ts'`))
    return refuse(`There is a provider ${id} already.`);

  mkdirSync(folder);
  for (const template of readdirSync(TEMPLATES)) {
    const text = readFileSync(new URL(template, TEMPLATES), 'utf8');
    writeFileSync(new URL(template.replace(/\.txt$/, ''), folder), filledIn(text, id));
  }
  writeFileSync(REGISTRY, withProvider(registry, id));
  process.stdout.write(`Written: providers/${id}/ and its line in providers/index.ts.
Now describe the vendor's real calls in index.ts and cases.ts, until "npx vitest run providers/${id}" passes.
Then run "npm run docs" and "npm test"; the tests say where a new type string has to be listed.
`);
  return EXIT.done;
}

function refuse(sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return EXIT.usage;
}

function filledIn(template: string, id: string): string {
  const words = id.split('-');
  return template
    .replaceAll('__ID__', id)
    .replaceAll('__SNAKE__', words.join('_'))
    .replaceAll('__NAME__', nameOf(id))
    .replaceAll('__TITLE__', words.map(capitalised).join(' '))
    .replaceAll('__TODAY__', new Date().toISOString().slice(0, 10));
}

/** `acme-vault` as `acmeVault`. */
function nameOf(id: string): string {
  const [first = '', ...others] = id.split('-');
  return first + others.map(capitalised).join('');
}

function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
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
