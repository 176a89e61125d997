/** The schema of `config` among the values: that of `quash.yaml`, but for secrets, as all of it ends in a ConfigMap. */
import { z } from 'zod';
import { definitions } from '../providers/index.ts';
import { COMMON_PROVIDER_KEYS, configSchema } from '../src/config/schema.ts';
import { fileKey, isSecret, isSecretList, shapeOf, unwrap } from '../src/config/schema-walk.ts';

export type JsonSchema = { readonly [keyword: string]: unknown };

type Mutable = { [keyword: string]: unknown };

/** What people know or what zod notes, and Helm does not ask for. */
const NOT_FOR_HELM = ['default', 'defaultText', 'folded', 'secret'];
/** Helm's expressions are those of Go: none looks at what stands before or behind, or repeats a thousand times. */
const NOT_IN_GO = /\(\?<?[=!]|\{(?:\d+,)?\d{4,}\}/;

/** @returns the schema, and the definitions that it refers to */
export function configMapSchema(): { readonly schema: JsonSchema; readonly definitions: JsonSchema } {
  const whole = z.toJSONSchema(configSchema(definitions), {
    ...{ io: 'input', target: 'draft-7', unrepresentable: 'any' },
    override: ({ zodSchema, jsonSchema }) => adapt(zodSchema as unknown as z.ZodType, jsonSchema as Mutable),
  });
  const { $schema: _, definitions: recursive, ...schema } = JSON.parse(JSON.stringify(whole));
  const common = Object.keys(COMMON_PROVIDER_KEYS);
  const shared: Mutable = recursive ?? {};
  for (const { properties } of Object.values<{ properties: Mutable }>(
    schema.properties.providers.properties,
  )) {
    for (const key of common) {
      shared[key] ??= properties[key];
      properties[key] = { $ref: `#/definitions/${key}` };
    }
  }
  return { schema, definitions: shared };
}

function adapt(schema: z.ZodType, json: Mutable): void {
  for (const keyword of NOT_FOR_HELM) delete json[keyword];
  if (typeof json.pattern === 'string' && NOT_IN_GO.test(json.pattern)) delete json.pattern;
  if (schema instanceof z.ZodObject) adaptMapping(shapeOf(schema), json);
  if (schema instanceof z.ZodRecord && isSecret(schema.valueType as z.ZodType)) {
    json.propertyNames = { pattern: 'File$' };
    json.additionalProperties = { type: 'string' };
  }
}

function adaptMapping(shape: Readonly<Record<string, z.ZodType>>, json: Mutable): void {
  const properties = json.properties as Mutable;
  const required: string[] = [];
  for (const [key, child] of Object.entries(shape)) {
    const isOptional = child.safeParse(undefined).success;
    const own = properties[key] as JsonSchema;
    if (isSecret(child) || isSecretList(child)) {
      properties[key] = inList(child) ? listWithoutSecrets(key, own) : refused(key);
      properties[fileKey(key)] = { type: 'string', description: `File for \`${key}\`. ${own.description}` };
      if (!isOptional) required.push(fileKey(key));
    } else {
      if (child.safeParse(null).success) properties[key] = orNull(own);
      if (!isOptional) required.push(key);
    }
  }
  json.required = required.length > 0 ? required : undefined;
}

/** A list whose entries may be mappings may be given, its secrets as files. */
function inList(schema: z.ZodType): boolean {
  const list = unwrap(schema);
  return list instanceof z.ZodArray && unwrap(list.element as z.ZodType) instanceof z.ZodObject;
}

function listWithoutSecrets(key: string, list: JsonSchema): JsonSchema {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  return { ...list, items: { if: { type: 'string' }, then: refused(key), else: list.items } };
}

/** Not `false`: of a constant, Helm's message shows the sentence. */
function refused(key: string): JsonSchema {
  return { const: `not given here, as a ConfigMap is no place for secrets: use ${fileKey(key)}` };
}

function orNull(schema: JsonSchema): JsonSchema {
  return typeof schema.type === 'string' ? { ...schema, type: [schema.type, 'null'] } : schema;
}
