/** As many texts as are wanted that a kind takes for its tokens, and that are none. */
import { forgeriesOf } from '../contract/shapes.ts';

const ALPHABETS = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ'];
const ALPHABET_OF = new Map(ALPHABETS.flatMap((alphabet) => [...alphabet].map((each) => [each, alphabet])));

/** With each beginning that may be the head: where none of so many fits, a longer one is needed. */
const TRIES = 20;
/** Of a longer text, such as a private key, only so much in its middle is another one, and no other head is tried. */
const LONG = 400;
const TRIES_OF_LONG = 60;
const REPLACED_OF_LONG = 48;

/**
 * First those with the visible parts of the real one, such as its id; then others of its shape, the same for every run.
 * @param fits whether a text is taken for a token of the kind
 */
export function forgedTokens(
  real: string,
  fits: (text: string) => boolean,
  count: number,
  seed: number,
): readonly string[] {
  const isLong = real.length > LONG;
  const found = new Set(isLong ? [] : forgeriesOf(real, fits).slice(0, Math.ceil(count / 2)));
  const random = generator(seed);
  // What a kind demands of the head of its tokens is kept: the shortest beginning with which others fit.
  const heads = isLong ? [Math.floor(real.length / 2)] : real.split('').keys();
  for (const head of heads) {
    const end = isLong ? head + REPLACED_OF_LONG : real.length;
    const another = () =>
      real.slice(0, head) +
      [...real.slice(head, end)].map((each) => replaced(each, random)).join('') +
      real.slice(end);
    const most = isLong ? TRIES_OF_LONG : TRIES;
    for (let tries = 0; tries < most && found.size < count; tries++) {
      const text = another();
      if (text !== real && fits(text)) found.add(text);
    }
  }
  return [...found].slice(0, count);
}

function replaced(character: string, random: () => number): string {
  const characters = ALPHABET_OF.get(character);
  return characters?.[Math.floor(random() * characters.length)] ?? character;
}

/** Mulberry32, in [0, 1). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
