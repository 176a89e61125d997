import type { Observe } from './events.ts';

const AGAIN_MS = 60_000;

/**
 * A ledger that is away fails each lane, each report and each look at it, many times a second: of what fails alike, one
 * in a minute is passed on, with how many were not since the one before.
 * @param now in milliseconds, of a clock that nobody sets
 */
export function sparing(listen: Observe, now: () => number = () => performance.now()): Observe {
  const told = new Map<string, { readonly until: number; left: number }>();
  return (event) => {
    if (event.type !== 'ledger-unavailable') return listen(event);
    const name = `${event.during} ${event.message}`;
    const before = told.get(name);
    if (before && now() < before.until) {
      before.left += 1;
      return;
    }
    told.set(name, { until: now() + AGAIN_MS, left: 0 });
    listen(before && before.left > 0 ? { ...event, more: before.left } : event);
  };
}
