/**
 * Text that other people chose, where a person reads it: nothing in it steers a terminal, breaks a line or turns the
 * direction of what stands beside it.
 */

/** The controls C0 and C1, the separators of lines and paragraphs, and what sets a direction (Unicode, UAX 9). */
const STEERING = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** @param keep characters that stay, such as the line breaks of a page */
export function printable(text: string, keep = ''): string {
  return text.replace(STEERING, (sign) => (keep.includes(sign) ? sign : ''));
}

/** JSON with the same meaning; its own line breaks stay. */
export function printableJson(json: string): string {
  return json.replace(STEERING, (sign) =>
    sign === '\n' ? sign : `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
