import type { Clock } from '../../src/words/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that moves only when the test says so, and then lets everything that slept until that time run. */
export class FakeClock implements Clock {
  #now: number;
  readonly #turns: number;
  readonly #sleepers = new Set<Sleeper>();

  /** @param turns of the event loop before time goes on; few do where nothing waits for a socket or a disk */
  constructor(now = Date.UTC(2026, 0, 1), turns = 50) {
    this.#now = now;
    this.#turns = turns;
  }

  now(): number {
    return this.#now;
  }

  /** Sets the time without waking anybody: what a clock jump does. */
  jump(ms: number): void {
    this.#now += ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        at: this.#now + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** Moves on by `ms`, waking sleepers in the order of their times and letting their work settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle(this.#turns);
      const next = [...this.#sleepers].sort((a, b) => a.at - b.at)[0];
      if (!next || next.at > end) break;
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    this.#now = end;
    await settle(this.#turns);
  }
}

/** Lets pending promises and immediate callbacks run, those that wait for others of them or for the disk included. */
async function settle(turns: number): Promise<void> {
  do for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  while (process.getActiveResourcesInfo().includes('FSReqCallback'));
}
