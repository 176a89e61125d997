import { isMasked, isMaskedAt, mayBeMasked } from '../words/mask.ts';
import type { TokenKind } from './provider.ts';

/** No provider issues longer tokens; the cap bounds the work on hostile input. */
const MAX_TEXT_LENGTH = 64 * 1024;

const LEADING = new Set(' \t\r\n\f\v"\'`\u00a0\ufeff');
const TRAILING = new Set([...LEADING, ',', ';']);

export type Recognised =
  | { readonly ok: true; readonly kind: TokenKind; readonly token: string }
  | {
      readonly ok: false;
      /** `redacted`: a mask stands where the secret was. */
      readonly why: 'empty' | 'too-long' | 'redacted' | 'no-match' | 'several-tokens';
    };

/** Cuts what scanners leave around a token: white space, quotes and trailing commas. */
export function normalise(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && LEADING.has(text[start] ?? '')) start++;
  while (end > start && TRAILING.has(text[end - 1] ?? '')) end--;
  return text.slice(start, end);
}

const MAX_KEPT_LENGTH = 4_096;

/** What is kept of a text that is no token; well-formed, as the cut may go through the middle of a character. */
export function keptText(text: string): string {
  return normalise(text).slice(0, MAX_KEPT_LENGTH).toWellFormed();
}

/**
 * Finds the one token inside a reported text. Kinds are tried in order and the first that matches decides; two
 * different tokens of it in one text are ambiguous, because one of them may not be leaked at all. A text in which none
 * finds one, or but a part, may have its characters escaped, and is tried without that.
 */
export function recognise(kinds: readonly TokenKind[], text: string): Recognised {
  if (text.length > MAX_TEXT_LENGTH) return { ok: false, why: 'too-long' };
  const normalised = normalise(text);
  if (normalised === '') return { ok: false, why: 'empty' };
  if (isMasked(normalised)) return { ok: false, why: 'redacted' };
  const plain = tokenIn(kinds, normalised);
  const unescaped = withoutEscapes(normalised);
  const other = unescaped === normalised ? undefined : tokenIn(kinds, unescaped);
  if (other && (!plain || isPartOf(plain, other))) return other;
  return plain ?? { ok: false, why: mayBeMasked(normalised) ? 'redacted' : 'no-match' };
}

/** Whether an escaped character has cut the token short, of which the pattern then takes what is left. */
function isPartOf(part: Recognised, whole: Recognised): boolean {
  if (!part.ok || !whole.ok || part.kind !== whole.kind) return false;
  return whole.token.length > part.token.length && whole.token.includes(part.token);
}

function tokenIn(kinds: readonly TokenKind[], text: string): Recognised | undefined {
  for (const kind of kinds) {
    const found = distinctMatches(kind.pattern, text);
    const [token, ...others] = found.keys();
    if (token === undefined) continue;
    const isHidden = [...found].some(([each, at]) => isMaskedAt(text, at, at + each.length));
    if (isHidden) return { ok: false, why: 'redacted' };
    return others.length > 0 ? { ok: false, why: 'several-tokens' } : { ok: true, kind, token };
  }
  return undefined;
}

/**
 * A character by its number: `\u002f` in JSON, `%3D` in an address, `&#61;` and `&#x3D;` in a page; the last semicolon may be
 * cut off.
 */
const BY_NUMBER =
  /(?:\\u00|%)(?<hex>[0-9a-fA-F]{2})|&#x(?<hexOfPage>[0-9a-fA-F]{2})(?:;|$)|&#(?<ofPage>\d{2,3})(?:;|$)/g;

/** The text as it was before a program wrote it into JSON, an address, a page, or a command. */
function withoutEscapes(text: string): string {
  return text
    .replace(BY_NUMBER, (whole: string, hex?: string, hexOfPage?: string, ofPage?: string) => {
      const code = ofPage === undefined ? Number.parseInt(hex ?? hexOfPage ?? '', 16) : Number(ofPage);
      const character = String.fromCharCode(code);
      return /^[\r\n\x20-\x7e]$/.test(character) ? character : whole;
    })
    .replace(/\\([^\w\s])/g, '$1');
}

/** Each with where it stands first. */
function distinctMatches(pattern: RegExp, text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  // Most texts hold no token of most kinds, or are one as a whole: then the pattern itself has told all.
  const first = pattern.global || pattern.sticky ? undefined : pattern.exec(text);
  if (first === null) return found;
  for (const match of first?.[0] === text ? [first] : allMatches(pattern, text)) {
    const token = match.groups?.token ?? match[0];
    if (token !== '' && !found.has(token)) found.set(token, text.indexOf(token, match.index));
  }
  return found;
}

function allMatches(pattern: RegExp, text: string): Iterable<RegExpExecArray> {
  const flags = pattern.global ? pattern.flags : `${pattern.flags}g`;
  return text.matchAll(new RegExp(pattern.source, flags));
}
