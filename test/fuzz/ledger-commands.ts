/** Everything that can be done to a ledger, each held against the model. Where the port leaves a choice, any will do. */
import fc from 'fast-check';
import { expect } from 'vitest';
import {
  ALL_LANES,
  type Claim,
  type ClaimOptions,
  type ClaimResult,
  type Entry,
  type Ledger,
  type Progress,
  type Report,
  STATES,
} from '../../src/ledger/ledger.ts';
import type { Outcome } from '../../src/outcome.ts';
import { HOUR_MS, LedgerModel, type ModelLane } from './ledger-model.ts';

/** One ledger, and what it should be like. */
export interface Bench {
  readonly ledger: Ledger;
  readonly model: LedgerModel;
  /** All that were ever given out, most of them over. */
  readonly claims: Claim[];
  readonly batches: Batch[];
}

interface Batch {
  readonly channel: string;
  readonly lease: string;
  readonly numbers: readonly number[];
  readonly seqs: readonly string[];
}

export function benchOf(ledger: Ledger): Bench {
  return { ledger, model: new LedgerModel(), claims: [], batches: [] };
}

type Command = fc.AsyncCommand<object, Bench>;

/** @param act does it to both, and compares what they say */
function command<Args>(
  name: string,
  args: fc.Arbitrary<Args>,
  act: (bench: Bench, args: Args) => Promise<void>,
): fc.Arbitrary<Command> {
  return args.map((given) => ({
    check: () => true,
    run: (_, bench) => act(bench, given),
    toString: () => `${name}(${JSON.stringify(given)})`,
  }));
}

const PROVIDERS = ['one', 'two'];
const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const CHANNELS = ['mail', 'chat'];
const TYPES = ['rule', 'other "rule"', 'règle ☃'];
const RESTARTS = ['would-revoke', 'unrecognised'];

const providerOf = (id: string): string => (id < 'd' ? 'one' : 'two');
const provider = fc.constantFrom(...PROVIDERS);
const id = fc.constantFrom(...IDS);
const outcome = fc.constantFrom<Outcome>(
  { kind: 'revoked', verified: true },
  { kind: 'revoked', verified: false },
  { kind: 'already-inactive', verified: true },
  { kind: 'would-revoke', verified: false },
  { kind: 'accepted', verified: false },
  { kind: 'refused', verified: false, reason: 'unrecognised', advice: 'Look at "it" ☃.' },
  {
    kind: 'exhausted',
    verified: false,
    reason: 'upstream-error',
    evidence: { tries: 3, places: [{ at: null }] },
  },
);
const progress: fc.Arbitrary<Progress> = fc.record({
  phase: fc.constantFrom('revoke', 'verify', 'recheck'),
  attempts: fc.nat({ max: 9 }),
  verifications: fc.nat({ max: 9 }),
  deferrals: fc.nat({ max: 9 }),
});
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const sooner = fc.constantFrom(0, 1, 5_000, HOUR_MS, 5 * HOUR_MS);
const initial: fc.Arbitrary<Report['initial']> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ state: 'queued' as const }) },
  fc.constant({ state: 'held' as const }),
  outcome.map((each) => ({ state: 'attention' as const, outcome: each })),
);
const report = fc
  .record({
    ...{ id, initial, type: fc.constantFrom(...TYPES), kind: fc.constantFrom('key', 'header') },
    location: fc.constantFrom('', 'here', 'there "☃"', 'there "☃" \u2028'),
    sealed: fc.constantFrom('sealed', 'sealed anew'),
    finding: maybe(fc.constantFrom('', 'https://git.test 1', 'https://git.test 2')),
    restarts: fc.subarray(RESTARTS),
    recheckAge: maybe(sooner),
  })
  .map((each) => ({ ...each, provider: providerOf(each.id) }));

const claimOptions = fc.record({
  limit: fc.integer({ min: 1, max: 4 }),
  leaseMs: fc.constantFrom(1, 60_000),
  maxPerHour: fc.constantFrom(0, 0, 1, 2, 5),
});
const which = fc.nat({ max: 30 });
/** Mostly one of the newest: an older one is over by then. */
function pick<T>(list: readonly T[], index: number): T | undefined {
  return list.at(-1 - (index % Math.max(1, list.length)));
}

const accept = command(
  'accept',
  fc.record({ reports: fc.array(report, { maxLength: 4 }), backlog: fc.constantFrom(1_000, 1_000, 2) }),
  async ({ ledger, model }, { reports, backlog }) => {
    const { now } = model;
    const sent = reports.map(
      ({ recheckAge, finding, ...each }): Report => ({
        ...each,
        ...(finding !== undefined && { finding }),
        ...(recheckAge !== undefined && { recheckEndedBefore: now - recheckAge }),
      }),
    );
    const expected = model.accept(sent, { backlog });
    const result = await ledger.accept(sent, { now, backlog }).catch((error: unknown) => error);
    if (expected) expect(result).toEqual(expected);
    else expect(result).toMatchObject({ name: 'LedgerError', code: 'backlog-full' });
  },
);

