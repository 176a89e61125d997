/** Characters that nobody sees, in texts that were copied from somewhere or saved by some editor. */

/** What editors, web pages and other systems leave around a text: a byte order mark, zero width, other spaces, empty lines. */
const AROUND = /^[[\p{Cf}\p{Z}\r\n]--[ ]]+|[[\p{Cf}\p{Z}\r\n]--[ ]]+$/gv;
/** These, control characters, and what stands for bytes that are no UTF-8. */
const INVISIBLE = /[[\p{Cc}\p{Cf}\p{Z}\ufffd]--[ \t\n\r]]|\r(?!\n)/v;

/** The secret without the characters around it that nobody sees, and nobody means. */
export function withoutInvisible(text: string): string {
  return text.replace(AROUND, '');
}

/** The fault of a secret that has such a character inside, by its number; undefined when it has none. */
export function invisibleFault(text: string): string | undefined {
  const [found] = INVISIBLE.exec(text) ?? [];
  const code = found?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return code && `holds the character U+${code}, which cannot be seen; expected the secret alone, in UTF-8`;
}

/**
 * The secrets of a file that has one a line, as whoever reads such a file has to read it. A line of nothing that can be seen is none.
 */
export function secretLines(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => withoutInvisible(line.trim()).trim())
    .filter((line) => line !== '');
}
