/** Rewrites what is made from the comments of values.yaml: README.md and values.schema.json (`npm run docs:chart`). */
import { readFileSync, writeFileSync } from 'node:fs';
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { configMapSchema, type JsonSchema } from './config-schema.ts';

/** A key of values.yaml. */
interface Value {
  readonly path: string;
  readonly byDefault: unknown;
  /** Undefined for a mapping that is only a heading for the keys in it. */
  readonly description: string | undefined;
  readonly schema: JsonSchema;
  readonly children: readonly Value[];
}

const TABLE = '<!-- values -->';

/** What holds between several values. The templates say the same in sentences, where the schema is not asked. */
const RULES: JsonSchema = {
  if: inside(['config', 'ledger'], { url: { type: 'string', pattern: '^sqlite:' } }),
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: {
    properties: {
      replicas: { maximum: 1 },
      autoscaling: { properties: { enabled: { const: false } } },
      worker: inside(['autoscaling'], { enabled: { const: false } }),
    },
  },
};

/** @returns the content of each generated file by its name */
export function generate(): ReadonlyMap<string, string> {
  const document = parseDocument(readFileSync(new URL('values.yaml', import.meta.url), 'utf8'));
  if (!isMap(document.contents)) throw new TypeError('values.yaml holds no mapping.');
  const values = readValues(document.contents, '');
  const template = readFileSync(new URL('README.md.tmpl', import.meta.url), 'utf8');
  const { definitions } = configMapSchema();
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...withOthersNames(objectSchema(values)),
    ...RULES,
    definitions,
  };
  return new Map([
    ['README.md', template.replace(TABLE, () => table(values))],
    ['values.schema.json', `${JSON.stringify(schema, null, 2)}\n`],
  ]);
}

function readValues(map: YAMLMap, prefix: string): readonly Value[] {
  return map.items.map((pair, index) => {
    const comment = (index === 0 ? map.commentBefore : undefined) ?? commentOf(pair);
    return readValue(pair, `${prefix}${String(pair.key)}`, comment ?? '');
  });
}

function commentOf({ key }: Pair): string | undefined {
  return isScalar(key) ? (key.commentBefore ?? undefined) : undefined;
}

function readValue({ value }: Pair, path: string, comment: string): Value {
  const description = /^ -- (.+)$/m.exec(comment)?.[1];
  const byDefault = isMap(value) || value ? JSON.parse(JSON.stringify(value)) : null;
  const children = isMap(value) && description === undefined ? readValues(value, `${path}.`) : [];
  if (description === undefined && children.length === 0) throw new Error(`${path} has no description.`);
  const hints = /^ @schema (.+)$/m.exec(comment)?.[1] ?? '{}';
  const own = path === 'config' ? configMapSchema().schema : { type: typeOf(byDefault) };
  const schema = { ...own, description, ...JSON.parse(hints) };
  return { path, byDefault, description, schema, children };
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' ? 'integer' : typeof value;
}

/** @param isOpen for keys of others, too */
function objectSchema(values: readonly Value[], isOpen = false): JsonSchema {
  const properties = values.map(({ path, schema, children }) => [
    path.slice(path.lastIndexOf('.') + 1),
    // The globals of a chart that holds this one are for all charts in it.
    children.length > 0 ? objectSchema(children, path === 'global') : schema,
  ]);
  return { type: 'object', additionalProperties: isOpen, properties: Object.fromEntries(properties) };
}

/** Keys that have another name here. Of a constant, Helm's message shows the sentence. */
function withOthersNames(schema: JsonSchema): JsonSchema {
  const properties = {
    ...(schema.properties as JsonSchema),
    replicaCount: { const: 'not known here: use replicas' },
  };
  return { ...schema, properties };
}

function inside(path: readonly string[], properties: JsonSchema): JsonSchema {
  const [key, ...rest] = path;
  return { properties: key === undefined ? properties : { [key]: inside(rest, properties) } };
}

function table(values: readonly Value[]): string {
  const rows = values.flatMap(rowsOf);
  return ['| Value | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

function rowsOf({ path, byDefault, description = '', children }: Value): readonly string[] {
  if (children.length > 0) return children.flatMap(rowsOf);
  const shown = path === 'config' ? 'see values.yaml' : `\`${JSON.stringify(byDefault)}\``;
  return [`| \`${path}\` | ${shown} | ${description.replaceAll('|', '\\|')} |`];
}

if (import.meta.main) {
  for (const [name, content] of generate()) writeFileSync(new URL(name, import.meta.url), content);
}
