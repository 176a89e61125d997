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
  { claims, nextAt }: ClaimResult,
): void {
  const lane = model.lanes.get(provider);
  lane.valveMax = options.maxPerHour;
  const opensAt = Math.max(lane.pausedUntil, lane.streak > 0 ? lane.probeUntil : 0);
  if (lane.parked || opensAt > model.now) {
    expect(claims).toEqual([]);
  } else {
    expectRightOnes(model, lane, options, claims);
    model.claimed(claims, lane, options);
    known.push(...claims);
  }
  expectNextAt(model, lane, nextAt);
}

function expectRightOnes(
  model: LedgerModel,
  lane: ModelLane,
  { limit, maxPerHour }: Pick<ClaimOptions, 'limit' | 'maxPerHour'>,
  claims: readonly Claim[],
): void {
  const due = model.due(lane.provider);
  const room = model.room(lane.provider, maxPerHour);
  const taken = claims.map(({ id }) => model.known(id));
  const revokes = taken.filter(isRevoke);
  const waitsForValve = (entry: ModelEntry) => isRevoke(entry) && revokes.length === room;
  const left = due.filter((entry) => !taken.includes(entry));
  expect(due).toEqual(expect.arrayContaining(taken));
  expect(new Set(taken).size).toBe(taken.length);
  expect(timesOf(taken)).toEqual(timesOf(taken).toSorted((a, b) => a - b));
  for (const entry of left) {
    const before = waitsForValve(entry) ? revokes : taken;
    expect(Number(entry.dueAt)).toBeGreaterThanOrEqual(Math.max(...timesOf(before), 0));
  }
  for (const [index, entry] of taken.entries()) {
    const later = [...taken.slice(index + 1), ...left.filter((each) => !waitsForValve(each))];
    expect(later.filter((each) => entry.behind.get(each) === each.turn)).toEqual([]);
  }
  for (const each of claims) expectSame(model, each);
  const allowed = due.length - Math.max(0, due.filter(isRevoke).length - room);
  expect(taken.length).toBe(Math.min(allowed, limit, lane.streak > 0 ? 1 : Number.POSITIVE_INFINITY));
}

function isRevoke({ progress }: ModelEntry): boolean {
  return progress.phase === 'revoke';
}

function timesOf(entries: readonly ModelEntry[]): number[] {
  return entries.map(({ dueAt }) => Number(dueAt));
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
  const { provider, valveMax } = lane;
  const opensAt =
    model.room(provider, valveMax) > 0
      ? 0
      : (model.lanes.opensAt(provider, valveMax) ?? Math.min(...timesOf(model.inHand(provider))));
  const times = [...model.entries.values()]
    .filter((entry) => entry.provider === provider && entry.dueAt !== null)
    .map((entry) => (isRevoke(entry) ? Math.max(Number(entry.dueAt), opensAt) : Number(entry.dueAt)));
  if (lane.parked) expect(nextAt).toBeUndefined();
  if (lane.parked || times.length === 0) return;
  const latest = Math.max(Math.min(...times), lane.pausedUntil, lane.probeUntil, model.now);
  expect(nextAt).toBeDefined();
  expect(nextAt).toBeLessThanOrEqual(latest);
}
