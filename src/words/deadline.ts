/** The longest time that a Node.js timer can run; one for longer ends at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A time limit for one piece of work, within the limit of a larger one. Unlike what `AbortSignal.any` and
 * `AbortSignal.timeout` give, it is gone as soon as the work is, and leaves nothing to the garbage collector: there is
 * one for each call of a provider.
 * @example using deadline = new Deadline(10_000, step.signal);
 */
export class Deadline implements Disposable {
  readonly #within: AbortSignal;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number, within: AbortSignal) {
    this.#within = within;
    const isOver = () => this.#controller.abort(new DOMException('The time is over.', 'TimeoutError'));
    this.#timer = setTimeout(isOver, ms);
    within.addEventListener('abort', this.#pass);
    if (within.aborted) this.#pass();
  }

  /** Aborts with a `TimeoutError`, or with the reason of the larger limit; never aborts once the work is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#within.removeEventListener('abort', this.#pass);
  }

  readonly #pass = (): void => {
    this.#controller.abort(this.#within.reason);
  };
}
