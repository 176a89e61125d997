/** Texts with placeholders: `Bearer {secrets.adminToken}`. A brace that stands for itself is written twice. */

import type { Body } from '../provider/upstream.ts';
import { Secret } from '../words/secret.ts';

/** What placeholders stand for, by their names: `token`, `secrets.adminToken`, a group's or an extracted name. */
export type Values = ReadonlyMap<string, Secret>;

/** A JSON value whose texts, but not whose keys, are templates. */
export type JsonTemplate =
  | Template
  | number
  | boolean
  | null
  | readonly JsonTemplate[]
  | { readonly [key: string]: JsonTemplate };

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const PART = /\{\{|\}\}|\{(?<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?)\}|[{}]/g;

type Piece = { readonly text: string } | { readonly name: string };

export class Template {
  readonly #pieces: readonly Piece[];

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  /** Undefined when a brace neither belongs to a placeholder nor is written twice. */
  static parse(source: string): Template | undefined {
    const pieces: Piece[] = [];
    let end = 0;
    for (const match of source.matchAll(PART)) {
      const [part] = match;
      const name = match.groups?.name;
      if (name === undefined && part.length === 1) return undefined;
      pieces.push({ text: source.slice(end, match.index) });
      pieces.push(name === undefined ? { text: part.charAt(0) } : { name });
      end = match.index + part.length;
    }
    return new Template([...pieces, { text: source.slice(end) }]);
  }

  /** For sources that the configuration's schema has let through. */
  static of(source: string): Template {
    const template = Template.parse(source);
    if (!template) throw new TypeError('The text is no template.');
    return template;
  }

  /** Of its placeholders. */
  get names(): readonly string[] {
    return this.#pieces.flatMap((piece) => ('name' in piece ? [piece.name] : []));
  }

  /** With the same value in place of each placeholder. */
  sample(value: string): string {
    return this.#pieces.map((piece) => ('text' in piece ? piece.text : value)).join('');
  }

  /** The same, with another text in place of each text between placeholders. */
  mapTexts(change: (text: string) => string): Template {
    return new Template(
      this.#pieces.map((piece) => ('text' in piece ? { text: change(piece.text) } : piece)),
    );
  }

  /**
   * A secret as soon as it has a placeholder, whatever that stands for.
   * @param encode is applied to the values alone
   */
  render(values: Values, encode = (value: string) => value): string | Secret {
    const text = this.#pieces
      .map((piece) => ('text' in piece ? piece.text : encode(valueFor(values, piece.name))))
      .join('');
    return this.names.length > 0 ? new Secret(text) : text;
  }
}

function valueFor(values: Values, name: string): string {
  const value = values.get(name);
  // An empty one could turn the address of one key into that of all keys.
  if (!value?.reveal()) throw new TypeError('A placeholder has no value.');
  return value.reveal();
}

export interface Text {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

/** All texts in a value, at any depth, with their paths. */
export function textsIn(value: unknown, path: readonly (string | number)[] = []): readonly Text[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => textsIn(item, [...path, key]));
}

export function jsonTemplate(json: Json): JsonTemplate {
  if (typeof json === 'string') return Template.of(json);
  if (typeof json !== 'object' || json === null) return json;
  if (isList(json)) return json.map(jsonTemplate);
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, jsonTemplate(value)]));
}

export function renderJson(template: JsonTemplate, values: Values): Body {
  if (template instanceof Template) return template.render(values);
  if (typeof template !== 'object' || template === null) return template;
  if (isList(template)) return template.map((item) => renderJson(item, values));
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, renderJson(value, values)]));
}

/** Whether a JSON value has what the template says: objects may have more keys, lists must be as long. */
export function fits(template: JsonTemplate, actual: unknown, values: Values): boolean {
  if (template instanceof Template) return actual === revealed(template.render(values));
  if (typeof template !== 'object' || template === null) return actual === template;
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual) !== isList(template))
    return false;
  if (isList(template) && template.length !== (actual as readonly unknown[]).length) return false;
  return Object.entries(template).every(
    ([key, value]) =>
      Object.hasOwn(actual, key) && fits(value, (actual as Record<string, unknown>)[key], values),
  );
}

/** `Authorization: Basic …` */
export function renderBasic(username: Template, password: Template, values: Values): Secret {
  const pair = [username, password].map((template) => revealed(template.render(values))).join(':');
  return new Secret(`Basic ${Buffer.from(pair).toString('base64')}`);
}

/**
 * The token and the named groups of its pattern. Undefined when a group is empty or took no part, or when the
 * pattern needs more than the token itself to match.
 */
export function valuesOfToken(token: Secret, pattern: RegExp): Values | undefined {
  const text = token.reveal();
  const match = pattern.exec(text);
  const groups = Object.entries(match?.groups ?? {});
  if ((match?.groups?.token ?? match?.[0]) !== text || groups.some(([, value]) => !value)) return undefined;
  return new Map([
    ...groups.map(([name, value]): [string, Secret] => [name, new Secret(value)]),
    ['token', token],
  ]);
}

function revealed(text: string | Secret): string {
  return text instanceof Secret ? text.reveal() : text;
}

/** `Array.isArray` does not narrow read-only lists. */
function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}
