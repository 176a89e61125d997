/** What a text holds of one private key. */
export interface Block {
  /** As it stands in the text. */
  readonly text: string;
  /** `RSA PRIVATE KEY` */
  readonly label: string;
  /** The base64 text without white space; empty when only the header is there. */
  readonly body: string;
  readonly isWhole: boolean;
  /** It has a passphrase in the way of before OpenSSH's own format. */
  readonly isSealed: boolean;
}

const LABEL = '(?:(?:RSA|DSA|EC|OPENSSH|ENCRYPTED) )?PRIVATE KEY';
/** Up to the next five hyphens. */
const INSIDE = '(?:[^-]|-(?!----))*';

/** `openssh-key-v1` and the length of the cipher's name, in base64; the cipher `none` goes on like this. */
const OPENSSH_START = 'b3BlbnNzaC1rZXktdjEAAAAA(?!BG5vbmU)';

/** A whole key, or a header with as much as there is of its body. */
export const PRIVATE_KEY = new RegExp(
  `-----BEGIN (?<label>${LABEL})-----(?:(?<whole>${INSIDE})-----END ${LABEL}-----|(?<part>[A-Za-z0-9+/=\\s\\\\]{64,}))?`,
);
/** A whole key in OpenSSH's own format with a passphrase. */
export const ENCRYPTED_OPENSSH_KEY = new RegExp(
  `-----BEGIN OPENSSH PRIVATE KEY-----[\\s\\\\rn]{0,64}${OPENSSH_START}${INSIDE}-----END OPENSSH PRIVATE KEY-----`,
);
export const PGP_PRIVATE_KEY = /-----BEGIN PGP PRIVATE KEY BLOCK-----/;

/** All of them, also out of a program, a patch, or a page, where other characters stand at the ends of lines. */
export function blocksIn(text: string): readonly Block[] {
  return [...text.matchAll(new RegExp(PRIVATE_KEY, 'g'))].map(({ 0: found, groups }) => {
    const { label = '', whole, part = '' } = groups ?? {};
    const inside = unescaped(whole ?? part);
    return {
      text: found,
      label,
      body: bodyOf(inside),
      isWhole: whole !== undefined,
      isSealed: label.startsWith('ENCRYPTED') || inside.includes('Proc-Type:'),
    };
  });
}

/** As the tools that make keys write them; a key whose lines say more than its base64 stays as it is. */
export function canonicalKey(text: string): string {
  const [block] = blocksIn(text);
  if (!block?.isWhole || block.isSealed || block.body === '') return text;
  const { label, body } = block;
  const width = label.startsWith('OPENSSH') ? 70 : 64;
  const lines = body.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join('\n');
}

/** What they have in place of the characters of base64 that are no letters. */
const SIGN = /(?:%|\\u00|&#x)(?<hex>2b|2f|3d);?|&#(?<number>43|47|61);?/gi;

/** Line ends of JSON, Java, HTML and URLs, and signs. */
function unescaped(inside: string): string {
  return inside
    .replace(SIGN, (_, hex: string | undefined, number: string) =>
      String.fromCharCode(hex === undefined ? Number(number) : Number.parseInt(hex, 16)),
    )
    .replace(/\\(?:[rn]|u000[ad])|&#(?:1[03]|x0?[ad]);|%0[ad]|<br\s?\/?>/gi, '\n')
    .replaceAll('\\', '');
}

/** What a patch or a comment has in front of each line. */
const MARGINS = ['+', '//'];

function bodyOf(inside: string): string {
  const lines = inside.split('\n').map((line) => line.trim());
  const filled = lines.filter((line) => line !== '');
  const margin = MARGINS.find((each) => filled.length > 2 && filled.every((line) => line.startsWith(each)));
  const rest = margin === undefined ? filled : filled.map((line) => line.slice(margin.length));
  const runs = rest.flatMap((line) => line.match(/[A-Za-z0-9+/=]+/g) ?? []);
  // A program joins its lines by a plus, and no line of a key is so short.
  return runs.filter((run) => !/^[+/]{1,2}$/.test(run)).join('');
}
