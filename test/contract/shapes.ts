/** Texts that look like a token and are not it: forged, cut and masked ones, derived from its shape alone. */

/** Between the parts of a token that a person would tell apart. */
export const SEPARATOR = /([-_.:/+=~|,;@\s"'{}[\]\\]+)/;

const CLASSES = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const LOWER_HEX = ['0123456789abcdef'];
const UPPER_HEX = ['0123456789ABCDEF'];

/** The same shape with other characters: each is replaced by one of its class; hexadecimal stays hexadecimal. */
export function scrambled(text: string, by = 7): string {
  const classes = /^[0-9a-f]+$/.test(text) ? LOWER_HEX : /^[0-9A-F]+$/.test(text) ? UPPER_HEX : CLASSES;
  const others = new Map(
    classes.flatMap((alphabet) =>
      [...alphabet].map((character, at) => [character, alphabet.charAt((at + by) % alphabet.length)]),
    ),
  );
  return text.replace(/[0-9A-Za-z]/g, (character) => others.get(character) ?? character);
}

/**
 * Forgeries of a token: each of its visible parts is kept in turn, and some of its characters at either end, while all
 * the rest is another secret. Who has seen an id, a beginning or a masked ending can make these, and no more.
 * @param fits whether a text is still taken for a token of the kind; what a kind demands of its head is kept
 */
export function forgeriesOf(token: string, fits: (text: string) => boolean): readonly string[] {
  const parts = token.split(SEPARATOR);
  const isText = (index: number) => index % 2 === 0 && parts[index] !== '';
  const texts = parts.flatMap((_, index) => (isText(index) ? [index] : []));
  const forgeWith = (kept: ReadonlySet<number>) =>
    parts.map((part, index) => (isText(index) && !kept.has(index) ? scrambled(part) : part)).join('');
  const found = new Set<string>();
  const add = (text: string) => {
    if (text !== token && fits(text)) found.add(text);
  };
  // The head that the pattern demands: the fewest leading parts without which nothing fits.
  const heads = texts.map((_, count) => new Set(texts.slice(0, count)));
  const head = heads.find((each) => fits(forgeWith(each))) ?? new Set<number>();
  add(forgeWith(head));
  for (const index of texts) add(forgeWith(new Set([...head, index])));
  // All but one: an id of several parts, with another secret.
  for (const index of texts) add(forgeWith(new Set(texts.filter((each) => each !== index))));
  const headText = headOf(token, fits);
  for (const count of [4, 6, 8, 12, 16, 20, 24, 32]) {
    if (count < token.length) {
      add(token.slice(0, count) + scrambled(token.slice(count)));
      add(headText + scrambled(token.slice(headText.length, -count)) + token.slice(-count));
    }
  }
  for (const inner of insideBase64(token)) add(inner);
  return [...found];
}

/** The beginning that every token of the kind has, as far as the pattern tells. */
function headOf(token: string, fits: (text: string) => boolean): string {
  for (let length = 0; length < token.length; length++) {
    if (fits(token.slice(0, length) + scrambled(token.slice(length)))) return token.slice(0, length);
  }
  return token;
}

/** A name and a secret in Base64, the secret replaced. */
function insideBase64(token: string): readonly string[] {
  const found: string[] = [];
  for (const match of token.matchAll(/[A-Za-z0-9+/_-]{16,}={0,2}/g)) {
    for (let start = 0; start < Math.min(8, match[0].length); start++) {
      const encoded = match[0].slice(start);
      const text = Buffer.from(encoded, 'base64').toString('latin1');
      const [, name, secret] = /^([\x20-\x7e]{3,}?)([:|][\x20-\x7e]{4,})$/.exec(text) ?? [];
      if (name === undefined || secret === undefined) continue;
      const forged = Buffer.from(name + secret.charAt(0) + scrambled(secret.slice(1)), 'latin1').toString(
        'base64',
      );
      const before = token.slice(0, match.index + start);
      found.push(
        before +
          forged.replace(/=+$/, '=='.slice(0, encoded.length - encoded.replace(/=+$/, '').length)) +
          token.slice(match.index + match[0].length),
      );
    }
  }
  return found;
}

/** What scanners and people write in place of what they hide. */
const MASKS: readonly string[] = [
  ...['...', '…', '\\u2026', '***', '*****', '•••', '●●●●'],
  ...['[REDACTED]', '<redacted>', '(hidden)', '{MASKED}', '***REMOVED***', 'REMOVED', '-REDACTED'],
];

/** Beginnings of the token at every length. */
export function cutsOf(token: string): readonly string[] {
  return Array.from({ length: Math.max(token.length - 1, 0) }, (_, index) => token.slice(0, index + 1));
}

/** What is left of the token behind each of its separators. */
export function endingsOf(token: string): readonly string[] {
  const parts = token.split(SEPARATOR);
  return parts.slice(2).flatMap((_, index) => (index % 2 === 0 ? [parts.slice(index + 2).join('')] : []));
}

/** A beginning with as many letters in place of the rest, which no pattern may tell from a token. */
export function maskedByLetters(token: string): readonly string[] {
  const shown = [0.2, 0.4, 0.6].map((share) => token.slice(0, Math.ceil(token.length * share)));
  return shown.flatMap((part) => ['x', 'X'].map((letter) => part.padEnd(token.length, letter)));
}

/** A beginning, an ending, or both, with a mask in place of the rest; alone, and as scanners' rules take it from a line. */
export function maskedFormsOf(token: string): readonly string[] {
  const lengths = [0.2, 0.4, 0.5, 0.6, 0.75, 0.9].map((share) => Math.ceil(token.length * share));
  const forms = MASKS.flatMap((mask) =>
    lengths.flatMap((length) => [
      token.slice(0, length) + mask,
      mask + token.slice(-length),
      token.slice(0, Math.ceil(length / 2)) + mask + token.slice(-Math.ceil(length / 2)),
    ]),
  );
  return [...forms, ...forms.map((form) => `key = "${form}"; // old`)];
}

const ESC = String.fromCharCode(0x1b);

/** The same token as it stands in files of settings, programs, addresses, pages, logs, and what an editor leaves around it. */
export function spellingsOf(token: string): readonly string[] {
  const json = JSON.stringify({ token });
  return [
    ...[
      `TOKEN=${token}`,
      `export TOKEN='${token}'`,
      `-Dtoken=${token}`,
      `token: ${token}`,
      `Bearer ${token}`,
    ],
    ...[json, JSON.stringify(json), json.replaceAll('/', '\\/')],
    ...[
      `\\n${token}\\n`,
      `"user\\t${token}\\r\\n"`,
      `token\\u003d${token}`,
      `\\u0022${token}\\u0022`,
      `a\\\\n${token}\\\\n`,
    ],
    ...[encodeURIComponent(`token=${token}&x`), encodeURIComponent(encodeURIComponent(json))],
    ...[`&quot;${token}&quot;`, `<token>${inPage(token)}</token>`],
    ...[`${ESC}[31m${token}${ESC}[0m`, `\\u001b[1;31m${token}\\u001b[0m`, `\\033[31m${token}\\033[0m`],
    ...[`\ufeff${token}\r\n`, `\u200b${token}\u200b`, `\u00a0${token}\u00a0`, `“${token}”`],
    ...['\\', ';', '),', '"}', '\\",', '?', '!'].map((end) => token + end),
  ];
}

function inPage(text: string): string {
  const named = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  return named.replaceAll('/', '&#x2F;').replaceAll('=', '&#61;');
}
