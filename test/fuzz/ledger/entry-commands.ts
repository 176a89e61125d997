/** What is done to entries, but for claiming. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { AT_ONCE_AHEAD_MS, type Settlement } from '../../../src/ledger/claim.ts';
import { MAX_EVENTS, MAX_FINDINGS, MAX_LOCATIONS } from '../../../src/ledger/entry.ts';
import type { ReportedToken } from '../../../src/ledger/report.ts';
import type { Outcome } from '../../../src/words/outcome.ts';
import { command, maybe, pick, type Side, which } from './lockstep.ts';
import { id, outcome, progress, providerOf, share, span, TYPES } from './values.ts';

const UNPROVEN: Outcome = { kind: 'held', verified: false, reason: 'unproven', advice: 'Look at "it" ☃.' };
/** What entries wait for that a person has to mend. */
const WAITING = ['credential-refused', 'misconfigured'];
const RESTARTS = ['would-revoke', 'unrecognised'];

const initial: fc.Arbitrary<ReportedToken['initial']> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ state: 'queued' as const }) },
  fc.constant({ state: 'held' as const }),
  fc.constant({ state: 'held' as const, outcome: UNPROVEN }),
  outcome.map((each) => ({ state: 'attention' as const, outcome: each })),
);

const IN_PROJECTS = ['a/1', 'b/1'].map((project) => `https://git.test/${project}/-/raw/0abc123/file "☃"#L1`);

const report = fc
  .record({
    ...{ id, initial, type: fc.constantFrom(...TYPES), kind: fc.constantFrom('key', 'header') },
    location: fc.constantFrom('', 'here', 'there "☃" \u2028', ...IN_PROJECTS),
    readable: fc.boolean(),
    sealed: fc.constantFrom('sealed', 'sealed anew'),
    finding: maybe(fc.constantFrom('', 'https://git.test 1', 'https://git.test 2')),
    restarts: fc.subarray(RESTARTS),
    restartsAtNewPlace: maybe(fc.subarray(RESTARTS)),
    share: maybe(share),
    recheckAge: maybe(span),
  })
  .map((each) => ({ ...each, provider: providerOf(each.id) }));

const reports = fc.array(report, { maxLength: 8, size: 'max' });

type DrawnReport = typeof report extends fc.Arbitrary<infer Value> ? Value : never;

function sentAt(
  now: number,
  { recheckAge, finding, restartsAtNewPlace, share, ...each }: DrawnReport,
): ReportedToken {
  return {
    ...each,
    ...(share && { share }),
    ...(finding !== undefined && { finding }),
    ...(restartsAtNewPlace && { restartsAtNewPlace }),
    ...(recheckAge !== undefined && { recheckEndedBefore: now - recheckAge }),
  };
}

export const accept = command(
  'accept',
  fc.record({ reports, backlog: fc.constantFrom(1_000, 1_000, 30, 2) }),
  (side, { reports, backlog }) =>
    acceptAll(
      side,
      reports.map((each) => sentAt(side.model.now, each)),
      backlog,
    ),
);

export const repeat = command('repeat', reports, async ({ ledger, model }, drawn) => {
  const { now } = model;
  const sent = drawn.map((each) => sentAt(now, each));
  const expected = sent.map((each) => model.repeat(each));
  expect(await ledger.repeat(sent, { now })).toEqual(expected);
  return {};
});

/** As many places and findings of one entry as are kept, and more. */
export const acceptMany = command(
  'acceptMany',
  fc.record({
    id,
    from: fc.nat({ max: 20 }),
    count: fc.nat({ max: Math.max(MAX_LOCATIONS, MAX_FINDINGS) + 5 }),
  }),
  (side, { id, from, count }) => {
    const reports = Array.from({ length: count }, (_, index): ReportedToken => {
      const place = `place ${from + index}`;
      const named = { location: place, finding: `finding ${place}` };
      const rest = { readable: index % 2 === 0, kind: 'key', type: 'rule', sealed: 'sealed', restarts: [] };
      return { id, provider: providerOf(id), initial: { state: 'queued' }, ...named, ...rest };
    });
    return acceptAll(side, reports, 1_000);
  },
);

async function acceptAll({ ledger, model, woken }: Side, reports: readonly ReportedToken[], backlog: number) {
  const { now } = model;
  const dueBefore = reports.map(({ id }) => model.entries.get(id)?.dueAt ?? null);
  const expected = model.accept(reports, { backlog });
  const result = await ledger.accept(reports, { now, backlog }).catch((error: unknown) => error);
  if (!expected) {
    expect(result).toMatchObject({ name: 'LedgerError', code: 'backlog-full' });
    return {};
  }
  expect(result).toEqual(expected);
  const started = reports.filter(({ id }, index) => {
    const { dueAt = null } = model.entries.get(id) ?? {};
    return dueAt === now && dueBefore[index] === null;
  });
  expect([...woken]).toEqual(expect.arrayContaining(started.map(({ provider }) => provider)));
  return {};
}

/** So many that some have to make room, rarely. */
const eventCount = fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.constantFrom(0, 60, MAX_EVENTS + 1));

