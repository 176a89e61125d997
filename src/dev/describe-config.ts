/** Generates the table of the configuration from its schema. */
import { z } from 'zod';
import { COMMON_PROVIDER_KEYS, configSchema } from '../config/schema.ts';
import { fileKey, isSecret, isSecretList, layers, shapeOf, unwrap } from '../config/schema-walk.ts';
import type { ProviderDefinition } from '../provider/provider.ts';

const BEGIN = '<!-- config:begin -->';
const END = '<!-- config:end -->';

export interface KeyDescription {
  /** E.g. `gitlab.instances[].url`. */
  readonly key: string;
  /** As Markdown; empty where there is none. */
  readonly byDefault: string;
  readonly sentence: string;
}

/** Every key but the providers' own, in the schema's order; those that all providers have stand there once. */
export function describeConfig(definitions: readonly ProviderDefinition[]): readonly KeyDescription[] {
  const { providers: _own, ...others } = shapeOf(configSchema(definitions));
  return [...describeShape(others, ''), ...describeShape(COMMON_PROVIDER_KEYS, 'providers.<id>.')];
}

/** The keys that only some provider has. */
export function describeProviderKeys(definitions: readonly ProviderDefinition[]): readonly KeyDescription[] {
  const { providers } = shapeOf(configSchema(definitions));
  return Object.entries(shapeOf(providers ?? z.never())).flatMap(([id, schema]) => {
    const own = Object.entries(shapeOf(schema)).filter(([key]) => !(key in COMMON_PROVIDER_KEYS));
    return describeShape(Object.fromEntries(own), `providers.${id}.`);
  });
}

/** A table of keys as Markdown. */
export function configTable(keys: readonly KeyDescription[]): string {
  const rows = keys.map(
    ({ key, byDefault, sentence }) => `| \`${key}\` | ${byDefault} | ${sentence.replaceAll('|', '\\|')} |`,
  );
  return ['| Key | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

/**
 * Puts the table between the marks `<!-- config:begin -->` and `<!-- config:end -->`.
 * @throws {Error} when the text has not both of them
 */
export function withConfigTable(text: string, definitions: readonly ProviderDefinition[]): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`The document needs the lines ${BEGIN} and ${END}.`);
  return `${text.slice(0, begin + BEGIN.length)}\n${configTable(describeConfig(definitions))}\n${text.slice(end)}`;
}

function describeShape(
  shape: Readonly<Record<string, z.ZodType>>,
  prefix: string,
): readonly KeyDescription[] {
  return Object.entries(shape).flatMap(([key, schema]) => describeKey(schema, key, prefix));
}

function describeKey(schema: z.ZodType, key: string, prefix: string): readonly KeyDescription[] {
  const inner = unwrap(schema);
  const ownLine = {
    key: prefix + key,
    byDefault: defaultOf(schema),
    sentence: sentenceOf(schema, key),
  };
  // Its keys are those of another one, which the sentence names.
  if (layers(schema).some((layer) => layer.meta()?.folded === true)) return [ownLine];
  if (inner instanceof z.ZodObject) return describeShape(shapeOf(inner), `${prefix}${key}.`);
  if (inner instanceof z.ZodArray) {
    return [ownLine, ...describeShape(shapeOf(inner.element as z.ZodType), `${prefix}${key}[].`)];
  }
  if (inner instanceof z.ZodRecord) {
    return [ownLine, ...describeShape(shapeOf(inner.valueType as z.ZodType), `${prefix}${key}.<name>.`)];
  }
  return [ownLine];
}

function sentenceOf(schema: z.ZodType, key: string): string {
  const described =
    layers(schema)
      .map(({ description }) => description)
      .find(Boolean) ?? '';
  const sentence = `${described}${valuesOf(schema, described)}`;
  if (isSecret(schema)) return `${sentence} Secret; or \`${fileKey(key)}\` with the path of a file.`;
  if (isSecretList(schema))
    return `${sentence} Secrets; or \`${fileKey(key)}\` with the path of a file, one a line.`;
  return sentence;
}

/** The texts that a key takes, where its sentence does not name them all. */
function valuesOf(schema: z.ZodType, described: string): string {
  const inner = unwrap(schema);
  const choice = inner instanceof z.ZodArray ? unwrap(inner.element as z.ZodType) : inner;
  if (!(choice instanceof z.ZodEnum)) return '';
  const values = choice.options.map((value) => `\`${value}\``);
  if (values.every((value) => described.includes(value))) return '';
  return ` ${inner instanceof z.ZodArray ? 'Any' : 'One'} of ${values.join(', ')}.`;
}

function defaultOf(schema: z.ZodType): string {
  const all = layers(schema);
  const text = all.map((layer) => layer.meta()?.defaultText).find((found) => typeof found === 'string');
  if (text !== undefined) return String(text);
  const layer = all.find((one) => one instanceof z.ZodDefault || one instanceof z.ZodPrefault);
  if (layer) return `\`${JSON.stringify(layer.def.defaultValue)}\``;
  return all.some((one) => one instanceof z.ZodOptional) ? '' : 'required';
}
