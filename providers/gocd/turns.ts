/**
 * Two bursts for tokens of one owner would keep each other's record in use, so they take turns. It is known to this
 * process alone; bursts of other replicas are told apart by the random pauses after a silence in which several rest.
 */

/** Much longer than a step and the pause after it; bounds the wait for a case that was stopped amid a burst. */
const HOLDS_MS = 30_000;

export class Turns {
  readonly #held: { server: string; owner: string | null; who: number; until: number }[] = [];

  /** @param owner null when it may be any user's */
  take(server: string, owner: string | null, who: number, now: number): boolean {
    this.release(who);
    const name = owner?.toLowerCase() ?? null;
    const isInTheWay = (other: { server: string; owner: string | null; until: number }) =>
      other.server === server &&
      other.until > now &&
      // Else it was taken by a clock that was set back since, and nothing tells how long ago.
      other.until <= now + HOLDS_MS &&
      (other.owner === null || name === null || other.owner === name);
    if (this.#held.some(isInTheWay)) return false;
    this.#held.push({ server, owner: name, who, until: now + HOLDS_MS });
    return true;
  }

  release(who: number): void {
    const left = this.#held.filter((each) => each.who !== who);
    this.#held.splice(0, this.#held.length, ...left);
  }
}
