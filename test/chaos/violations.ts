export function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** What went against a promise. A fault that hits thousands of tokens is said once, with their number. */
export class Violations {
  readonly #counts = new Map<string, number>();

  constructor(found: readonly string[]) {
    for (const sentence of found) this.add(sentence);
  }

  add(sentence: string): void {
    this.#counts.set(sentence, (this.#counts.get(sentence) ?? 0) + 1);
  }

  get all(): readonly string[] {
    return [...this.#counts].map(([sentence, count]) =>
      count === 1 ? sentence : `${sentence} (${count} times)`,
    );
  }
}
