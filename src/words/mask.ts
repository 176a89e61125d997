/**
 * What stands in place of a secret that somebody hid: an ellipsis, stars, bullets, a word, or a run of one letter. What
 * is left beside a mask may be a part of the token, so it is taken for none.
 */

const WORDS = '(?:REDACTED|MASKED|REMOVED|HIDDEN)';
/** Also as JSON writes it. */
const ELLIPSIS = String.raw`\.{3}|…|\\u2026`;
/** Two of them are how Markdown marks a word. */
const GLYPHS = '[*•●█]{3}';

/** Whatever else the text holds. */
const MASKED_TEXT = new RegExp(
  `^(?:${ELLIPSIS})|(?:${ELLIPSIS})$|${GLYPHS}|[[<({]?${WORDS}[\\])>}]?$|^[[<({]?${WORDS}\\b`,
  'i',
);

/**
 * In what looks like a token, or goes on beside it. Chance writes no such word in capitals; names of projects and files
 * may hold one in small letters. The rest may have been masked with as many letters: chance makes no such run.
 */
const MASKED_RUN = new RegExp(
  `${ELLIPSIS}|${GLYPHS}|${WORDS}|[[<({](?:${WORDS.toLowerCase()})[\\])>}]|(?<![A-Za-z])redacted(?![A-Za-z])|x{8}|X{8}`,
);

/** Where no token was found, each of these tells why. */
const MASKED_SOMEWHERE = new RegExp(`${ELLIPSIS}|[*•●█]{2}|(?<![A-Za-z])${WORDS}(?![A-Za-z])|x{4}`, 'i');

/** Whether the text as a whole is a masked one, so that no token is looked for in it. */
export function isMasked(text: string): boolean {
  return MASKED_TEXT.test(text);
}

/** Whether a text that holds no token does so because of a mask. */
export function mayBeMasked(text: string): boolean {
  return MASKED_SOMEWHERE.test(text);
}

/** Whether what a pattern took for a token is, in whole or in part, a mask. */
export function isMaskedToken(token: string): boolean {
  return MASKED_RUN.test(token);
}

/** As far as a mask may stand from what is left of the token. */
const REACH = 400;

/**
 * The same with what stands around the token, up to white space, a quote or its name: a pattern may end within a mask.
 */
export function isMaskedAt(text: string, start: number, end: number): boolean {
  const [before = ''] = /[^\s"'`=:]*$/.exec(text.slice(Math.max(0, start - REACH), start)) ?? [];
  const [behind = ''] = /^[^\s"'`]*/.exec(text.slice(end, end + REACH)) ?? [];
  return isMaskedToken(before + text.slice(start, end) + behind);
}
