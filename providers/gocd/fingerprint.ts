/**
 * Which record belongs to the leaked token? GoCD's API links a token to its record by nothing but the time of its
 * last use. So the token is used (a probe), and once the server has written its uses, every record is looked at:
 * that of the leaked token must have been used since the probe, and if nobody else uses it, exactly then.
 */

/** Seconds since the Unix epoch on the server's clock; null for never. */
export type LastUses = ReadonlyMap<number, number | null>;

/** When the server saw a probe, in whole seconds, both ends included. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** What one probe showed. */
export interface Round {
  /** Records used since the probe; holds the leaked token's unless the server lost that use in a restart. */
  readonly used: readonly number[];
  /** Those of them whose last use fell into the probe's window. */
  readonly hit: readonly number[];
}

export type Decision =
  | { readonly id: number; readonly confidence: 'exact' | 'high' }
  /** More rounds may decide. */
  | undefined;

/** Clocks of proxies and the whole seconds of GoCD's timestamps cost this much precision. */
const TOLERANCE_S = 2;

/** At least this many more rounds must hit a record than miss it before hits alone decide. */
const HIT_LEAD = 2;

/**
 * When the server saw the probe: by the `Date` header of its answer, which shows its own clock, else by ours.
 * @param sentMs,receivedMs our clock around the call
 */
export function probeWindow(sentMs: number, receivedMs: number, dateHeader: string | undefined): Window {
  const dateMs = Date.parse(dateHeader ?? '');
  const answeredMs = Number.isNaN(dateMs) ? receivedMs : dateMs;
  const from = answeredMs - (receivedMs - sentMs);
  return { from: Math.floor(from / 1000) - TOLERANCE_S, to: Math.floor(answeredMs / 1000) + TOLERANCE_S };
}

/**
 * Compares the list from just before a probe with one from after the flush.
 * When the clock that made the window is not the server's, no use may seem to be late enough; then a record counts
 * as used when its time has changed at all.
 */
export function evaluate(window: Window, before: LastUses, after: LastUses): Round {
  const changed = [...after.keys()].filter((id) => after.get(id) !== (before.get(id) ?? null));
  const used = [...after.keys()].filter((id) => {
    const usedAt = after.get(id) ?? null;
    // An unchanged time after the window can only be an old one of a server whose clock is ahead.
    return usedAt !== null && usedAt >= window.from && (usedAt <= window.to || changed.includes(id));
  });
  if (used.length === 0) return { used: changed, hit: [] };
  return { used, hit: used.filter((id) => (after.get(id) ?? 0) <= window.to) };
}

/**
 * Names the leaked token's record once the rounds leave only one.
 *
 * `exact` is right if the server lost the uses of at most one round, and no other token of the pool was used within
 * the window of that very round. `high` also needs that no other token hits the windows of two rounds more than it
 * misses, which takes a coincidence each time because the rounds come at random moments. A wrong answer to either is
 * noticed, because the leaked token is probed again after the revocation.
 *
 * @param pool the records that are active now, among them the leaked token's
 */
export function decide(pool: readonly number[], rounds: readonly Round[]): Decision {
  const [only] = pool;
  if (pool.length === 1 && only !== undefined) return { id: only, confidence: 'exact' };
  const exact = pool.filter((id) => isOnlyOneLeft(id, pool, rounds));
  if (exact.length === 1 && exact[0] !== undefined) return { id: exact[0], confidence: 'exact' };
  const leading = pool.filter((id) => hitLead(id, rounds) >= HIT_LEAD);
  if (leading.length === 1 && leading[0] !== undefined) return { id: leading[0], confidence: 'high' };
  return undefined;
}

/** The likeliest first: by hits, then by uses since a probe, then by the latest use. */
export function rank(pool: readonly number[], rounds: readonly Round[], lastUses: LastUses): number[] {
  const hits = (id: number) => rounds.filter((round) => round.hit.includes(id)).length;
  const uses = (id: number) => rounds.filter((round) => round.used.includes(id)).length;
  const latest = (id: number) => lastUses.get(id) ?? 0;
  return [...pool].sort((a, b) => hits(b) - hits(a) || uses(b) - uses(a) || latest(b) - latest(a) || a - b);
}

/** Used after every probe, and each other record ruled out. */
function isOnlyOneLeft(id: number, pool: readonly number[], rounds: readonly Round[]): boolean {
  if (rounds.length === 0 || !rounds.every((round) => round.used.includes(id))) return false;
  return pool.every((other) => other === id || isRuledOut(other, id, rounds));
}

/**
 * One round without use rules a record out when the other one shows the probe itself, so that the flush cannot have
 * been lost; else it takes two.
 */
function isRuledOut(id: number, inFavourOf: number, rounds: readonly Round[]): boolean {
  const unused = rounds.filter((round) => !round.used.includes(id));
  return unused.length >= 2 || unused.some((round) => round.hit.includes(inFavourOf));
}

function hitLead(id: number, rounds: readonly Round[]): number {
  const hits = rounds.filter((round) => round.hit.includes(id)).length;
  return hits - (rounds.length - hits);
}
