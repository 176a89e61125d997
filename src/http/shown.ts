/**
 * What of a report may be kept and shown in plain. Whoever commits a file chooses its name and may choose its types,
 * so both may repeat tokens: the one that is reported, and those that stand beside it.
 */
import { normalise } from '../provider/recognise.ts';

const MAX_LOCATION_LENGTH = 2_048;

/** Shorter ones stand in ordinary names; and what is longer than the mask makes a location no longer. */
const MIN_NEIGHBOUR_LENGTH = 8;
/** Bounds the work on one name. */
const MAX_SEARCHED_LENGTH = 8_192;
const MASK = '[token]';

/** The tokens of one report, kept out of what is shown of it. */
export class Shown {
  readonly #tokens = new Set<string>();
  readonly #byFile = new Map<string, Set<string>>();
  /** Masked names of files: each is worked on once, however many tokens it holds. */
  readonly #files = new Map<string, string>();

  /** @param text a token, as it was reported or as its provider reads it */
  add(location: string, text: string): void {
    this.#tokens.add(text);
    if (text.length < MIN_NEIGHBOUR_LENGTH) return;
    const [file] = splitAtLine(location);
    this.#byFile.set(file, (this.#byFile.get(file) ?? new Set()).add(text));
  }

  /** A type is shown only where it can be a type's name and repeats no token. */
  type(type: string | undefined, token?: string): { type?: string } {
    if (type === undefined || !/^[\x21-\x7e]+$/.test(type) || this.#tokens.has(normalise(type))) return {};
    const text = normalise(token ?? '');
    return text !== '' && type.includes(text) ? {} : { type };
  }

  /** @param token as its provider reads it, which may be a part of what was reported */
  location(location: string, token: string): string {
    const [file, line] = splitAtLine(location);
    const masked = this.#maskedFile(file) + printable(line.slice(0, MAX_SEARCHED_LENGTH));
    return without(masked, [token]).slice(0, MAX_LOCATION_LENGTH).toWellFormed();
  }

  #maskedFile(file: string): string {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    const masked = without(printable(file.slice(0, MAX_SEARCHED_LENGTH)), [
      ...(this.#byFile.get(file) ?? []),
    ]);
    this.#files.set(file, masked);
    return masked;
  }
}

function splitAtLine(location: string): readonly [file: string, line: string] {
  const at = location.indexOf('#');
  return at < 0 ? [location, ''] : [location.slice(0, at), location.slice(at)];
}

function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f]/g, '');
}

/** However much of a token is percent-encoded; a text with an encoded one is shown decoded. */
function without(text: string, tokens: readonly string[]): string {
  const decoded = text.includes('%') ? printable(decode(text)) : text;
  const hidesOne =
    decoded !== text && tokens.some((token) => decoded.includes(token) && !text.includes(token));
  return tokens
    .filter((token) => token !== '')
    .reduce((masked, token) => masked.replaceAll(token, MASK), hidesOne ? decoded : text);
}

/** Unlike `decodeURIComponent` it takes any text. */
function decode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}