const claim = command('claim', fc.tuple(provider, claimOptions), async (bench, [provider, options]) => {
  const { ledger, model } = bench;
  const result = await ledger.claim(provider, { ...options, now: model.now });
  takeOver(bench, provider, options, result);
  expect(result.lane).toEqual(model.laneState(provider));
});

/** Checks that the ledger gave out what it may, and no less; then the model has given it out, too. */
function takeOver(
  { model, claims: known }: Bench,
  provider: string,
  options: Omit<ClaimOptions, 'now'>,
  { claims, lane: shown, nextAt }: ClaimResult,
): void {
  const { now } = model;
  const lane = model.lane(provider);
  if (lane.parked) {
    expect([claims, nextAt]).toEqual([[], undefined]);
    return;
  }
  const opensAt = Math.max(lane.pausedUntil, lane.streak > 0 ? lane.probeUntil : 0);
  if (opensAt > now) {
    expect(claims).toEqual([]);
    expectNextAt(model, lane, nextAt);
    return;
  }
  model.endHour(lane);
  const due = model.due(provider);
  const most = Math.min(due.length, options.limit, lane.streak > 0 ? 1 : Number.POSITIVE_INFINITY);
  const taken = claims.map(({ id }) => model.known(id));
  const left = due.filter((entry) => !taken.includes(entry));
  const times = taken.map(({ dueAt }) => Number(dueAt));
  expect(due).toEqual(expect.arrayContaining(taken));
  expect(new Set(taken).size).toBe(taken.length);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  for (const entry of left) expect(Number(entry.dueAt)).toBeGreaterThanOrEqual(Math.max(0, ...times));
  for (const each of claims) expectSame(model, each);

  const begun = lane.begun + taken.filter((entry) => !entry.begun).length;
  const max = options.maxPerHour || Number.POSITIVE_INFINITY;
  if (shown.parked) {
    const next = left.filter(({ dueAt }) => dueAt === left[0]?.dueAt);
    expect([taken.length < most, begun >= max, next.some((entry) => !entry.begun)]).toEqual([
      true,
      true,
      true,
    ]);
  } else {
    expect(taken.length).toBe(most);
  }
  if (taken.some((entry) => !entry.begun)) expect(begun).toBeLessThanOrEqual(max);
  model.claimed(claims, lane, options);
  known.push(...claims);
  if (shown.parked) model.parkByValve(lane);
  expectNextAt(model, lane, nextAt);
}

function expectSame(model: LedgerModel, { lease, ...claim }: Claim): void {
  const { progress, id, provider, kind, sealed, note, approved, state, firstReportedAt } = model.known(
    claim.id,
  );
  expect(lease).not.toBe('');
  expect(claim).toEqual({ ...progress, id, provider, kind, sealed, note, approved, state, firstReportedAt });
}

/** Nothing may be overlooked: looking too early is allowed, looking too late is not. */
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

const settle = command(
  'settle',
  fc.record({
    ...{ which, outcome, progress, note: maybe(fc.constantFrom('note', 'another')) },
    state: fc.constantFrom('done', 'done', 'attention', 'held'),
    again: maybe(sooner),
    announce: maybe(fc.constantFrom('done', 'attention', 'alive-again')),
    asBefore: fc.boolean(),
  }),
  async ({ ledger, model, claims }, { which, outcome, again, asBefore, note, announce, ...rest }) => {
    const claim = pick(claims, which);
    if (!claim) return;
    const { now } = model;
    const entry = model.holder(claim);
    const keepsOutcome = rest.state === 'held' || (rest.state === 'done' && asBefore && entry?.outcome);
    const settlement = {
      ...{ ...rest, now, events: [{ at: now, event: 'settled' }] },
      ...(!keepsOutcome && { outcome }),
      ...(again !== undefined && rest.state === 'attention' && { dueAt: now + again }),
      ...(note !== undefined && { note }),
      ...(announce && { announce }),
    };
    if (entry) model.settle(entry, settlement);
    expect(await ledger.settle(claim, settlement)).toBe(entry !== undefined);
  },
);

