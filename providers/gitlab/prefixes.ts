/** What stands before the body of a token, as the operator of an instance has set it. */
/** What operators have changed about the look of their tokens. */
export interface Prefixes {
  /** In place of `glpat-`. */
  readonly personalAccessToken: readonly string[];
  /** Before any default prefix, with a hyphen: `acme` makes `acme-gldt-...`. */
  readonly instance: readonly string[];
}

/** An operator's prefix may be so short that it is found inside words. */
export function standingAlone(prefix: string): string {
  return `(?<![\\w-])${escaped(prefix)}`;
}

export function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
