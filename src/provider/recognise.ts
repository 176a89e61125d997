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

/**
 * The masks that scanners write: an ellipsis at either end, stars anywhere, or a word. The text next to a mask may be the
 * rest of the masked token, so it is never taken for a token of its own.
 */
const MASK =
  /^(?:\.{3}|…)|(?:\.{3}|…)$|\*{3}|[[<({]?(?:REDACTED|MASKED|REMOVED|HIDDEN)[\])>}]?$|^[[<({]?(?:REDACTED|MASKED|REMOVED|HIDDEN)\b/i;

/** Cuts what scanners leave around a token: white space, quotes and trailing commas. */
export function normalise(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && LEADING.has(text[start] ?? '')) start++;
  while (end > start && TRAILING.has(text[end - 1] ?? '')) end--;
  return text.slice(start, end);
}

/**
 * Finds the one token inside a reported text. Kinds are tried in order and the first that matches decides; two
 * different tokens of it in one text are ambiguous, because one of them may not be leaked at all.
 */
export function recognise(kinds: readonly TokenKind[], text: string): Recognised {
  if (text.length > MAX_TEXT_LENGTH) return { ok: false, why: 'too-long' };
  const normalised = normalise(text);
  if (normalised === '') return { ok: false, why: 'empty' };
  if (MASK.test(normalised)) return { ok: false, why: 'redacted' };
  for (const kind of kinds) {
    const [token, ...others] = distinctMatches(kind.pattern, normalised);
    if (others.length > 0) return { ok: false, why: 'several-tokens' };
    if (token !== undefined) return { ok: true, kind, token };
  }
  return { ok: false, why: 'no-match' };
}

function distinctMatches(pattern: RegExp, text: string): Set<string> {
  const flags = pattern.flags.includes('g') ? pattern.flags : `${pattern.flags}g`;
  const found = new Set<string>();
  for (const match of text.matchAll(new RegExp(pattern.source, flags))) {
    const token = match.groups?.token ?? match[0];
    if (token !== '') found.add(token);
  }
  return found;
}
