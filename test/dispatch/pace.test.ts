import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createPace } from '../../src/dispatch/pace.ts';

const HOUR = 3_600_000;
const RATE = { steps: 60, perMs: HOUR };

// The limiter has no clock but the process's own.
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function takeAll(pace: ReturnType<typeof createPace>): Promise<{ steps: number; waitMs: number }> {
  for (let steps = 0; ; steps++) {
    const waitMs = await pace.take('github', RATE);
    if (waitMs > 0) return { steps, waitMs };
  }
}

it('has half of the steps ready, and keeps nobody waiting for the end of the window afterwards', async () => {
  const { steps, waitMs } = await takeAll(createPace());
  expect(steps).toBe(31);
  expect(waitMs).toBeLessThanOrEqual(HOUR / 30);
});

it('gives no more than all of them in a window', async () => {
  const pace = createPace();
  let all = 0;
  for (let at = 0; at < HOUR; ) {
    const { steps, waitMs } = await takeAll(pace);
    all += steps;
    at += waitMs;
    if (at < HOUR) vi.advanceTimersByTime(waitMs);
  }
  expect(all).toBe(RATE.steps);
});
