/** Checks that a ledger gives out what it may, and no less. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Claim, ClaimOptions, ClaimResult } from '../../../src/ledger/claim.ts';
import type { Phase } from '../../../src/ledger/entry.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { command, type Side } from './lockstep.ts';
import { type LedgerModel, type ModelEntry, PHASES } from './model.ts';
import { HOUR_MS } from './model-clock.ts';
import type { ModelLane } from './model-lanes.ts';
import { provider } from './values.ts';

/** What goes on at once, what else has its time, and what takes turns. */
const SOURCES = 2 + PHASES.length;

const options = fc.record({
  limit: fc.integer({ min: 1, max: 4 }),
  leaseMs: fc.constantFrom(1, 60_000),
  maxPerHour: fc.constantFrom(0, 0, 0, 0, 1, 2, 5, 30),
});

export const claim = command(
  'claim',
  fc.record({ provider, options }),
  async (side, { provider, options }) => {
    const { ledger, model } = side;
    const result = await ledger.claim(provider, { ...options, now: model.now });
    await takeOver(side, provider, options, result);
    const lane = model.lanes.state(provider);
    expect(result.lane).toEqual(lane);
    return { chosen: result.claims.map(({ id }) => id), said: lane };
  },
);

async function takeOver(
  { ledger, model, claims: known }: Side,
  provider: string,
  options: Omit<ClaimOptions, 'now'>,
  { claims, nextAt }: ClaimResult,
): Promise<void> {
  const lane = model.lanes.get(provider);
  lane.valveMax = options.maxPerHour;
  const isProbed = lane.streak > 0 && lane.probeUntil <= model.now + options.leaseMs;
  const opensAt = Math.max(lane.pausedUntil, isProbed ? lane.probeUntil : 0);
  if (lane.parked || opensAt > model.now) {
    expect(claims).toEqual([]);
  } else {
    model.lanes.dropOldRevoked(lane);
    model.joinTurns(provider);
    takeRightOnes(model, lane, options, claims);
    await putAside(ledger, model, lane);
    known.push(...claims);
  }
  expectNextAt(model, lane, nextAt);
}

function takeRightOnes(
  model: LedgerModel,
  lane: ModelLane,
  options: Omit<ClaimOptions, 'now'>,
  claims: readonly Claim[],
): void {
  const probing = lane.streak > 0;
  expect(claims.length).toBeLessThanOrEqual(probing ? Math.min(1, options.limit) : options.limit);
  for (const claim of claims) {
    const allowed = nextOnes(model, lane);
    expect(allowed?.entries.map(({ id }) => id)).toContain(claim.id);
    expectSame(model, claim);
    lane.nextSource = (Number(allowed?.source) + 1) % SOURCES;
    model.claimed(claim, lane, options);
  }
  if (claims.length < options.limit && !(probing && claims.length > 0)) {
    expect(nextOnes(model, lane)).toBeUndefined();
  }
}

/** Those of which any may be handed out next: several only where their times are the same. */
function nextOnes(
  model: LedgerModel,
  lane: ModelLane,
): { readonly source: number; readonly entries: readonly ModelEntry[] } | undefined {
  for (let step = 0; step < SOURCES; step += 1) {
    const source = (lane.nextSource + step) % SOURCES;
    const phase = PHASES[source - 2];
    const entries = phase ? nextFresh(model, lane, phase) : nextTimed(model, lane, source === 0);
    if (entries.length > 0) return { source, entries };
  }
  return undefined;
}

function nextTimed(model: LedgerModel, lane: ModelLane, isAhead: boolean): readonly ModelEntry[] {
  const due = model
    .due(lane.provider)
    .filter((entry) => model.isAhead(entry) === isAhead && !isStopped(model, lane, entry));
  const first = Math.min(...timesOf(due));
  return due
    .filter(({ dueAt }) => dueAt === first)
    .filter(({ behind }, _, same) => !same.some((each) => behind.get(each) === each.turn));
}

function nextFresh(model: LedgerModel, lane: ModelLane, phase: Phase): readonly ModelEntry[] {
  const first = model.fresh(lane.provider, phase).first((entry) => isStopped(model, lane, entry));
  return first ? [first] : [];
}

/** Whether the safety valve keeps it back. */
function isStopped(model: LedgerModel, { provider, valveMax }: ModelLane, entry: ModelEntry): boolean {
  if (!isRevoke(entry)) return false;
  return model.isFull(provider, valveMax) || model.isFull(provider, valveMax, entry.share);
}

/** A ledger may have put off what is due and has to wait for its share. */
async function putAside(ledger: Ledger, model: LedgerModel, lane: ModelLane): Promise<void> {
  const { provider, valveMax } = lane;
  for (const entry of model.due(provider)) {
    const dueAt = (await ledger.get(entry.id))?.dueAt ?? null;
    if (dueAt === entry.dueAt) continue;
    expect([isRevoke(entry), model.isFull(provider, valveMax, entry.share)]).toEqual([true, true]);
    expect(dueAt).toBeGreaterThan(model.now);
    expect(dueAt).toBeLessThanOrEqual(model.now + HOUR_MS);
    entry.dueAt = dueAt;
  }
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
  const times = [...model.entries.values()]
    .filter((entry) => entry.provider === provider && entry.dueAt !== null)
    .map((entry) => Math.max(Number(entry.dueAt), opensFor(model, provider, valveMax, entry)));
  if (lane.parked) expect(nextAt).toBeUndefined();
  if (lane.parked || times.length === 0) return;
  const latest = Math.max(Math.min(...times), lane.pausedUntil, lane.probeUntil, model.now);
  expect(nextAt).toBeDefined();
  expect(nextAt).toBeLessThanOrEqual(latest);
}

/** When the safety valve may let it through; 0 where it is open for it. */
function opensFor(model: LedgerModel, provider: string, max: number, entry: ModelEntry): number {
  if (!isRevoke(entry)) return 0;
  if (model.isFull(provider, max)) return model.opensAt(provider, max);
  const { share } = entry;
  return share !== null && model.isFull(provider, max, share) ? model.opensAt(provider, max, share) : 0;
}
