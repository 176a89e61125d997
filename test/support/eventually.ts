import { setTimeout as delay } from 'node:timers/promises';
import { PATIENCE_MS, tooSlow } from './patience.ts';

/** Pauses grow from the first to the last, as what takes long on a busy machine would take longer yet by many looks. */
const FIRST_PAUSE_MS = 10;
const LAST_PAUSE_MS = 300;
const GROWTH = 1.3;

/**
 * Asks again and again until `check` no longer throws, and waits on for as long as it goes on to say something else.
 * @param lastPauseMs less where each look itself brings nearer what is waited for, as by moving a clock
 * @throws {Error} when it takes too long, with the last failure of `check`
 */
export async function eventually<T>(check: () => T | Promise<T>, lastPauseMs = LAST_PAUSE_MS): Promise<T> {
  let seen = '';
  let end = 0;
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      const now = performance.now();
      const message = error instanceof Error ? error.message : String(error);
      if (message !== seen) {
        end = now + PATIENCE_MS;
        pause = FIRST_PAUSE_MS;
      }
      seen = message;
      if (now > end) throw tooSlow('what is waited for did not come', `Last seen: ${seen}`, error);
      await delay(pause);
      pause = Math.min(pause * GROWTH, lastPauseMs);
    }
  }
}
