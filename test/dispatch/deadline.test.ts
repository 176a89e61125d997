import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Deadline } from '../../src/words/deadline.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('aborts with a TimeoutError when the time is over, and not before', () => {
  using deadline = new Deadline(1_000, new AbortController().signal);
  vi.advanceTimersByTime(999);
  expect(deadline.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError' });
});

it('aborts with the larger limit, for its reason', () => {
  const larger = new AbortController();
  const reason = new Error('Shutting down.');
  using deadline = new Deadline(1_000, larger.signal);
  larger.abort(reason);
  expect(deadline.signal.reason).toBe(reason);
});

it('is aborted from the start within a limit that is over', () => {
  const reason = new Error('Shutting down.');
  using deadline = new Deadline(1_000, AbortSignal.abort(reason));
  expect(deadline.signal.reason).toBe(reason);
});

it('leaves no timer behind, and never aborts once the work is over', () => {
  const larger = new AbortController();
  const deadline = new Deadline(1_000, larger.signal);
  deadline[Symbol.dispose]();
  expect(vi.getTimerCount()).toBe(0);
  larger.abort();
  expect(deadline.signal.aborted).toBe(false);
});
