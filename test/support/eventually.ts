import { setTimeout as delay } from 'node:timers/promises';
import { PATIENCE_MS, tooSlow } from './patience.ts';

const POLL_MS = 20;

/**
 * Asks again and again until `check` no longer throws, and waits on for as long as it goes on to say something else.
 * @throws {Error} when it takes too long, with the last failure of `check`
 */
export async function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  let seen = '';
  let end = 0;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      const now = performance.now();
      const message = error instanceof Error ? error.message : String(error);
      if (message !== seen) end = now + PATIENCE_MS;
      seen = message;
      if (now > end) throw tooSlow('what is waited for did not come', `Last seen: ${seen}`, error);
      await delay(POLL_MS);
    }
  }
}
