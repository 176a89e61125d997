/**
 * Writes the skeleton of a provider, which keeps the contract, and its line in the registry:
 * `npm run new-provider ID [SHAPE]`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { EXIT } from '../cli/io.ts';
import { filledIn, nameOf, SHAPES, type Shape, templatesOf } from './provider-template.ts';

const ROOT = new URL('../../', import.meta.url);
const REGISTRY = new URL('providers/all.ts', ROOT);

const ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LINE = /^export \{ \w+ \} from '\.\/([a-z0-9-]+)\/index\.ts';$/;

/** As the formatter sorts exports: `a9` before `a10`. */
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
  process.stdout.write(`Written: providers/${id}/ and its line in providers/all.ts.
It passes "npx vitest run providers/${id}" with a vendor that is made up: put the real one's calls in index.ts and in
cases.ts, each from its documents. "unpublished" names types for which no scanner publishes a rule; leave it out if one does.
An experimental provider is off: providers.${id}.enabled: true turns it on, for a try with "npx quash revoke".
Then run "npm run docs" and "npm test".
`);
  return EXIT.done;
}

function refuse(sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return EXIT.usage;
}

/** The registry with one more line, before the first that comes after it in the alphabet. */
function withProvider(registry: string, id: string): string {
  const lines = registry.split('\n');
  const idOf = (line: string) => LINE.exec(line)?.[1];
  const next = lines.findIndex((line) => compare(idOf(line) ?? '', id) > 0);
  const last = lines.findLastIndex((line) => idOf(line) !== undefined);
  const added = `export { ${nameOf(id)} } from './${id}/index.ts';`;
  return lines.toSpliced(next < 0 ? last + 1 : next, 0, added).join('\n');
}
