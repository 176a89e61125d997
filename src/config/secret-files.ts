import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { secretLines } from '../words/invisible.ts';
import { pathText, systemCode } from './faults.ts';
import { type FileMark, markOf } from './file-mark.ts';
import { fileKey, isSecret, isSecretList, shapeOf, unwrap } from './schema-walk.ts';

export interface SecretFiles {
  /** The configuration with each `xFile` replaced by `x`. */
  readonly value: unknown;
  /** By the path of `x`: the file that it was read from, absolute. */
  readonly files: ReadonlyMap<string, string>;
  /** By each of these files: what it was like just before it was read. */
  readonly marks: ReadonlyMap<string, FileMark>;
  readonly faults: readonly { readonly path: string; readonly message: string }[];
}

/**
 * Reads the secrets that are given as files, at any depth. A final newline is cut; a list's file holds one a line.
 * @param cwd what relative paths are relative to
 */
export function readSecretFiles(schema: z.ZodType, value: unknown, cwd: string): SecretFiles {
  const files = new Map<string, string>();
  const marks = new Map<string, FileMark>();
  const faults: { path: string; message: string }[] = [];
  return { value: walk(schema, value, []), files, marks, faults };

  function walk(schema: z.ZodType, value: unknown, path: readonly PropertyKey[]): unknown {
    const inner = unwrap(schema);
    if (inner instanceof z.ZodUnion) {
      return (inner.options as readonly z.ZodType[]).reduce(
        (done, option) => walk(option, done, path),
        value,
      );
    }
    if (inner instanceof z.ZodArray && Array.isArray(value)) {
      return value.map((item, index) => walk(inner.element as z.ZodType, item, [...path, index]));
    }
    if (!isMapping(value)) return value;
    if (inner instanceof z.ZodRecord && isSecret(inner.valueType as z.ZodType)) {
      return takeFiles(value, inner.valueType as z.ZodType, path);
    }
    if (inner instanceof z.ZodRecord) {
      const entries = Object.entries(value);
      return Object.fromEntries(
        entries.map(([key, item]) => [key, walk(inner.valueType as z.ZodType, item, [...path, key])]),
      );
    }
    const result: Record<string, unknown> = { ...value };
    for (const [key, child] of Object.entries(shapeOf(inner))) {
      if (isSecret(child) || isSecretList(child)) takeFile(result, key, child, path);
      // An entry of a list of secrets may name a file of its own.
      if (!isSecret(child) && Object.hasOwn(result, key))
        result[key] = walk(child, result[key], [...path, key]);
    }
    return result;
  }

  /** For secrets under names of the operator's own. One that cannot be read stays, as others may refer to it. */
  function takeFiles(
    value: Readonly<Record<string, unknown>>,
    schema: z.ZodType,
    path: readonly PropertyKey[],
  ): unknown {
    const result: Record<string, unknown> = { ...value };
    for (const name of Object.keys(value).filter((each) => /.File$/.test(each))) {
      const key = name.slice(0, -fileKey('').length);
      takeFile(result, key, schema, path);
      result[key] ??= '';
    }
    return result;
  }

  /** Replaces `keyFile` by `key`. Where that fails, only the fault is left, as `key` cannot be judged then. */
  function takeFile(
    mapping: Record<string, unknown>,
    key: string,
    schema: z.ZodType,
    path: readonly PropertyKey[],
  ): void {
    const file = mapping[fileKey(key)];
    delete mapping[fileKey(key)];
    if (file === undefined) return;
    const filePath = pathText([...path, fileKey(key)]);
    const refuse = (message: string) => faults.push({ path: filePath, message });
    if (mapping[key] !== undefined) {
      refuse(`given together with ${key}; expected one of the two`);
      return;
    }
    if (typeof file !== 'string') {
      refuse('expected the path of a file');
      return;
    }
    const absolute = resolve(cwd, file);
    const text = read(absolute);
    if (!text.ok) {
      refuse(text.message);
      return;
    }
    marks.set(absolute, text.mark);
    mapping[key] = isSecretList(schema) ? secretLines(text.value) : text.value;
    files.set(pathText([...path, key]), absolute);
  }
}

type Read =
  | { readonly ok: true; readonly value: string; readonly mark: FileMark }
  | { readonly ok: false; readonly message: string };

function read(path: string): Read {
  try {
    // First the mark: a file that is replaced between the two then counts as changed.
    const mark = markOf(statSync(path, { bigint: true }));
    const value = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return value.trim() === '' ? { ok: false, message: `${path} is empty` } : { ok: true, value, mark };
  } catch (error) {
    return { ok: false, message: `${path} cannot be read (${systemCode(error)})` };
  }
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
