/** Counts refused log-ins, so that nobody is locked out by tokens that somebody invents. */
import type { Clock } from '../../words/clock.ts';

const HOUR_MS = 60 * 60 * 1000;

export class Refusals {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #times = new Map<string, readonly number[]>();

  /** @param max refusals of one account within an hour, after which it is left alone */
  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  add(account: string): void {
    // Whoever invents accounts as well fills no memory for longer than an hour.
    for (const each of this.#times.keys()) if (this.#recent(each).length === 0) this.#times.delete(each);
    this.#times.set(account, [...this.#recent(account), this.#clock.now()]);
  }

  /** How long the account has to be left alone, in milliseconds; 0 when it may be tried. */
  waitMs(account: string): number {
    const recent = this.#recent(account);
    const [oldest] = recent;
    return oldest === undefined || recent.length < this.#max ? 0 : oldest + HOUR_MS - this.#clock.now();
  }

  #recent(account: string): readonly number[] {
    const now = this.#clock.now();
    // One that is to come is of a clock that was set back since: nothing tells how long ago it was.
    return (this.#times.get(account) ?? []).filter((time) => time > now - HOUR_MS && time <= now);
  }
}
