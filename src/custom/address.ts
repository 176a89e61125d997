/** The URL of a request: its host stands there as it is, the rest is a template. */
import type { Secret } from '../words/secret.ts';
import { Template, type Values } from './template.ts';

export interface Address {
  /** E.g. `https://api.example.com`. */
  readonly origin: string;
  path(values: Values): string | Secret;
  query(values: Values): Readonly<Record<string, string | Secret>>;
}

const PARTS =
  /^(?<origin>https?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?)(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?$/i;

/** @returns a sentence that says what is expected instead, when it cannot be used */
export function parseAddress(source: string): Address | string {
  const { origin = '', path = '/', query } = PARTS.exec(source)?.groups ?? {};
  if (!URL.canParse(origin)) {
    return 'expected https:// or http://, a host without placeholders or credentials, a path and a query';
  }
  const pathTemplate = Template.parse(path);
  const parameters = query === undefined ? [] : parseQuery(query);
  if (!pathTemplate || !parameters) {
    return 'expected a query of name=value, each name once; and braces only around the names of placeholders';
  }
  if (!isPlain(origin, pathTemplate))
    return 'expected a path without //, dot segments and unencoded characters';
  return {
    origin: new URL(origin).origin,
    path: (values) => pathTemplate.render(values, pathPart),
    query: (values) =>
      Object.fromEntries(parameters.map(([name, value]) => [name, value.render(values)] as const)),
  };
}

/** For a URL that the schema has let through. */
export function originOf(source: string): string {
  const address = parseAddress(source);
  if (typeof address === 'string') throw new TypeError(address);
  return address.origin;
}

/** No request can be made with this value. */
export class UnusableValue extends Error {
  constructor() {
    super('A value would lead to another address.');
    this.name = 'UnusableValue';
  }
}

/** Some servers decode a path before they split it, so encoding alone does not keep a value in its place. */
function pathPart(value: string): string {
  if (readings(value).some((text) => /[/\\]|\.\./.test(text) || text === '.')) throw new UnusableValue();
  return encodeURIComponent(value);
}

/** More layers of encoding than any server takes off. */
const MAX_LAYERS = 3;

/** The value, and what it is to a server that decodes once too often. */
function readings(value: string): readonly string[] {
  const all = [value];
  for (let text = value; all.length <= MAX_LAYERS; all.push(text)) {
    text = text.replace(/%(2e|2f|5c|25)/gi, (code) => decodeURIComponent(code));
  }
  return all;
}

type Parameter = readonly [name: string, value: Template];

/** The client encodes names and values, so they are decoded here. */
function parseQuery(query: string): readonly Parameter[] | undefined {
  const parameters: Parameter[] = [];
  for (const pair of query.split('&')) {
    const [, name = '', source = ''] = /^([^={}]+)=(.*)$/.exec(pair) ?? [];
    try {
      const value = Template.parse(source)?.mapTexts(decoded);
      const isTaken = parameters.some(([other]) => other === decoded(name));
      if (name === '' || !value || isTaken) return undefined;
      parameters.push([decoded(name), value]);
    } catch {
      return undefined;
    }
  }
  return parameters;
}

function decoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

/** What the URL parser would rewrite, the client refuses to send. */
function isPlain(origin: string, path: Template): boolean {
  const sample = path.sample('x');
  return !sample.startsWith('//') && URL.parse(origin + sample)?.pathname === sample;
}