const putOff = command(
  'putOff',
  fc.record({ which, progress, later: sooner, note: maybe(fc.constant('put off')), announce: fc.boolean() }),
  async ({ ledger, model, claims }, { which, progress, later, note, announce }) => {
    const claim = pick(claims, which);
    if (!claim) return;
    const { now } = model;
    const postponement = {
      ...{ now, progress, dueAt: now + later, events: [{ at: now, event: 'attempted', dueAt: now + later }] },
      ...(note !== undefined && { note }),
      ...(announce && { announce: 'alive-again' as const }),
    };
    const entry = model.holder(claim);
    if (entry) model.putOff(entry, postponement);
    expect(await ledger.putOff(claim, postponement)).toBe(entry !== undefined);
  },
);

const release = command('release', which, async ({ ledger, model, claims }, which) => {
  const claim = pick(claims, which);
  if (!claim) return;
  const entry = model.holder(claim);
  if (entry) model.release(entry);
  expect(await ledger.release(claim, model.now)).toBe(entry !== undefined);
});

const requeue = command(
  'requeue',
  fc.record({ id, approve: fc.boolean() }),
  async ({ ledger, model }, { id, approve }) => {
    const options = { now: model.now, approve, event: { at: model.now, event: 'requeued', by: 'ada' } };
    expect(await ledger.requeue(id, options)).toBe(model.requeue(id, options));
  },
);

const dismiss = command('dismiss', id, async ({ ledger, model }, id) => {
  const options = { now: model.now, event: { at: model.now, event: 'dismissed', message: 'A "test" ☃.' } };
  expect(await ledger.dismiss(id, options)).toBe(model.dismiss(id, options));
});

/** Of the lane as it is, or as it was. */
const epochsAgo = fc.constantFrom(0, 0, 0, 1);

const pauseLane = command(
  'pauseLane',
  fc.record({ provider, epochsAgo, forMs: sooner, reason: fc.constantFrom('throttled', 'timeout') }),
  async ({ ledger, model }, { provider, epochsAgo, forMs, reason }) => {
    const { now } = model;
    const pause = { epoch: model.lane(provider).epoch - epochsAgo, until: now + forMs, reason, now };
    model.pauseLane(provider, pause);
    expect(await ledger.pauseLane(provider, pause)).toEqual(model.laneState(provider));
  },
);

const laneHealthy = command(
  'laneHealthy',
  fc.tuple(provider, epochsAgo),
  async ({ ledger, model }, [provider, ago]) => {
    const epoch = model.lane(provider).epoch - ago;
    model.laneHealthy(provider, epoch);
    await ledger.laneHealthy(provider, epoch);
  },
);

const parkLane = command('parkLane', provider, async ({ ledger, model }, provider) => {
  model.parkLane(provider, 'operator');
  await ledger.parkLane(provider, 'operator', model.now);
});

const resumeLane = command('resumeLane', provider, async ({ ledger, model }, provider) => {
  model.resumeLane(provider);
  await ledger.resumeLane(provider, model.now);
});

const setMode = command(
  'setMode',
  fc.tuple(fc.constantFrom(...PROVIDERS, ALL_LANES), fc.constantFrom('revoke', 'hold', 'dry-run', null)),
  async ({ ledger, model }, [provider, mode]) => {
    if (mode === null) model.modes.delete(provider);
    else model.modes.set(provider, mode);
    await ledger.setMode(provider, mode);
    expect(await ledger.modes()).toEqual(Object.fromEntries(model.modes));
  },
);

const setChannels = command('setChannels', fc.subarray(CHANNELS), async ({ ledger, model }, names) => {
  model.setChannels(names);
  await ledger.setChannels(names);
});

const channel = fc.constantFrom(...CHANNELS);

const takeAnnouncements = command(
  'takeAnnouncements',
  fc.record({ channel, limit: fc.integer({ min: 1, max: 5 }), leaseMs: fc.constantFrom(1, 60_000) }),
  async ({ ledger, model, batches }, { channel, ...options }) => {
    const expected = model.undelivered(channel, options.limit);
    const batch = await ledger.takeAnnouncements(channel, { ...options, now: model.now });
    const told = batch?.announcements.map(({ seq, ...each }) => each) ?? [];
    expect(told).toEqual(expected.map(({ number, ...each }) => each));
    if (!batch) return;
    const numbers = expected.map(({ number }) => number);
    const { lease, announcements } = batch;
    batches.push({ channel, lease, numbers, seqs: announcements.map(({ seq }) => seq) });
    Object.assign(model.channels.get(channel) ?? {}, {
      ...{ lease, batchEnd: numbers.at(-1), freeAt: model.now + options.leaseMs },
    });
  },
);

const confirmAnnouncements = command(
  'confirmAnnouncements',
  fc.tuple(which, fc.nat({ max: 4 })),
  async ({ ledger, model, batches }, [which, at]) => {
    const batch = pick(batches, which);
    if (!batch) return;
    const { channel, lease, numbers, seqs } = batch;
    const through = at % numbers.length;
    const expected = model.confirm(channel, lease, numbers[through] ?? 0);
    expect(await ledger.confirmAnnouncements(channel, lease, seqs[through] ?? '')).toBe(expected);
  },
);

