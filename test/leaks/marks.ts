/** Secrets that can be told from everything else, the same ones for the same seed. */

export interface Mark {
  /** Whose secret it is; a finding names it by this. */
  readonly name: string;
  readonly text: string;
  /** Made by chance, so that no part of it stands anywhere by accident. */
  readonly isRandom: boolean;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** What has to be escaped somewhere: in JSON, in an address, in HTML, in a shell. */
const AWKWARD = '"\\/+&<é%';

export class Marks {
  readonly seed: number;
  readonly #marks: Mark[] = [];
  #state: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#state = seed;
  }

  get all(): readonly Mark[] {
    return this.#marks;
  }

  /** Of letters and digits. */
  plain(name: string, prefix = ''): string {
    return this.#add(name, prefix + this.#letters(24));
  }

  /** With signs that have to be escaped. */
  awkward(name: string): string {
    return this.#add(name, this.#letters(12) + AWKWARD + this.#letters(12));
  }

  /** One that GitLab itself could have issued. */
  gitlab(name: string): string {
    return this.#add(name, ['gl', 'pat-', this.#letters(20)].join(''));
  }

  /** A secret that somebody else chose; not one that is too short to be told from a word, or that is words. */
  known(name: string, text: string): void {
    if (text.length < 8 || /^[a-z]+( [a-z]+)+$/i.test(text) || this.#marks.some((mark) => mark.text === text))
      return;
    this.#marks.push({ name, text, isRandom: false });
  }

  /** In [0, 1). @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c (mulberry32) */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  #add(name: string, text: string): string {
    this.#marks.push({ name, text, isRandom: true });
    return text;
  }

  #letters(count: number): string {
    return Array.from({ length: count }, () => LETTERS[Math.floor(this.random() * LETTERS.length)]).join('');
  }
}
