/** Checks that a ledger gives out what it may, and no less. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Claim, ClaimOptions, ClaimResult } from '../../../src/ledger/ledger.ts';
import { command, type Side } from './lockstep.ts';
import type { LedgerModel, ModelEntry } from './model.ts';
import type { ModelLane } from './model-lanes.ts';
import { provider } from './values.ts';

const options = fc.record({
  limit: fc.integer({ min: 1, max: 4 }),
  leaseMs: fc.constantFrom(1, 60_000),
  maxPerHour: fc.constantFrom(0, 0, 0, 0, 1, 2, 5),
});

export const claim = command(
  'claim',
  fc.record({ provider, options }),
  async (side, { provider, options }) => {
    const { ledger, model } = side;
    const result = await ledger.claim(provider, { ...options, now: model.now });
    takeOver(side, provider, options, result);
    const lane = model.lanes.state(provider);
    expect(result.lane).toEqual(lane);
    return { chosen: result.claims.map(({ id }) => id), said: lane };
  },
);

function takeOver(
  { model, claims: known }: Side,
  provider: string,
  options: Omit<ClaimOptions, 'now'>,
  { claims, lane: shown, nextAt }: ClaimResult,
): void {
  const lane = model.lanes.get(provider);
  const opensAt = Math.max(lane.pausedUntil, lane.streak > 0 ? lane.probeUntil : 0);
  if (lane.parked || opensAt > model.now) {
    expect(claims).toEqual([]);
  } else {
    model.lanes.endHour(lane);
    expectRightOnes(model, lane, options, claims, shown.parked);
    model.claimed(claims, lane, options);
    known.push(...claims);
    if (shown.parked) model.lanes.park(provider, 'safety-valve');
  }
  expectNextAt(model, lane, nextAt);
}

function expectRightOnes(
  model: LedgerModel,
  lane: ModelLane,
  { limit, maxPerHour }: Pick<ClaimOptions, 'limit' | 'maxPerHour'>,
  claims: readonly Claim[],
  parks: boolean,
): void {
  const due = model.due(lane.provider);
  const taken = claims.map(({ id }) => model.known(id));
  const left = due.filter((entry) => !taken.includes(entry));
  const times = taken.map(({ dueAt }) => Number(dueAt));
  expect(due).toEqual(expect.arrayContaining(taken));
  expect(new Set(taken).size).toBe(taken.length);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  for (const entry of left) expect(Number(entry.dueAt)).toBeGreaterThanOrEqual(Math.max(...times, 0));
  for (const [index, entry] of taken.entries()) {
    const later = [...taken.slice(index + 1), ...left];
    expect(later.filter((each) => entry.behind.get(each) === each.turn)).toEqual([]);
  }
  for (const each of claims) expectSame(model, each);

  const most = Math.min(due.length, limit, lane.streak > 0 ? 1 : Number.POSITIVE_INFINITY);
  const isNew = ({ begun }: ModelEntry) => !begun;
  const begun = lane.begun + taken.filter(isNew).length;
  const max = maxPerHour || Number.POSITIVE_INFINITY;
  if (taken.some(isNew)) expect(begun).toBeLessThanOrEqual(max);
  if (!parks) {
    expect(taken.length).toBe(most);
    return;
  }
  // The valve closes only when one more, of those that are due next, would have to begin.
  const next = left.filter(({ dueAt }) => dueAt === left[0]?.dueAt);
  expect([taken.length < most, begun >= max, next.some(isNew)]).toEqual([true, true, true]);
}

function expectSame(model: LedgerModel, { lease, ...claim }: Claim): void {
  const entry = model.known(claim.id);
  const { progress, id, provider, kind, sealed, note, approved, approvedUnproven, state, firstReportedAt } =
    entry;
  expect(lease).not.toBe('');
  expect(claim).toEqual({
    ...{ ...progress, id, provider, kind, sealed, note, approved, approvedUnproven },
    ...{ state, firstReportedAt },
  });
}

/** Nothing may be overlooked: looking too early is allowed, so that the ledgers differ in it; looking too late is not. */
function expectNextAt(model: LedgerModel, lane: ModelLane, nextAt: number | undefined): void {
  const times = [...model.entries.values()]
    .filter((entry) => entry.provider === lane.provider)
    .flatMap(({ dueAt }) => dueAt ?? []);
  if (lane.parked) expect(nextAt).toBeUndefined();
  if (lane.parked || times.length === 0) return;
  const latest = Math.max(Math.min(...times), lane.pausedUntil, lane.probeUntil, model.now);
  expect(nextAt).toBeDefined();
  expect(nextAt).toBeLessThanOrEqual(latest);
}
