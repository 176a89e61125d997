/** What can be read of a ledger. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { type Entry, STATES } from '../../../src/ledger/entry.ts';
import type { LaneState } from '../../../src/ledger/lane-state.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { type Hour, sumHours } from '../../../src/ledger/statistics.ts';
import { type Answer, command, maybe, type Page, pick, type Side, which } from './lockstep.ts';
import type { LedgerModel, ModelEntry } from './model.ts';
import { HOUR_MS } from './model-clock.ts';
import { IDS, PROVIDERS, provider, span, TYPES } from './values.ts';

const limit = fc.integer({ min: 1, max: 4 });

export const list = command(
  'list',
  fc.record({
    ...{ provider: maybe(provider), state: maybe(fc.constantFrom(...STATES)), age: maybe(span) },
    ...{ type: maybe(fc.constantFrom(...TYPES)), limit, toTheEnd: fc.boolean() },
    ...{
      outcome: maybe(fc.constantFrom('revoked', 'refused')),
      reason: maybe(fc.constant('upstream-error')),
    },
  }),
  async (side, { provider, state, type, outcome, reason, age, limit, toTheEnd }) => {
    const filter = {
      ...(provider && { provider }),
      ...(state && { state }),
      ...(type && { type }),
      ...(outcome && { outcome }),
      ...(reason && { reason }),
      ...(age !== undefined && { since: side.model.now - age }),
    };
    const newestNumber = side.model.created;
    let page = await readPage(side, { filter, lastNumber: Number.POSITIVE_INFINITY, newestNumber }, limit);
    while (page && toTheEnd) page = await readPage(side, page, limit);
  },
);

/** Goes on after whatever has happened since. */
export const turnPage = command('turnPage', fc.record({ which, limit }), async (side, { which, limit }) => {
  const page = pick(side.pages, which);
  if (page) await readPage(side, page, limit);
});

type Place = Omit<Page, 'cursor'> & Partial<Pick<Page, 'cursor'>>;

/** @returns where the next one begins; undefined behind the last one */
async function readPage(side: Side, place: Place, limit: number): Promise<Page | undefined> {
  const { filter, cursor, lastNumber, newestNumber } = place;
  const page = await side.ledger.list({ ...filter, limit, ...(cursor && { cursor }) });
  expect(page.entries.length).toBeLessThanOrEqual(limit);
  const shown = page.entries.map((entry) => expectMatch(side.model, filter, entry));
  const numbers = shown.map(({ number }) => number);
  const isDue = ({ number, firstReportedAt }: ModelEntry) =>
    number < lastNumber && number <= newestNumber && firstReportedAt >= (filter.since ?? 0);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => b - a));
  // An entry's place is its turn, not its time, so these two part when the clock is set back: then there may be more.
  if (!side.model.clock.wasSetBack) expect(shown.every(isDue)).toBe(true);
  const isLast = page.cursor === undefined;
  const end = isLast ? 0 : Math.min(lastNumber, ...numbers);
  const due = side.model.list(filter).filter((entry) => isDue(entry) && entry.number >= end);
  expect(shown.filter(isDue)).toEqual(due);
  if (page.cursor === undefined) return undefined;
  const next = { filter, cursor: page.cursor, lastNumber: end, newestNumber };
  side.pages.push(next);
  return next;
}

function expectMatch(model: LedgerModel, filter: Page['filter'], entry: Entry): ModelEntry {
  expect(model.details(entry.id)).toMatchObject(entry);
  const known = model.known(entry.id);
  expect(model.list(filter)).toContain(known);
  return known;
}

export const lookAtAll = command('lookAtAll', fc.constant(null), (side) => expectAllSame(side));

/** Everything that can be read. */
export async function expectAllSame({ ledger, model }: Side): Promise<Answer> {
  const all = {
    details: await Promise.all(IDS.map((id) => ledger.get(id))),
    counts: await countsOf(ledger),
    causes: await causesOf(ledger),
    oldestQueuedAt: await ledger.oldestQueuedAt(),
    hours: await ledger.hours(0),
    lately: await ledger.hours(model.now - HOUR_MS),
    modes: await ledger.modes(),
    lanes: await touchedLanes(ledger, model),
  };
  expect(all).toEqual({
    details: IDS.map((id) => model.details(id)),
    counts: expectedCounts(model),
    causes: expectedCauses(model),
    oldestQueuedAt: model.queued()[0]?.firstReportedAt,
    hours: model.hours.since(0),
    lately: model.hours.since(model.now - HOUR_MS),
    modes: model.lanes.modes(),
    lanes: PROVIDERS.filter((provider) => model.lanes.isTouched(provider)).map((provider) =>
      model.lanes.state(provider),
    ),
  });
  expect(sumOf(await ledger.days(0))).toEqual(sumOf(all.hours));
  return { said: all };
}

/** However they are cut. */
function sumOf(parts: readonly Hour[]): readonly Hour[] {
  return sumHours(
    parts.map(({ created, reopened, ended, delays }) => ({ at: 0, created, reopened, ended, delays })),
  );
}

async function countsOf(ledger: Ledger): Promise<readonly string[]> {
  const counts = await ledger.count();
  return counts.map(({ provider, state, entries }) => `${provider} ${state}: ${entries}`).sort();
}

function expectedCounts(model: LedgerModel): readonly string[] {
  const groups = Map.groupBy(model.entries.values(), ({ provider, state }) => `${provider} ${state}`);
  return [...groups].map(([name, entries]) => `${name}: ${entries.length}`).sort();
}

async function causesOf(ledger: Ledger): Promise<readonly string[]> {
  const causes = await ledger.causes();
  return causes
    .map(
      ({ provider, state, outcome, reason, entries }) =>
        `${provider} ${state} ${outcome} ${reason}: ${entries}`,
    )
    .sort();
}

function expectedCauses(model: LedgerModel): readonly string[] {
  const groups = Map.groupBy(
    [...model.entries.values()].filter(({ outcome }) => outcome !== null),
    ({ provider, state, outcome }) => `${provider} ${state} ${outcome?.kind} ${outcome?.reason ?? ''}`,
  );
  return [...groups].map(([name, entries]) => `${name}: ${entries.length}`).sort();
}

/** One that only has entries, or was asked for claims in vain, may be listed or not: the ledgers differ in it. */
async function touchedLanes(ledger: Ledger, model: LedgerModel): Promise<readonly LaneState[]> {
  const lanes = (await ledger.lanes(model.now)).toSorted((a, b) => (a.provider < b.provider ? -1 : 1));
  const isTouched = ({ provider }: LaneState) => model.lanes.isTouched(provider);
  for (const lane of lanes) expect(lane).toEqual(model.lanes.state(lane.provider));
  return lanes.filter(isTouched);
}
