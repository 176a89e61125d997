import { setTimeout as delay } from 'node:timers/promises';

/** The only source of time for everything that decides by it, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; it never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, { ...(signal && { signal }), ref: true });
    } catch {
      // Aborted: the caller looks at its signal.
    }
  },
};
