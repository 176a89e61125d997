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
      if (routed.token !== text) this.#addToken(file, routed.token);
      file.addRecognised(routed);
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
  #recognised: Recognised[] | undefined;
  #shownName: string | undefined;
  #byKind: ReadonlyMap<string, ReadonlySet<string>> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  addToken(text: string): void {
    if (text.length < MIN_NEIGHBOUR_LENGTH) return;
    if (this.#tokens) this.#tokens.push(text);
    else this.#tokens = [text];
  }

  addRecognised(routed: Recognised): void {
    if (this.#recognised) this.#recognised.push(routed);
    else this.#recognised = [routed];
  }

  /** Its name as it may be shown. Asked for when all tokens are known. */
  get shownName(): string {
    this.#shownName ??= shownName(this.#name, new Set(this.#tokens));
    return this.#shownName;
  }

  /**
   * What stands here of the kinds that the token pairs with: GitLab sends the halves of a credential as separate
   * elements. Asked for when all tokens are known.
   */
  halvesFor({ provider, pairsWith }: Recognised): Record<string, readonly Secret[]> {
    // Without a name nothing says that two tokens stand together.
    if (pairsWith.length === 0 || this.#name === '') return {};
    this.#byKind ??= byKind(this.#recognised ?? []);
    const halves: Record<string, readonly Secret[]> = {};
    for (const kind of pairsWith) {
      const tokens = this.#byKind.get(keyOf(provider, kind));
      if (tokens) halves[kind] = [...tokens].map((token) => new Secret(token));
    }
    return halves;
  }
}

function byKind(recognised: readonly Recognised[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const { provider, kind, token } of recognised) {
    const key = keyOf(provider, kind);
    const tokens = found.get(key) ?? new Set();
    // Stops at the number that is kept: otherwise a hundred thousand halves would each scan all of the others.
    if (tokens.size < MAX_PARTS) found.set(key, tokens.add(token));
  }
  return found;
}

function keyOf(provider: string, kind: string): string {
  return `${provider}\n${kind}`;
}
