import type { z } from 'zod';
import { schemaAt, shapeOf } from './schema-walk.ts';

/** One thing that is wrong in the configuration. Holds no value, as that may be a secret. */
export interface Fault {
  /** The file or the variable in which it was found. */
  readonly source: string;
  /** Of the key, e.g. `gitlab.instances[0].url`; empty when it concerns the source as a whole. */
  readonly path: string;
  /** What is expected instead. */
  readonly message: string;
}

/** The configuration cannot be used; carries every fault that was found. */
export class ConfigError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(faultLine).join('\n'));
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/** `quash.yaml: limits.bodyBytes: expected a whole number` */
export function faultLine(fault: Fault): string {
  return [fault.source, fault.path, fault.message].filter((part) => part !== '').join(': ');
}

/** `['gitlab', 'instances', 0, 'url']` as `gitlab.instances[0].url`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

/** The code of a failed file operation, e.g. `ENOENT`. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

type Found = Omit<Fault, 'source'> & { readonly keys: readonly PropertyKey[] };

/** For schemas that judge one value: to compile each into code of its own would take longer than it saves. */
export const USED_ONCE = { jitless: true } as const;

/**
 * Checks a value against the schema.
 * @returns the parsed value, or every fault with its path both as text and as keys
 */
export function parse<T>(
  schema: z.ZodType<T>,
  value: unknown,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: readonly Found[] } {
  const result = schema.safeParse(value, { ...USED_ONCE, error: sentence });
  if (result.success) return { ok: true, value: result.data };
  const faults = result.error.issues.flatMap((issue) => found(schema, issue, []));
  return { ok: false, faults };
}

function found(schema: z.ZodType, issue: z.core.$ZodIssue, prefix: readonly PropertyKey[]): readonly Found[] {
  const keys = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(shapeOf(schemaAt(schema, keys) ?? schema));
    return issue.keys.map((key) => at([...keys, key], `unknown key; ${expectedKeys(key, known)}`));
  }
  if (issue.code === 'invalid_union') {
    const closest = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0] ?? [];
    if (depth(closest) > 0) return closest.flatMap((inner) => found(schema, inner, keys));
    if (issue.errors.length === 0) return [at(keys, issue.message)];
    const expectations = issue.errors.flatMap((inner) => inner.map(({ message }) => message));
    return [at(keys, [...new Set(expectations)].join(' or ').replaceAll(' or expected ', ' or '))];
  }
  if (issue.code === 'invalid_key') return [at(keys, issue.issues[0]?.message ?? issue.message)];
  return [at(keys, issue.message)];
}

function at(keys: readonly PropertyKey[], message: string): Found {
  return { keys, path: pathText(keys), message };
}

/** How far into the value the issues of a union's branch lie: the deepest is what the operator meant. */
function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

/** What zod shows where the schema has no sentence of its own. Never quotes the input. */
function sentence(issue: z.core.$ZodRawIssue): string {
  const expected = expectation(issue);
  return issue.input === undefined && issue.code === 'invalid_type' ? `missing; ${expected}` : expected;
}

function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type': {
      const expected = `expected ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
      // YAML takes `0123` for the number 123, and a long one may lose its last digits.
      const isBare =
        issue.expected === 'string' && ['number', 'boolean', 'bigint'].includes(typeof issue.input);
      return isBare ? `${expected}; put it in quotes, as it is written` : expected;
    }
    case 'invalid_value':
      return `expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `expected ${issue.inclusive ? 'at least' : 'more than'} ${count(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `expected ${issue.inclusive ? 'at most' : 'less than'} ${count(issue.maximum, issue.origin)}`;
    case 'invalid_format':
      return issue.format === 'url' ? 'expected a URL' : `expected a text of the form ${issue.format}`;
    default:
      return 'expected another value';
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys',
  record: 'a mapping of keys',
};

/** `16 characters`, `1 entry`, or the bare number where it limits a number. */
function count(limit: number | bigint, origin: string): string {
  if (origin === 'string') return `${limit} ${limit === 1 ? 'character' : 'characters'}`;
  if (origin === 'array') return `${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return String(limit);
}

const MAX_LISTED_KEYS = 20;

/** `expected one of host, port`, or the nearest ones where there are too many to list. */
export function expectedKeys(key: string, known: readonly string[]): string {
  if (known.length === 0) return 'expected no keys';
  if (known.length <= MAX_LISTED_KEYS) return `expected one of ${known.join(', ')}`;
  const nearest = [...known].sort((a, b) => distance(key, a) - distance(key, b)).slice(0, 3);
  return `the nearest are ${nearest.join(', ')}`;
}

/** Levenshtein distance, upper and lower case alike. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, left] of [...a.toLowerCase()].entries()) {
    const next = [i + 1];
    for (const [j, right] of [...b.toLowerCase()].entries()) {
      const replace = (row[j] ?? 0) + (left === right ? 0 : 1);
      next.push(Math.min(replace, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
