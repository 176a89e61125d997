/** Finds thousands of texts in hundreds of megabytes at once. */
import type { Mark } from './marks.ts';

export interface Hit {
  readonly mark: string;
  /** How it was written. */
  readonly form: string;
}

interface Pattern extends Hit {
  readonly bytes: Buffer;
}

/** Shorter ones stand anywhere by accident. */
const MIN_BYTES = 8;
const TAIL_CHARACTERS = 12;
const SLOTS = 2 ** 22;

/** The forms in which a careless program would leave a secret behind. */
export function formsOf({ text, isRandom }: Mark): Readonly<Record<string, string>> {
  const bytes = Buffer.from(text);
  const escaped = JSON.stringify(text).slice(1, -1);
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  const unicode = units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  return {
    plain: text,
    // A part of one that others chose may be a word, or a part of another.
    ...(isRandom && { tail: text.slice(-TAIL_CHARACTERS), head: text.slice(0, -TAIL_CHARACTERS) }),
    reversed: [...text].reverse().join(''),
    'JSON-escaped': escaped,
    'JSON-escaped twice': JSON.stringify(escaped).slice(1, -1),
    'unicode escapes': unicode,
    'unicode escapes, capitals': unicode.toUpperCase().replaceAll('\\U', '\\u'),
    'HTML-escaped': text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
    'URL-encoded': encodeURIComponent(text),
    'URL-encoded twice': encodeURIComponent(encodeURIComponent(text)),
    'URL-encoded as a form': new URLSearchParams({ '': text }).toString().slice(1),
    hex: bytes.toString('hex'),
    'hex, capitals': bytes.toString('hex').toUpperCase(),
    latin1: bytes.toString('latin1'),
    ...Object.fromEntries([0, 1, 2].flatMap((offset) => base64Forms(bytes, offset))),
  };
}

/** Encoded behind something else: only the characters that this secret alone decides. */
function base64Forms(bytes: Buffer, offset: number): readonly [string, string][] {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const core = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  const urlSafe = core.replaceAll('+', '-').replaceAll('/', '_');
  return [
    [`base64 at ${offset}`, core],
    [`base64url at ${offset}`, urlSafe],
  ];
}

export class Search {
  /** How many texts are searched for. */
  readonly size: number;
  readonly #byStart = new Map<number, Pattern[]>();
  /** Says cheaply of most places that nothing begins there. */
  readonly #mayStart = new Uint8Array(SLOTS);

  constructor(marks: readonly Mark[]) {
    const seen = new Set<string>();
    for (const mark of marks) {
      for (const [form, text] of Object.entries(formsOf(mark))) {
        const bytes = Buffer.from(text);
        if (bytes.length < MIN_BYTES || seen.has(text)) continue;
        seen.add(text);
        this.#add({ mark: mark.name, form, bytes });
      }
    }
    this.size = seen.size;
  }

  /** Each mark and form once, however often it is there. */
  in(haystack: Buffer | string): readonly Hit[] {
    const bytes = typeof haystack === 'string' ? Buffer.from(haystack) : haystack;
    const found = new Set<Pattern>();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at <= bytes.length - MIN_BYTES; at++) {
      const start = startOf(view, at);
      if (this.#mayStart[start % SLOTS] === 0) continue;
      for (const pattern of this.#byStart.get(start) ?? []) {
        if (pattern.bytes.equals(bytes.subarray(at, at + pattern.bytes.length))) found.add(pattern);
      }
    }
    return [...found].map(({ mark, form }) => ({ mark, form }));
  }

  #add(pattern: Pattern): void {
    const { bytes } = pattern;
    const start = startOf(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
    this.#mayStart[start % SLOTS] = 1;
    this.#byStart.set(start, [...(this.#byStart.get(start) ?? []), pattern]);
  }
}

/** The first bytes at this place as one number. */
function startOf(view: DataView, at: number): number {
  return (Math.imul(view.getUint32(at), 0x9e3779b1) ^ view.getUint32(at + 4)) >>> 0;
}
