/**
 * Which record belongs to the leaked token? GoCD's API links a token to its record by nothing but the time of its last
 * use, which the server writes for all tokens at once (a flush), once a minute. So the token is used every second (a
 * probe). Its record then shows, after every flush, a use within a probe's distance of the flush, whoever else uses it.
 * Another record shows that only when it was used in that very second. The newest use on the server stands for the flush,
 * so all comparisons are between values of GoCD's own clock; our clock measures durations alone.
 *
 * Tokens in constant use keep up, too. When several are left, the probes stop: the leaked token's record is then the
 * only one that rests, unless its thief never does. Then they go on, and that record has to keep up anew.
 *
 * Pure functions: nothing here calls anybody.
 */
import { concluded, fresh, isProbing, leftIn, type Verdict } from './phases.ts';
import { type Burst, changesIn, hasFlushed, newestOf, type Use, usesOf } from './uses.ts';

/** How far apart the clocks of two replicas may be, which probe in turn. */
const CLOCK_MARGIN_MS = 500;
/** At most, from the last use that it writes to when a list shows it. */
const FLUSH_TAKES_S = 2;
/** Of our clock, when it went back: no record falls behind then. */
const UNKNOWN_MS = 10 ** 12;

/** @param pool the records that may be the leaked token's, as they were just before the first probe */
export function startBurst(list: readonly Use[], pool: readonly number[], now: number): Burst {
  return { phase: 'probing', ...fresh(list, pool, now), startedAt: now, flushMs: 0, flushedAt: null };
}

/** Notes a probe, which the server saw between these two times of ours. */
export function probed(burst: Burst, sentAt: number, receivedAt: number): Burst {
  return { ...burst, sentAt, gapMs: widened(burst, receivedAt) };
}

/** @param limitMs how long the server takes at most from one flush to the next, as far as the operator knows */
export function listed(
  burst: Burst,
  list: readonly Use[],
  now: number,
  limitMs: number,
): { readonly burst: Burst; readonly verdict: Verdict } {
  const seen = { ...burst, gapMs: widened(burst, now) };
  const flushed = hasFlushed(seen, list);
  const next = isProbing(seen) ? keepingUp(seen, list, flushed, now) : resting(seen, list);
  const timed = flushed ? timedFlush(next, now) : next;
  return concluded(timed, list, now, limitMs, flushed);
}

/** Those whose last use is no further from the flush than the longest pause between two probes. */
function keepingUp(burst: Burst, list: readonly Use[], flushed: boolean, seenAt: number): Burst {
  const { gapMs, gapBeforeMs, uses, newest, lists } = burst;
  const now = usesOf(list, leftIn(burst));
  const next = {
    ...burst,
    newest: newestOf(list),
    uses: now,
    lists: lists + (burst.sentAt === null ? 0 : 1),
    gapMs: 0,
    gapBeforeMs: gapMs,
    listedAt: seenAt,
  };
  // A flush that these lists show may be one from before the first probe.
  if (lists < 2) return next;
  if (!flushed) return next;
  const newestNow = next.newest ?? 0;
  // The server's clock may have been set back: then only the changes show when it flushed.
  const changes = changesIn(uses, now);
  const flushAt = newestNow > (newest ?? -1) ? newestNow : Math.max(...changes.map(([, at]) => at ?? 0));
  // Cut to whole seconds, no two times lie further apart than the pause between them, rounded up. A flush takes time
  // before it is seen, so the pause before counts, too.
  const slack = Math.ceil((Math.max(gapMs, gapBeforeMs) + CLOCK_MARGIN_MS) / 1000);
  const unsureS = slack + Math.max(0, seenAt - (burst.listedAt ?? seenAt)) / 1000;
  // Uses from before and after it was set back cannot be compared: then nobody is left, and all begins anew.
  const isSetBack = wentBack(uses, changes) || hasJumped(burst, flushAt, seenAt, unsureS);
  const left = isSetBack ? [] : now.filter(([, at]) => at !== null && at <= flushAt && at >= flushAt - slack);
  return { ...next, uses: left, flushes: burst.flushes + 1, flushSeen: [flushAt, seenAt, unsureS] };
}

/** Whether another time has passed on the server's clock than on ours since the flush before. */
function hasJumped({ flushSeen }: Burst, flushAt: number, seenAt: number, unsureS: number): boolean {
  if (!flushSeen) return false;
  const [flushBefore, seenBefore, unsureBeforeS] = flushSeen;
  const aheadS = flushAt - flushBefore - (seenAt - seenBefore) / 1000;
  return aheadS < -(unsureS + FLUSH_TAKES_S) || aheadS > unsureBeforeS + FLUSH_TAKES_S;
}

function wentBack(before: Burst['uses'], changes: Burst['uses']): boolean {
  const known = new Map(before);
  return changes.some(([id, at]) => at !== null && at < (known.get(id) ?? at));
}

/** Those that nobody uses while we do not. */
function resting(burst: Burst, list: readonly Use[]): Burst {
  const now = usesOf(list, leftIn(burst));
  const flushes = burst.flushes + (hasFlushed(burst, list) ? 1 : 0);
  const next = { ...burst, newest: newestOf(list), flushes };
  if (burst.phase !== 'silent') return { ...next, uses: now };
  const moved = new Set(changesIn(burst.uses, now).map(([id]) => id));
  return { ...next, uses: now.filter(([id]) => !moved.has(id)) };
}

function timedFlush(burst: Burst, now: number): Burst {
  const { flushedAt, flushMs } = burst;
  return {
    ...burst,
    flushedAt: now,
    flushMs: flushedAt === null ? flushMs : Math.max(flushMs, now - flushedAt),
  };
}

function widened({ gapMs, sentAt }: Burst, now: number): number {
  if (sentAt === null) return gapMs;
  return Math.max(gapMs, now >= sentAt ? now - sentAt : UNKNOWN_MS);
}
