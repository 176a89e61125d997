/**
 * The last line of defence for what is written: replaces the values of secrets that this process knows, whoever put
 * them into a line. Nothing relies on it; whatever it finds is a mistake elsewhere.
 */
import { MASK, secretsIn } from '../words/secret.ts';
import { withoutSecrets } from '../words/secret-shapes.ts';

/** Tokens are known for one to two of these after they were last worked on, which is longer than any step takes. */
const GENERATION_MS = 5 * 60_000;

/** Bounds the memory: beyond it the oldest are forgotten early. */
const MAX_PER_GENERATION = 50_000;

/** Shorter ones would be found in ordinary words. */
const MIN_LENGTH = 8;

const HASH_BITS = 20;
const HASHES = 2 ** HASH_BITS;
const BASE = 0x01000193;
/** The factor by which a character has been multiplied when it leaves the window. */
const BASE_OF_GONE = Array.from({ length: MIN_LENGTH }).reduce<number>((power) => Math.imul(power, BASE), 1);

export class Scrubber {
  readonly #kept = new Values();
  #young = new Values();
  #old = new Values();
  #aging = false;

  /** Knows every secret in a configuration, and every password in an address, from now on. */
  keep(value: unknown): void {
    for (const secret of secretsIn(value)) this.#kept.add(secret.reveal());
    for (const password of passwordsIn(value)) this.#kept.add(password);
  }

  /** Knows a token that is being worked on, for some minutes. */
  readonly watch = (text: string): void => {
    if (this.#young.size >= MAX_PER_GENERATION) this.#turnOver();
    this.#young.add(text);
    if (!this.#aging) this.#age();
  };

  /** A line as it may be written. */
  readonly scrub = (line: string): string =>
    withoutSecrets(replaceKnown(line, [this.#kept, this.#young, this.#old]));

  #turnOver(): void {
    this.#old = this.#young;
    this.#young = new Values();
  }

  #age(): void {
    this.#aging = true;
    setTimeout(() => {
      this.#turnOver();
      this.#aging = false;
      if (this.#old.size > 0) this.#age();
    }, GENERATION_MS).unref();
  }
}

/** Texts by their first characters, so that a line is searched in a time that does not depend on how many there are. */
class Values {
  readonly #byStart = new Map<string, Set<string>>();
  /** Rules out nearly all positions of a line cheaply. */
  readonly #mayStart = new Uint8Array(HASHES);
  size = 0;

  add(text: string): void {
    // In the forms in which a line may hold them: escaped as JSON, or percent-encoded in an address.
    const forms = isPlain(text) ? [text] : [JSON.stringify(text).slice(1, -1), encoded(text)];
    for (const form of forms) this.#addForm(form);
  }

  #addForm(form: string): void {
    if (form.length < MIN_LENGTH) return;
    const start = form.slice(0, MIN_LENGTH);
    const forms = this.#byStart.get(start) ?? new Set();
    this.#byStart.set(start, forms.add(form));
    this.#mayStart[slotOf(hashOf(form, 0))] = 1;
    this.size++;
  }

  /**
   * The value that stands in the line at this place; the longest, as another may be its beginning.
   * @param slot of the characters there
   */
  at(line: string, place: number, slot: number): string | undefined {
    if (this.#mayStart[slot] === 0) return undefined;
    const forms = this.#byStart.get(line.slice(place, place + MIN_LENGTH)) ?? [];
    let found: string | undefined;
    for (const form of forms) {
      if (form.length > (found?.length ?? 0) && line.startsWith(form, place)) found = form;
    }
    return found;
  }
}

function replaceKnown(line: string, known: readonly Values[]): string {
  const inUse = known.filter(({ size }) => size > 0);
  let scrubbed = '';
  let done = 0;
  let hash = hashOf(line, 0);
  for (let place = 0; place <= line.length - MIN_LENGTH; place++) {
    const slot = slotOf(hash);
    const found = longestAt(inUse, line, place, slot);
    if (found === undefined) {
      hash = hashOfNext(hash, line, place);
      continue;
    }
    scrubbed += line.slice(done, place) + MASK;
    done = place + found.length;
    place = done - 1;
    hash = hashOf(line, done);
  }
  return scrubbed + line.slice(done);
}

function longestAt(known: readonly Values[], line: string, place: number, slot: number): string | undefined {
  let longest: string | undefined;
  for (const values of known) {
    const found = values.at(line, place, slot);
    if (found !== undefined && found.length > (longest?.length ?? 0)) longest = found;
  }
  return longest;
}

/** A rolling hash of the {@link MIN_LENGTH} characters at a position: one step leads to the hash at the next position. */
function hashOf(text: string, place: number): number {
  let hash = 0;
  for (let at = place; at < place + MIN_LENGTH; at++)
    hash = (Math.imul(hash, BASE) + text.charCodeAt(at)) | 0;
  return hash;
}

function hashOfNext(hash: number, text: string, place: number): number {
  const come = text.charCodeAt(place + MIN_LENGTH);
  const gone = text.charCodeAt(place);
  return (Math.imul(hash, BASE) + come - Math.imul(gone, BASE_OF_GONE)) | 0;
}

/** The upper bits, which depend on all characters. */
function slotOf(hash: number): number {
  return hash >>> (32 - HASH_BITS);
}

/** Of the addresses in a value. */
function* passwordsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield URL.parse(value)?.password ?? '';
  else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) yield* passwordsIn(item);
  }
}

function isPlain(text: string): boolean {
  return /^[\w.~-]+$/.test(text);
}

/** A lone surrogate, which may come from a cut text, cannot be encoded. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
