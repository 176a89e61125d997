/** Reads zod schemas as data, so that loader and documentation need no second list of the keys. */
import { z } from 'zod';

/** What lies below defaults, optionality and transforms: the schema of what an operator writes. */
export function unwrap(schema: z.ZodType): z.ZodType {
  const inner = innerOf(schema);
  return inner ? unwrap(inner) : schema;
}

/** The schema and everything it wraps, outermost first. */
export function layers(schema: z.ZodType): readonly z.ZodType[] {
  const inner = innerOf(schema);
  return inner ? [schema, ...layers(inner)] : [schema];
}

/** A key made by `secretText()`, or an entry of a list that may be written as one. */
export function isSecret(schema: z.ZodType): boolean {
  return layers(schema).some((layer) => layer.meta()?.secret === true);
}

/** A list of secrets; its file holds one a line. */
export function isSecretList(schema: z.ZodType): boolean {
  const list = unwrap(schema);
  return list instanceof z.ZodArray && isSecret(list.element as z.ZodType);
}

/** A key that is taken for the sake of older configurations, and does nothing: `.meta({ deprecated: true })`. */
export function isDeprecated(schema: z.ZodType): boolean {
  return layers(schema).some((layer) => layer.meta()?.deprecated === true);
}

/** The key under which the path of a secret's file is given. */
export function fileKey(key: string): string {
  return `${key}File`;
}

/** The keys of a mapping, or of all its variants; empty when the schema is none. */
export function shapeOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> {
  const object = unwrap(schema);
  if (object instanceof z.ZodDiscriminatedUnion) {
    const options = object.options as readonly z.ZodType[];
    return Object.fromEntries(options.flatMap((option) => Object.entries(shapeOf(option))));
  }
  return object instanceof z.ZodObject ? (object.shape as Record<string, z.ZodType>) : {};
}

/** The schema at a path, where the path leads to one. */
export function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const next = childAt(unwrap(schema), key);
  return next && schemaAt(next, rest);
}

function childAt(schema: z.ZodType, key: PropertyKey): z.ZodType | undefined {
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  return shapeOf(schema)[String(key)];
}

function innerOf(schema: z.ZodType): z.ZodType | undefined {
  if (schema instanceof z.ZodPipe) return pipeInput(schema);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) {
    return schema.def.innerType as z.ZodType;
  }
  return undefined;
}

/** `schema.transform(f)` takes what its first half takes, `z.preprocess(f, schema)` what its second half takes. */
function pipeInput(pipe: z.ZodPipe): z.ZodType {
  const first = pipe.def.in as z.ZodType;
  return first instanceof z.ZodTransform ? (pipe.def.out as z.ZodType) : first;
}