const putOffAnnouncements = command(
  'putOffAnnouncements',
  fc.tuple(which, sooner),
  async ({ ledger, model, batches }, [which, later]) => {
    const batch = pick(batches, which);
    if (!batch) return;
    const { channel, lease } = batch;
    const until = model.now + later;
    const expected = model.putOffChannel(channel, lease, until);
    expect(await ledger.putOffAnnouncements(channel, lease, until)).toBe(expected);
  },
);

const purge = command(
  'purge',
  fc.record({ age: sooner, limit: fc.integer({ min: 1, max: 3 }) }),
  async ({ ledger, model }, { age, limit }) => {
    const { now } = model;
    const due = model.ended(now - age);
    model.dropOldHours();
    const purged = await ledger.purge({ now, endedBefore: now - age, limit });
    expect(purged).toBe(Math.min(due.length, limit));
    // Of those that ended at one time, either may be the last one to go.
    const last = due[purged - 1]?.endedAt;
    for (const { id, endedAt } of due) {
      const isGone = (await ledger.get(id)) === undefined;
      if (endedAt !== last) expect([id, isGone]).toEqual([id, Number(endedAt) < Number(last)]);
      if (isGone) model.entries.delete(id);
    }
    expect(model.ended(now - age)).toHaveLength(due.length - purged);
  },
);

const wait = command(
  'wait',
  fc.constantFrom(1, 1_000, 60_000, 10 * 60_000, HOUR_MS, 26 * HOUR_MS),
  async ({ model }, ms) => {
    model.now += ms;
  },
);

const list = command(
  'list',
  fc.record({
    ...{
      provider: maybe(provider),
      state: maybe(fc.constantFrom(...STATES)),
      type: maybe(fc.constantFrom(...TYPES)),
    },
    limit: fc.integer({ min: 1, max: 4 }),
    age: maybe(sooner),
  }),
  async ({ ledger, model }, { provider, state, type, limit, age }) => {
    const filter = {
      ...(provider && { provider }),
      ...(state && { state }),
      ...(type && { type }),
      ...(age !== undefined && { since: model.now - age }),
    };
    const found: Entry[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await ledger.list({ ...filter, limit, ...(cursor && { cursor }) });
      expect(page.entries.length).toBeLessThanOrEqual(limit);
      found.push(...page.entries);
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
    expect(found.map(({ id }) => id)).toEqual(model.list(filter));
    for (const entry of found) expect(model.details(entry.id)).toMatchObject(entry);
  },
);

/** Everything that can be read. */
export async function expectAllSame({ ledger, model }: Bench): Promise<void> {
  for (const id of IDS) expect(await ledger.get(id)).toEqual(model.details(id));
  const counts = [...Map.groupBy(model.entries.values(), ({ provider, state }) => `${provider} ${state}`)];
  const shown = (await ledger.count()).map(({ provider, state, entries }) => [
    `${provider} ${state}`,
    entries,
  ]);
  expect(shown.toSorted()).toEqual(counts.map(([name, entries]) => [name, entries.length]).toSorted());
  const oldest = Math.min(...model.queued().map(({ firstReportedAt }) => firstReportedAt));
  expect((await ledger.oldestQueuedAt()) ?? Number.POSITIVE_INFINITY).toBe(oldest);
  expect(await ledger.hours(0)).toEqual(model.hoursSince(0));
  expect(await ledger.modes()).toEqual(Object.fromEntries(model.modes));
  const lanes = new Map((await ledger.lanes()).map((lane) => [lane.provider, lane]));
  for (const lane of lanes.values()) expect(lane).toEqual(model.laneState(lane.provider));
  // One to which nothing has happened may be left out.
  for (const { provider, epoch } of model.lanes.values())
    expect([provider, epoch === 0 || lanes.has(provider)]).toEqual([provider, true]);
}

const lookAtAll = command('lookAtAll', fc.constant(null), expectAllSame);

/** The likelier ones stand there several times. */
export const ledgerCommands: readonly fc.Arbitrary<Command>[] = [
  ...[accept, accept, accept, claim, claim, claim, claim, settle, settle, putOff, release, requeue, dismiss],
  ...[pauseLane, pauseLane, laneHealthy, parkLane, resumeLane, resumeLane, setMode, setChannels],
  ...[takeAnnouncements, takeAnnouncements, confirmAnnouncements, confirmAnnouncements, putOffAnnouncements],
  ...[purge, wait, wait, wait, list, lookAtAll],
];
