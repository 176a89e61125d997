/** The tokens of one report, and which of them stand in the same file. */
import { normalise } from '../provider/recognise.ts';
import type { Routed } from '../provider/registry.ts';
import { Secret } from '../words/secret.ts';
import type { Element } from './elements.ts';
import { shownName } from './shown.ts';

export type Usable = Extract<Element, { ok: true }>;
type Recognised = Extract<Routed, { ok: true }>;

/** Where an element was found: a file, and the line in it with its `#`. */
export interface CodeLocation {
  readonly file: ReportedFile;
  readonly line: string;
}

/** Shorter tokens stand in ordinary names; and what is longer than the mask makes a name no longer. */
const MIN_NEIGHBOUR_LENGTH = 8;

/** Other halves of one kind that are kept with a token. */
const MAX_PARTS = 10;

/** The same one may stand at any number of lines: otherwise a hundred thousand halves would each look at all of the others. */
const MAX_SEEN = 100;

interface InFile {
  readonly routed: Recognised;
  readonly line: number;
}

/** What may be the other half of something in its file. */
interface Half {
  readonly token: string;
  readonly line: number;
}

export class Reported {
  readonly #tokens = new Set<string>();
  readonly #files = new Map<string, ReportedFile>();

  /** Notes a token, as it was reported and as its provider reads it. */
  add({ location, token }: Usable, routed: Routed): CodeLocation {
    const at = location.indexOf('#');
    const [name, line] = at < 0 ? [location, ''] : [location.slice(0, at), location.slice(at)];
    const file = this.#file(name);
    const text = normalise(token);
    this.#addToken(file, text);
    if (routed.ok) {
      for (const each of [routed.token, routed.spelling ?? text])
        if (each !== text) this.#addToken(file, each);
      file.addRecognised({ routed, line: lineOf(line) });
    }
    return { file, line };
  }

  /** Whether the text is one of the tokens. */
  hasToken(text: string): boolean {
    return this.#tokens.has(text);
  }

  #addToken(file: ReportedFile, text: string): void {
    this.#tokens.add(text);
    file.addToken(text);
  }

  #file(name: string): ReportedFile {
    const known = this.#files.get(name);
    if (known) return known;
    const file = new ReportedFile(name);
    this.#files.set(name, file);
    return file;
  }
}

/** The tokens of one file. It is worked on once, and not before they are asked for: most files hold a single one. */
export class ReportedFile {
  readonly #name: string;
  // Made with their first element, as most files have no other: a list that is pushed to has room for many at once.
  #tokens: string[] | undefined;
  #recognised: InFile[] | undefined;
  #shownName: string | undefined;
  #byKind: ReadonlyMap<string, readonly Half[]> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  addToken(text: string): void {
    if (text.length < MIN_NEIGHBOUR_LENGTH) return;
    if (this.#tokens) this.#tokens.push(text);
    else this.#tokens = [text];
  }

  addRecognised(recognised: InFile): void {
    if (this.#recognised) this.#recognised.push(recognised);
    else this.#recognised = [recognised];
  }

  /** Its name as it may be shown. Asked for when all tokens are known. */
  get shownName(): string {
    this.#shownName ??= shownName(this.#name, new Set(this.#tokens));
    return this.#shownName;
  }

  /**
   * What stands here of the kinds that the token pairs with: GitLab sends the halves of a credential as separate
   * elements. The nearest ones, as no more are kept. Asked for when all tokens are known.
   * @param line of the token
   */
  halvesFor({ provider, pairsWith }: Recognised, line: string): Record<string, readonly Secret[]> {
    // Without a name nothing says that two tokens stand together.
    if (pairsWith.length === 0 || this.#name === '') return {};
    this.#byKind ??= byKind(this.#recognised ?? []);
    const halves: Record<string, readonly Secret[]> = {};
    for (const kind of pairsWith) {
      const found = this.#byKind.get(keyOf(provider, kind));
      if (found) halves[kind] = nearestTo(lineOf(line), found).map((token) => new Secret(token));
    }
    return halves;
  }
}

function byKind(recognised: readonly InFile[]): ReadonlyMap<string, readonly Half[]> {
  const found = new Map<string, Half[]>();
  for (const { routed, line } of recognised.toSorted((a, b) => a.line - b.line)) {
    const { provider, kind, token } = routed;
    const key = keyOf(provider, kind);
    const halves = found.get(key);
    if (halves) halves.push({ token, line });
    else found.set(key, [{ token, line }]);
  }
  return found;
}

/** @param halves by their lines */
function nearestTo(line: number, halves: readonly Half[]): readonly string[] {
  const found = new Set<string>();
  let right = firstFrom(line, halves);
  let left = right - 1;
  for (let seen = 0; seen < MAX_SEEN && found.size < MAX_PARTS; seen += 1) {
    const [before, behind] = [halves[left], halves[right]];
    if (behind && (!before || behind.line - line <= line - before.line)) {
      found.add(behind.token);
      right += 1;
    } else if (before) {
      found.add(before.token);
      left -= 1;
    }
  }
  return [...found];
}

/** Where the first half at this line, or behind it, is in the list. */
function firstFrom(line: number, halves: readonly Half[]): number {
  let [start, end] = [0, halves.length];
  while (start < end) {
    const middle = (start + end) >> 1;
    if ((halves[middle]?.line ?? line) < line) start = middle + 1;
    else end = middle;
  }
  return start;
}

/** 0 where the location names none. */
function lineOf(line: string): number {
  return Number(/^#L(\d{1,9})/.exec(line)?.[1] ?? 0);
}

function keyOf(provider: string, kind: string): string {
  return `${provider}\n${kind}`;
}
