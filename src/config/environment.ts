/** Configuration from environment variables: `QUASH_LISTEN__PORT=8080` sets `listen.port`. */
import { z } from 'zod';
import { expectedKeys } from './faults.ts';
import { fileKey, isSecret, isSecretList, layers, shapeOf, unwrap } from './schema-walk.ts';

const PREFIX = 'QUASH_';
const LEVEL = '__';

/** Variables that are read by commands and set no key. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(['QUASH_CONFIG', 'QUASH_TOKEN', 'QUASH_URL']);

export type Environment = Readonly<Record<string, string | undefined>>;

/** A key that a variable sets. */
export interface Setting {
  readonly variable: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

export interface VariableFault {
  readonly variable: string;
  readonly message: string;
}

/** What the environment sets, in the order of the variables' names. */
export function readEnvironment(
  schema: z.ZodType,
  env: Environment,
): { readonly settings: readonly Setting[]; readonly faults: readonly VariableFault[] } {
  const settings: Setting[] = [];
  const faults: VariableFault[] = [];
  for (const variable of Object.keys(env).filter(isOurs).sort()) {
    const text = env[variable];
    if (text === undefined || isServiceLink(variable, text)) continue;
    const found = findKey(schema, variable.slice(PREFIX.length).split(LEVEL), []);
    if (!found.ok) {
      faults.push({ variable, message: found.message });
      continue;
    }
    const value = convert(found.schema, text);
    if (value === NOT_JSON) faults.push({ variable, message: `${found.path.join('.')}: expected JSON` });
    else settings.push({ variable, path: found.path, value });
  }
  return { settings, faults };
}

function isOurs(variable: string): boolean {
  return variable.startsWith(PREFIX) && !OTHER_VARIABLES.has(variable);
}

/**
 * Kubernetes describes every Service to every container of its namespace. For a Service named `quash` or
 * `quash-api` these variables have our prefix, but mean nothing to us.
 */
function isServiceLink(variable: string, value: string): boolean {
  if (variable.includes(LEVEL)) return false;
  if (/_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$/.test(variable)) return true;
  if (/_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(variable)) return true;
  return variable.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value);
}

type Found =
  | { readonly ok: true; readonly path: readonly string[]; readonly schema: z.ZodType }
  | { readonly ok: false; readonly message: string };

function findKey(schema: z.ZodType, names: readonly string[], path: readonly string[]): Found {
  const [name, ...rest] = names;
  if (name === undefined) return { ok: true, path, schema };
  const inner = unwrap(schema);
  // Type strings are the only free keys, and GitLab sends them in lower case.
  if (inner instanceof z.ZodRecord)
    return findKey(inner.valueType as z.ZodType, rest, [...path, name.toLowerCase()]);
  const keys = keysOf(inner);
  if (keys.size === 0) {
    return {
      ok: false,
      message: `unknown variable; expected the whole of ${path.join('.')} in one variable`,
    };
  }
  const entry = [...keys].find(([key]) => variablePart(key) === name.toUpperCase());
  if (entry) return findKey(entry[1], rest, [...path, entry[0]]);
  const known = [...keys.keys()].map(variablePart);
  const place = path.length > 0 ? ` below ${path.join('.')}` : '';
  return { ok: false, message: `unknown variable; ${expectedKeys(name, known)}${place}` };
}

/** The keys below a schema, those for the files of secrets included. */
function keysOf(schema: z.ZodType): ReadonlyMap<string, z.ZodType> {
  const entries = Object.entries(shapeOf(schema)).flatMap(([key, child]): [string, z.ZodType][] =>
    isSecret(child) || isSecretList(child)
      ? [
          [key, child],
          [fileKey(key), z.string()],
        ]
      : [[key, child]],
  );
  return new Map(entries);
}

function variablePart(key: string): string {
  return key.toUpperCase().replaceAll('-', '_');
}

const NOT_JSON = Symbol('not JSON');

/** The value that the text stands for in the eyes of the schema; text that does not fit is left for it to refuse. */
function convert(schema: z.ZodType, text: string): unknown {
  if (text === '' && layers(schema).some((layer) => layer instanceof z.ZodNullable)) return null;
  const inner = unwrap(schema);
  if (inner instanceof z.ZodUnion) return convertToOneOf(inner.options as readonly z.ZodType[], text);
  switch (inner.def.type) {
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'boolean':
      return { true: true, false: false }[text] ?? text;
    case 'array':
      return takesText(inner) && !text.trimStart().startsWith('[') ? [text] : json(text);
    case 'object':
    case 'record':
      return json(text);
    default:
      return text;
  }
}

function convertToOneOf(options: readonly z.ZodType[], text: string): unknown {
  const values = options.map((option) => ({ option, value: convert(option, text) }));
  return values.find(({ option, value }) => option.safeParse(value).success)?.value ?? text;
}

function takesText(list: z.ZodType): boolean {
  if (isSecretList(list)) return true;
  return list instanceof z.ZodArray && unwrap(list.element as z.ZodType).def.type === 'string';
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}
