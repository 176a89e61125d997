import { isWithinEscape, unescapedForms } from '../words/escapes.ts';
import { isMasked, isMaskedAt, mayBeMasked } from '../words/mask.ts';
import type { TokenKind } from './provider.ts';

/** No provider issues longer tokens; the cap bounds the work on hostile input. */
const MAX_TEXT_LENGTH = 64 * 1024;

const LEADING = new Set(' \t\r\n\f\v"\'`\u00a0\ufeff');
const TRAILING = new Set([...LEADING, ',', ';']);

export type Recognised =
  | {
      readonly ok: true;
      readonly kind: TokenKind;
      readonly token: string;
      /** As it stands in the text, where that is another spelling: an earlier version may know it by that. */
      readonly spelling?: string;
    }
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
 * finds one, or not as it was issued, may have its characters escaped, and is tried without that.
 */
export function recognise(kinds: readonly TokenKind[], text: string): Recognised {
  if (text.length > MAX_TEXT_LENGTH) return { ok: false, why: 'too-long' };
  const normalised = normalise(text);
  if (normalised === '') return { ok: false, why: 'empty' };
  if (isMasked(normalised)) return { ok: false, why: 'redacted' };
  let found = tokenIn(kinds, normalised);
  for (const form of unescapedForms(normalised)) {
    const other = tokenIn(kinds, form);
    if (other && (!found || isBetter(other, found, kinds))) found = other;
  }
  if (!found) return { ok: false, why: mayBeMasked(normalised) ? 'redacted' : 'no-match' };
  if (!found.ok) return found;
  const { kind, spelling } = found;
  const token = canonicalOf(kind, spelling);
  return { ok: true, kind, token, ...(spelling !== token && { spelling }) };
}

interface Token {
  readonly ok: true;
  readonly kind: TokenKind;
  readonly spelling: string;
  /** The text in which it was found, and where. */
  readonly text: string;
  readonly at: number;
}
type Found = Token | Extract<Recognised, { ok: false }>;

/** Whether an escape has made another token of the one that it was. */
function isBetter(other: Found, found: Found, kinds: readonly TokenKind[]): boolean {
  if (!other.ok || !found.ok) return false;
  if (other.kind !== found.kind) return kinds.indexOf(other.kind) < kinds.indexOf(found.kind);
  // `%22` before a token may leave its digits at it, and `\n` its letter.
  if (isWithinEscape(other.text, other.at)) return false;
  return isPartOf(found, other) || isWithinEscape(found.text, found.at);
}

/** Whether an escaped character has cut the token short, of which the pattern then takes what is left. */
function isPartOf(part: Token, whole: Token): boolean {
  return whole.spelling.length > part.spelling.length && whole.spelling.includes(part.spelling);
}

function tokenIn(kinds: readonly TokenKind[], text: string): Found | undefined {
  for (const kind of kinds) {
    const found = distinctMatches(kind.pattern, text);
    const [first] = found;
    if (first === undefined) continue;
    const isHidden = [...found].some(([each, at]) => isMaskedAt(text, at, at + each.length));
    if (isHidden) return { ok: false, why: 'redacted' };
    if (found.size > 1 && new Set([...found.keys()].map((each) => canonicalOf(kind, each))).size > 1) {
      return { ok: false, why: 'several-tokens' };
    }
    const [spelling, at] = first;
    return { ok: true, kind, spelling, text, at };
  }
  return undefined;
}

/** The spelling by which a token is known; see {@link TokenKind.canonical}. */
export function canonicalOf({ canonical }: TokenKind, token: string): string {
  return canonical?.(token) ?? token;
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
