import type { Observe, QuashEvent } from './events.ts';

const AGAIN_MS = 60_000;

/**
 * A ledger that is away fails each lane, each report and each look at it, many times a second, and whoever has no token
 * may ask as often: of what fails alike, one in a minute is passed on, with how many were not since the one before.
 * @param now in milliseconds, of a clock that nobody sets
 */
export function sparing(listen: Observe, now: () => number = () => performance.now()): Observe {
  const told = new Map<string, { readonly until: number; left: number }>();
  return (event) => {
    if (!failsAlike(event)) return listen(event);
    const name = nameOf(event);
    const before = told.get(name);
    if (before && now() < before.until) {
      before.left += 1;
      return;
    }
    told.set(name, { until: now() + AGAIN_MS, left: 0 });
    listen(before && before.left > 0 ? { ...event, more: before.left } : event);
  };
}

type Alike = Extract<QuashEvent, { readonly more?: number }>;

function failsAlike(event: QuashEvent): event is Alike {
  return event.type === 'ledger-unavailable' || event.type === 'request-refused';
}

/** The same for what fails alike; there are few of them. */
function nameOf(event: Alike): string {
  return event.type === 'ledger-unavailable'
    ? `${event.during} ${event.message}`
    : `${event.port} ${event.route} ${event.status}`;
}