export const settle = command(
  'settle',
  fc.record({
    ...{ which, outcome, progress, eventCount, note: maybe(fc.constantFrom('note', 'another')) },
    state: fc.constantFrom('done', 'done', 'attention', 'held'),
    again: maybe(span),
    announce: maybe(fc.constantFrom('done', 'attention', 'alive-again')),
    asBefore: fc.boolean(),
  }),
  async (
    { ledger, model, claims },
    { which, outcome, again, asBefore, note, announce, eventCount, ...rest },
  ) => {
    const claim = pick(claims, which);
    if (!claim) return;
    const { now } = model;
    const entry = model.holder(claim);
    const keepsOutcome =
      (rest.state === 'held' && asBefore) || (rest.state === 'done' && asBefore && entry?.outcome);
    const settlement: Settlement = {
      ...{ ...rest, now, events: eventsAt(now, 'settled', eventCount) },
      ...(!keepsOutcome && { outcome }),
      ...(again !== undefined && rest.state === 'attention' && { dueAt: now + again }),
      ...(note !== undefined && { note }),
      ...(announce && { announce }),
    };
    if (entry) model.settle(entry, settlement);
    expect(await ledger.settle(claim, settlement)).toBe(entry !== undefined);
    return { said: entry !== undefined };
  },
);

export const putOff = command(
  'putOff',
  fc.record({
    ...{ which, progress, eventCount, later: fc.oneof(span, fc.constant(-AT_ONCE_AHEAD_MS)) },
    ...{ note: maybe(fc.constant('put off')), announce: fc.boolean(), endsApproval: fc.boolean() },
    waitsFor: maybe(fc.constantFrom(...WAITING)),
  }),
  async ({ ledger, model, claims }, { which, progress, eventCount, later, note, ...rest }) => {
    const claim = pick(claims, which);
    if (!claim) return;
    const { now } = model;
    const postponement = {
      ...{ now, progress, dueAt: now + later, events: eventsAt(now, 'attempted', eventCount) },
      ...(note !== undefined && { note }),
      ...(rest.announce && { announce: 'alive-again' as const }),
      ...(rest.endsApproval && { endsApproval: true as const }),
      ...(rest.waitsFor !== undefined && { waitsFor: rest.waitsFor }),
    };
    const entry = model.holder(claim);
    if (entry) model.putOff(entry, postponement);
    expect(await ledger.putOff(claim, postponement)).toBe(entry !== undefined);
    return { said: entry !== undefined };
  },
);

export const endWaits = command(
  'endWaits',
  fc.record({
    ...{ id, waitsFor: fc.subarray(WAITING), limit: maybe(fc.integer({ min: 1, max: 3 })) },
    isShown: fc.boolean(),
  }),
  async ({ ledger, model }, { id, waitsFor, limit, isShown }) => {
    const provider = providerOf(id);
    const options = {
      ...{ now: model.now, waitsFor },
      ...(limit !== undefined && { limit }),
      ...(isShown && { shownBy: id }),
    };
    const expected = model.endWaits(provider, options);
    expect(await ledger.endWaits(provider, options)).toBe(expected);
    return { said: expected };
  },
);

function eventsAt(at: number, event: string, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    at,
    event,
    message: `"${index}" ☃`,
    dueAt: at + index,
  }));
}

export const renew = command(
  'renew',
  fc.record({ which, count: fc.nat({ max: 3 }), forMs: fc.constantFrom(1, 60_000, 120_000) }),
  async ({ ledger, model, claims }, { which, count, forMs }) => {
    const chosen = Array.from({ length: count }, (_, index) => pick(claims, which + index));
    const some = [...new Set(chosen.filter((claim) => claim !== undefined))];
    const held = some.flatMap((claim) => model.holder(claim) ?? []);
    for (const entry of held) model.renew(entry, model.now + forMs);
    expect(await ledger.renew(some, model.now + forMs)).toBe(held.length);
    return { said: held.length };
  },
);

export const release = command('release', which, async ({ ledger, model, claims }, which) => {
  const claim = pick(claims, which);
  if (!claim) return;
  const entry = model.holder(claim);
  if (entry) model.release(entry);
  expect(await ledger.release(claim, model.now)).toBe(entry !== undefined);
  return { said: entry !== undefined };
});

export const requeue = command(
  'requeue',
  fc.record({ id, approve: fc.boolean() }),
  async ({ ledger, model, woken }, { id, approve }) => {
    const options = { now: model.now, approve, event: { at: model.now, event: 'requeued', by: 'ada' } };
    const expected = model.requeue(id, options);
    expect(await ledger.requeue(id, options)).toBe(expected);
    if (expected) expect([...woken]).toContain(providerOf(id));
    return { said: expected };
  },
);

export const review = command(
  'review',
  fc.record({ id, from: fc.constantFrom('done' as const, 'held' as const), outcome }),
  async ({ ledger, model }, { id, from, outcome }) => {
    const options = { now: model.now, from, outcome, event: { at: model.now, event: 'reviewed', outcome } };
    const expected = model.reopen(id, options);
    expect(await ledger.reopen(id, options)).toBe(expected);
    return { said: expected };
  },
);

export const dismiss = command('dismiss', id, async ({ ledger, model }, id) => {
  const options = { now: model.now, event: { at: model.now, event: 'dismissed', message: 'A "test" ☃.' } };
  const expected = model.dismiss(id, options);
  expect(await ledger.dismiss(id, options)).toBe(expected);
  return { said: expected };
});

export const purge = command(
  'purge',
  fc.record({ age: fc.oneof(fc.constant(0), span), limit: fc.integer({ min: 1, max: 3 }) }),
  async ({ ledger, model }, { age, limit }) => {
    const { now } = model;
    const due = model.ended(now - age);
    model.hours.dropOld();
    const purged = await ledger.purge({ now, endedBefore: now - age, limit });
    expect(purged).toBe(Math.min(due.length, limit));
    const gone: string[] = [];
    for (const { id } of due) {
      const isGone = (await ledger.get(id)) === undefined;
      if (isGone) gone.push(id);
      if (isGone && model.entries.get(id)?.state === 'attention') model.hours.countReopened(-1);
      if (isGone) model.forget(id);
    }
    expect(gone).toHaveLength(purged);
    return { chosen: gone };
  },
);
