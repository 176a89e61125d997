/** Bounds the memory that a body will take before it is parsed: a hostile one takes forty times its size. */

export interface JsonLimits {
  /** Lists and objects within each other. */
  readonly depth: number;
  /** Of the outermost list. */
  readonly elements: number;
  /** Texts, numbers, lists and objects in all, keys included. */
  readonly values: number;
}

export type JsonExcess = keyof JsonLimits;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Counts without parsing. For bytes that are no JSON the result means nothing; the parser refuses them.
 * @returns the limit that is exceeded; undefined when none is
 */
export function jsonExcess(bytes: Uint8Array, limits: JsonLimits): JsonExcess | undefined {
  let depth = 0;
  let elements = 1;
  let values = 1;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfText(bytes, at + 1);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth += 1;
        values += 1;
        if (depth > limits.depth) return 'depth';
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
      case COMMA:
        if (depth === 1) elements += 1;
        values += 1;
        if (elements > limits.elements) return 'elements';
        break;
      case COLON:
        values += 1;
        break;
    }
    if (values > limits.values) return 'values';
  }
  return undefined;
}

/** @returns where the closing quote is */
function endOfText(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
