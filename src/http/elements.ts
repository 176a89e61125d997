import { withPlainHost } from '../words/location.ts';
import { vulnerabilityRefOf } from '../words/vulnerability-ref.ts';
import { type JsonExcess, type JsonLimits, jsonExcess } from './json-scan.ts';

/** One element of a report, reduced to what is used; whatever else GitLab sends with it is left behind. */
export type Element =
  | {
      readonly ok: true;
      readonly type: string;
      readonly token: string;
      readonly location: string;
      /** The lines around it, as its reporter sends them. */
      readonly context?: string;
      /** See {@link vulnerabilityRefOf}. */
      readonly finding?: string;
    }
  | { readonly ok: false; readonly reason: 'not-an-object' | 'no-type' | 'no-token'; readonly type?: string };

/** The body is not a JSON array. */
export class BodyFault extends Error {}

const MAX_TYPE_LENGTH = 255;
const MAX_CONTEXT_LENGTH = 4_096;

/**
 * Far above what GitLab reports at once, of which each element has some 40 values in 3 levels; whatever a body within
 * these limits holds, it takes a small multiple of its bytes.
 */
const LIMITS: JsonLimits = { depth: 16, elements: 500_000, values: 5_000_000 };

const EXCESSES: Readonly<Record<JsonExcess, string>> = {
  depth: `The body has more than ${LIMITS.depth} lists and objects within each other.`,
  elements: `The body has more than ${LIMITS.elements} elements.`,
  values: `The body has more than ${LIMITS.values} values.`,
};

/**
 * Parses a body and reduces its elements, one bad element not spoiling the others.
 * @throws {BodyFault}
 */
export function parseElements(bytes: Uint8Array): Element[] {
  const excess = jsonExcess(bytes, LIMITS);
  if (excess) throw new BodyFault(EXCESSES[excess]);
  const body = parseJson(bytes);
  if (!Array.isArray(body)) throw new BodyFault('The body is not a JSON array.');
  return body.map(toElement);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new BodyFault('The body is not JSON in UTF-8.');
  }
}

function toElement(value: unknown): Element {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, reason: 'not-an-object' };
  const { type, token, location: place, context, vulnerability } = value as Record<string, unknown>;
  if (typeof type !== 'string' || type.trim() === '' || type.length > MAX_TYPE_LENGTH) {
    return { ok: false, reason: 'no-type' };
  }
  if (typeof token !== 'string' || token.trim() === '') return { ok: false, reason: 'no-token', type };
  const location = typeof place === 'string' ? withPlainHost(place.toWellFormed()) : '';
  const finding = vulnerabilityRefOf(location, vulnerability);
  // JSON can write half a character (`"\ud800"`), which no URL and no UTF-8 can.
  const text = token.toWellFormed();
  return {
    ...{ ok: true, type, token: text, location },
    ...(typeof context === 'string' &&
      context !== '' && { context: context.slice(0, MAX_CONTEXT_LENGTH).toWellFormed() }),
    ...(finding !== undefined && { finding }),
  };
}
