/**
 * What of a report may be kept and shown in plain. Whoever commits a file chooses its name and may choose its types,
 * so both may repeat tokens: the one that is reported, and those that stand beside it.
 */
import { normalise } from '../provider/recognise.ts';
import { printable } from '../words/printable.ts';

const MAX_LOCATION_LENGTH = 2_048;

/** Bounds the work on one name. */
const MAX_SEARCHED_LENGTH = 8_192;
const MASK = '[token]';

/**
 * A type is shown only where it can be a type's name and repeats no token.
 * @param token of the same element, as it was reported
 */
export function shownType(
  type: string | undefined,
  token: string | undefined,
  reported: { hasToken(text: string): boolean },
): { type?: string } {
  if (type === undefined || !/^[\x21-\x7e]+$/.test(type) || reported.hasToken(normalise(type))) return {};
  const text = normalise(token ?? '');
  return text !== '' && type.includes(text) ? {} : { type };
}

/** The name of a file in which these tokens stand. */
export function shownName(name: string, tokens: ReadonlySet<string>): string {
  return without(printable(name.slice(0, MAX_SEARCHED_LENGTH)), tokens);
}

/**
 * @param file its name as it may be shown
 * @param line in that file, with its `#`
 * @param spellings of the token: as it was reported, and as its provider reads it, which may be a part of that
 */
export function shownLocation(file: string, line: string, spellings: ReadonlySet<string>): string {
  const location = file + printable(line.slice(0, MAX_SEARCHED_LENGTH));
  return without(location, spellings).slice(0, MAX_LOCATION_LENGTH).toWellFormed();
}

/** However much of a token is percent-encoded; a text in which that hides something of one is shown decoded. */
function without(text: string, tokens: ReadonlySet<string>): string {
  const shown = masked(text, tokens);
  if (!text.includes('%')) return shown;
  // A token may have such characters of its own.
  const forms = new Set([...tokens, ...[...tokens].map(decode)]);
  const decoded = printable(decode(text));
  const shownDecoded = masked(decoded, forms);
  // Decoding takes the most time, and seldom is anything masked.
  const expected = shown === text ? decoded : printable(decode(shown));
  return shownDecoded === expected ? shown : shownDecoded;
}

/** The longest first: of one that begins like another, the rest would be left. */
function masked(text: string, tokens: ReadonlySet<string>): string {
  let shown = text;
  const longestFirst = [...tokens].sort((a, b) => b.length - a.length);
  for (const token of longestFirst) shown = shown.replaceAll(token, MASK);
  return shown;
}

/** Unlike `decodeURIComponent` it takes any text. */
function decode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    // Whoever writes single ones, which are slow in a buffer, may write thousands into each name.
    if (run.length > 3) return Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8');
    const code = Number.parseInt(run.slice(1), 16);
    return code < 0x80 ? String.fromCharCode(code) : '\ufffd';
  });
}
