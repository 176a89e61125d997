import { keepOnly } from '../notify/channel.ts';

/** What of a delivery failed, and is tried again with the next ones, by its name. */
export class Tries {
  /** In a row. */
  readonly #failures = new Map<string, number>();
  /** What was under way when the time of the last delivery was over. */
  #cut: string | undefined;

  hasFailed(name: string): boolean {
    return this.#failures.has(name);
  }

  /** @returns how often in a row */
  fail(name: string): number {
    const times = (this.#failures.get(name) ?? 0) + 1;
    this.#failures.set(name, times);
    return times;
  }

  /** It is done, or given up. */
  end(name: string): void {
    this.#failures.delete(name);
  }

  /** The time was over before it had failed by itself. */
  cutOff(name: string): void {
    this.#cut = name;
  }

  keepOnly(names: Iterable<string>): void {
    keepOnly(names, this.#failures);
  }

  /** What failed before comes last, so that nothing waits for it; what was cut off last time has all the time now. */
  inOrder<T>(all: readonly T[], nameOf: (each: T) => string): readonly T[] {
    const cut = this.#cut;
    this.#cut = undefined;
    const rank = (each: T) => (nameOf(each) === cut ? -1 : (this.#failures.get(nameOf(each)) ?? 0));
    return all.toSorted((a, b) => rank(a) - rank(b));
  }
}
