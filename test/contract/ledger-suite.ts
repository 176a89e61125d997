import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Claim,
  type ClaimOptions,
  type HistoryEvent,
  type Ledger,
  type ListOptions,
  MAX_EVENTS,
  MAX_LOCATIONS,
  NO_PROGRESS,
  type Progress,
  type Report,
} from '../../src/ledger/ledger.ts';
import type { Outcome } from '../../src/outcome.ts';

export interface OpenLedger {
  readonly ledger: Ledger;
  /** Closes the ledger and opens its storage again, with another key check than the first one where one is given. */
  reopen(keyCheck?: string): Promise<Ledger>;
  /** Closes what is open and removes the storage. */
  close(): Promise<void>;
}

const T0 = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
const LEASE_MS = 60_000;
const PROVIDER = 'acme';
const REVOKED: Outcome = { kind: 'revoked', verified: true };
const WOULD_REVOKE: Outcome = { kind: 'would-revoke', verified: false };
const UNRECOGNISED: Outcome = { kind: 'refused', verified: false, reason: 'unrecognised', advice: 'Look.' };
const EXHAUSTED: Outcome = { kind: 'exhausted', verified: false, reason: 'upstream-error' };
const RESTARTS = ['would-revoke', 'unrecognised'];
const PROGRESS: Progress = { phase: 'verify', attempts: 3, verifications: 2, deferrals: 1 };

export function aReport(id: string, changes: Partial<Report> = {}): Report {
  return {
    ...{ id, provider: PROVIDER, kind: 'api-key', type: 'acme_key', location: `https://git.test/${id}` },
    ...{ sealed: `sealed ${id}`, initial: { state: 'queued' }, restarts: [] },
    ...changes,
  };
}

/** What every {@link Ledger} does, whatever it is stored in. `open` gives an empty ledger. */
export function describeLedger(name: string, open: () => Promise<OpenLedger>): void {
  describe(name, () => {
    let storage: OpenLedger;
    let ledger: Ledger;

    beforeEach(async () => {
      storage = await open();
      ledger = storage.ledger;
    });

    afterEach(async () => {
      await storage.close();
    });

    const accept = (reports: readonly Report[], now = T0, backlog = 1_000_000) =>
      ledger.accept(reports, { now, backlog });

    const claim = (now: number, changes: Partial<ClaimOptions> = {}, provider = PROVIDER) =>
      ledger.claim(provider, { now, limit: 100, leaseMs: LEASE_MS, maxPerHour: 0, ...changes });

    const claimedIds = async (now: number, changes: Partial<ClaimOptions> = {}) =>
      (await claim(now, changes)).claims.map(({ id }) => id);

    const claimOne = async (now: number): Promise<Claim> => {
      const { claims } = await claim(now, { limit: 1 });
      return first(claims);
    };

    const settle = (held: Pick<Claim, 'id' | 'lease'>, now: number, outcome: Outcome = REVOKED) =>
      ledger.settle(held, { now, state: 'done', outcome, progress: NO_PROGRESS, events: [] });

    const toAttention = (held: Claim, now: number, outcome: Outcome = EXHAUSTED, dueAt?: number) =>
      ledger.settle(held, {
        ...{ now, state: 'attention', outcome, progress: PROGRESS, events: [] },
        ...(dueAt !== undefined && { dueAt }),
      });

    const putOff = (held: Pick<Claim, 'id' | 'lease'>, now: number, dueAt: number, note?: string) =>
      ledger.putOff(held, {
        ...{ now, dueAt, progress: PROGRESS, events: [{ at: now, event: 'attempted', dueAt }] },
        ...(note !== undefined && { note }),
      });

    const requeue = (id: string, now: number, approve = false) =>
      ledger.requeue(id, { now, approve, event: { at: now, event: 'requeued', by: 'ada' } });

    const dismiss = (id: string, now: number) =>
      ledger.dismiss(id, { now, event: { at: now, event: 'dismissed', by: 'ada', message: 'A test key.' } });

    const listedIds = async (options: Partial<ListOptions> = {}) =>
      (await ledger.list({ limit: 100, ...options })).entries.map(({ id }) => id);

    const stateOf = async (id: string) => (await ledger.get(id))?.state;

    describe('accept', () => {
      it('makes a queued entry of a new report, due at once', async () => {
        const result = await accept([aReport('a')]);

        expect(result).toEqual({ created: 1, repeated: 0 });
        expect(await ledger.get('a')).toEqual({
          ...{ id: 'a', provider: PROVIDER, kind: 'api-key', types: ['acme_key'], state: 'queued' },
          ...{ outcome: null, approved: false, reports: 1, firstReportedAt: T0, lastReportedAt: T0 },
          ...{ dueAt: T0, endedAt: null, ...NO_PROGRESS },
          locations: ['https://git.test/a'],
          history: [{ at: T0, event: 'reported' }],
        });
      });

      it('makes a held entry, which is not due', async () => {
        await accept([aReport('a', { initial: { state: 'held' } })]);

        expect(await ledger.get('a')).toMatchObject({ state: 'held', dueAt: null, endedAt: null });
        expect(await claimedIds(T0)).toEqual([]);
      });

      it('makes an entry that needs attention, which has ended and is not due', async () => {
        await accept([aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } })]);

        expect(await ledger.get('a')).toMatchObject({
          ...{ state: 'attention', outcome: UNRECOGNISED, dueAt: null, endedAt: T0 },
        });
        expect(await claimedIds(T0)).toEqual([]);
      });

      it('takes an empty request', async () => {
        expect(await accept([])).toEqual({ created: 0, repeated: 0 });
      });

      it('counts a report of a known token and starts nothing', async () => {
        await accept([aReport('a')]);
        await settle(await claimOne(T0), T0 + 1);

        const result = await accept(
          [aReport('a', { type: 'other_rule', location: 'elsewhere', sealed: 'x' })],
          T0 + 2,
        );

        expect(result).toEqual({ created: 0, repeated: 1 });
        expect(await ledger.get('a')).toMatchObject({
          ...{ state: 'done', outcome: REVOKED, reports: 2, firstReportedAt: T0, lastReportedAt: T0 + 2 },
          ...{ types: ['acme_key', 'other_rule'], locations: ['https://git.test/a', 'elsewhere'] },
          history: [{ at: T0, event: 'reported' }],
        });
        expect(await claimedIds(T0 + HOUR_MS)).toEqual([]);
      });

      it('keeps the sealed token that it has', async () => {
        await accept([aReport('a'), aReport('a', { sealed: 'another' })]);

        expect(await claimOne(T0)).toMatchObject({ sealed: 'sealed a' });
      });

      it('makes one entry of a token that is reported several times in one request', async () => {
        const result = await accept([aReport('a'), aReport('b'), aReport('a'), aReport('a')]);

        expect(result).toEqual({ created: 2, repeated: 2 });
        expect(await ledger.get('a')).toMatchObject({ reports: 3, types: ['acme_key'] });
        expect(await claimedIds(T0)).toEqual(['a', 'b']);
      });

      it('makes one entry of a token that is reported by many at the same time', async () => {
        const results = await Promise.all(Array.from({ length: 20 }, () => accept([aReport('a')])));

        expect(results.filter(({ created }) => created === 1)).toHaveLength(1);
        expect(await ledger.get('a')).toMatchObject({ reports: 20 });
        expect(await ledger.count()).toEqual([{ provider: PROVIDER, state: 'queued', entries: 1 }]);
      });

      it('takes thousands of reports in one request', async () => {
        const reports = Array.from({ length: 5_000 }, (_, index) => aReport(`token-${index}`));

        expect(await accept(reports)).toEqual({ created: 5_000, repeated: 0 });
        expect(await accept(reports, T0 + 1)).toEqual({ created: 0, repeated: 5_000 });
        expect(await ledger.count()).toEqual([{ provider: PROVIDER, state: 'queued', entries: 5_000 }]);
      });

      it('keeps the first locations up to the limit, each one once, and none that is empty', async () => {
        const locations = ['', ...Array.from({ length: MAX_LOCATIONS + 5 }, (_, index) => `line ${index}`)];

        await accept(locations.map((location) => aReport('a', { location })));
        await accept([aReport('a', { location: 'line 3' }), aReport('a', { location: 'late' })]);

        const entry = await ledger.get('a');
        expect(entry?.locations).toEqual(locations.slice(1, MAX_LOCATIONS + 1));
        expect(entry?.reports).toBe(locations.length + 2);
      });

      it('keeps any text as it is', async () => {
        const odd = 'ünï ☃ "quoted" \\ new\nline \u0000 %s {quash}';

        await accept([aReport('a', { location: odd, type: 'gültig"\\type' })]);

        expect(await ledger.get('a')).toMatchObject({ locations: [odd], types: ['gültig"\\type'] });
      });

      it('refuses the whole request when the backlog is full', async () => {
        await accept([aReport('a'), aReport('b')]);

        const refused = accept([aReport('c'), aReport('a')], T0 + 1, 2);

        await expect(refused).rejects.toMatchObject({ name: 'LedgerError', code: 'backlog-full' });
        expect(await ledger.get('c')).toBeUndefined();
        expect(await ledger.get('a')).toMatchObject({ reports: 1 });
      });

      it('counts only queued entries as backlog, those of all providers', async () => {
        await accept([aReport('a'), aReport('b', { initial: { state: 'held' } })]);
        await accept([aReport('c', { provider: 'other' })], T0, 2);

        await expect(accept([aReport('d')], T0, 2)).rejects.toMatchObject({ code: 'backlog-full' });

        await settle(await claimOne(T0), T0);
        expect(await accept([aReport('d')], T0, 2)).toEqual({ created: 1, repeated: 0 });
      });
    });

    describe('accept with restarts', () => {
      const again = (changes: Partial<Report> = {}) =>
        aReport('a', { restarts: RESTARTS, sealed: 'sealed anew', kind: 'other-kind', ...changes });

      it('starts an entry anew that ended as would-revoke, with the new token', async () => {
        await accept([aReport('a')]);
        await putOff(await claimOne(T0), T0, T0 + 1, 'note');
        await settle(await claimOne(T0 + 1), T0 + 2, WOULD_REVOKE);

        const result = await accept([again()], T0 + 3);

        expect(result).toEqual({ created: 0, repeated: 1 });
        expect(await ledger.get('a')).toMatchObject({
          ...{ state: 'queued', outcome: null, endedAt: null, dueAt: T0 + 3, reports: 2, ...NO_PROGRESS },
          history: [{ event: 'reported' }, { event: 'attempted' }, { at: T0 + 3, event: 'reported' }],
        });
        expect(await claimOne(T0 + 3)).toMatchObject({
          ...{ id: 'a', sealed: 'sealed anew', kind: 'other-kind', note: null, ...NO_PROGRESS },
        });
      });

      it('starts an unrecognised entry anew, as held where the report says so', async () => {
        await accept([aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } })]);

        await accept([again({ initial: { state: 'held' } })], T0 + 1);

        expect(await ledger.get('a')).toMatchObject({ state: 'held', outcome: null, endedAt: null });
        expect(await ledger.purge({ endedBefore: T0 + HOUR_MS, limit: 10 })).toBe(0);
      });

      it('takes the new outcome where the report leads to attention again', async () => {
        const manual: Outcome = { kind: 'refused', verified: false, reason: 'manual' };
        await accept([aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } })]);

        await accept([again({ initial: { state: 'attention', outcome: manual } })], T0 + 1);

        expect(await ledger.get('a')).toMatchObject({ state: 'attention', outcome: manual, endedAt: T0 + 1 });
      });

      it('takes an unrecognised entry from the one who works on it, with all that was known of it', async () => {
        await accept([aReport('a')]);
        await putOff(await claimOne(T0), T0, T0, 'note');
        await toAttention(await claimOne(T0), T0, UNRECOGNISED, T0 + 1);
        const lost = await claimOne(T0 + 1);

        await accept([again({ initial: { state: 'held' } })], T0 + 2);

        expect(await settle(lost, T0 + 3)).toBe(false);
        expect(await ledger.get('a')).toMatchObject({ state: 'held', dueAt: null, ...NO_PROGRESS });
        expect(await claimedIds(T0 + HOUR_MS)).toEqual([]);
        await requeue('a', T0 + HOUR_MS);
        expect(await claimOne(T0 + HOUR_MS)).toMatchObject({ note: null, sealed: 'sealed anew' });
      });

      it('restarts what needs attention for the kind of its outcome, whatever text that holds', async () => {
        const odd: Outcome = { ...EXHAUSTED, evidence: { name: '\ud800 "x" \u0000' } };
        await accept([aReport('a')]);
        await toAttention(await claimOne(T0), T0, odd);

        await accept([again({ restarts: ['exhausted'] })], T0 + 1);

        expect(await stateOf('a')).toBe('queued');
      });

      it('asks for a new approval', async () => {
        await accept([aReport('a', { initial: { state: 'held' } })]);
        await requeue('a', T0, true);
        await settle(await claimOne(T0), T0, WOULD_REVOKE);

        await accept([again()], T0 + 1);

        expect(await claimOne(T0 + 1)).toMatchObject({ approved: false });
      });

      it('restarts only for the reasons that the report gives', async () => {
        await accept([aReport('a')]);
        await settle(await claimOne(T0), T0, WOULD_REVOKE);

        await accept([again({ restarts: [] }), again({ restarts: ['unrecognised', 'refused'] })], T0 + 1);

        expect(await ledger.get('a')).toMatchObject({ state: 'done', outcome: WOULD_REVOKE, reports: 3 });
      });

      it('does not restart what was revoked, what waits, and what a person dismissed', async () => {
        await accept([aReport('revoked')]);
        await settle(await claimOne(T0), T0);
        await accept([aReport('exhausted')]);
        await toAttention(await claimOne(T0), T0);
        await accept([aReport('dismissed', { initial: { state: 'attention', outcome: UNRECOGNISED } })]);
        await dismiss('dismissed', T0);
        await accept([aReport('held', { initial: { state: 'held' } })]);

        await accept(
          ['revoked', 'exhausted', 'dismissed', 'held'].map((id) => aReport(id, { restarts: RESTARTS })),
          T0 + 1,
        );

        expect(await stateOf('revoked')).toBe('done');
        expect(await stateOf('exhausted')).toBe('attention');
        expect(await stateOf('dismissed')).toBe('dismissed');
        expect(await stateOf('held')).toBe('held');
        expect(await claimedIds(T0 + 1)).toEqual([]);
      });

      it('does not restart again what a retry has brought on its way', async () => {
        await accept([aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } })]);
        await requeue('a', T0);
        const held = await claimOne(T0);

        await accept([again()], T0 + 1);

        expect(await settle(held, T0 + 2)).toBe(true);
      });
    });

    describe('claim', () => {
      it('hands over what the work needs', async () => {
        await accept([aReport('a')]);

        const { claims, lane } = await claim(T0 + 5);

        expect(claims).toEqual([
          {
            ...{
              id: 'a',
              lease: expect.any(String),
              provider: PROVIDER,
              kind: 'api-key',
              sealed: 'sealed a',
            },
            ...{ note: null, approved: false, state: 'queued', firstReportedAt: T0, ...NO_PROGRESS },
          },
        ]);
        expect(lane).toEqual({
          ...{ provider: PROVIDER, epoch: 0, streak: 0, pausedUntil: 0, reason: null, parked: false },
        });
      });

      it('takes the longest due first, up to the limit', async () => {
        await accept([aReport('third')], T0 + 3);
        await accept([aReport('first')], T0 + 1);
        await accept([aReport('second')], T0 + 2);

        expect(await claimedIds(T0 + 9, { limit: 2 })).toEqual(['first', 'second']);
        expect(await claimedIds(T0 + 9, { limit: 2 })).toEqual(['third']);
      });

      it('takes what is equally long due in the order of its reports', async () => {
        const ids = ['d', 'a', 'c', 'b'];
        await accept(ids.map((id) => aReport(id)));

        expect(await claimedIds(T0)).toEqual(ids);
      });

      it('takes only entries of its provider', async () => {
        await accept([aReport('a'), aReport('b', { provider: 'other' })]);

        expect(await claimedIds(T0)).toEqual(['a']);
      });

      it('tells when something will be due, and nothing when nothing will', async () => {
        expect((await claim(T0)).nextAt).toBeUndefined();
        await accept([aReport('a')]);
        await putOff(await claimOne(T0), T0, T0 + 5_000);

        const early = await claim(T0 + 4_999);

        expect(early).toMatchObject({ claims: [], nextAt: T0 + 5_000 });
        expect(await claimedIds(T0 + 5_000)).toEqual(['a']);
      });

      it('gives every claim its own lease', async () => {
        await accept(Array.from({ length: 10 }, (_, index) => aReport(`token-${index}`)));

        const { claims } = await claim(T0);

        expect(new Set(claims.map(({ lease }) => lease)).size).toBe(10);
      });

      it('never hands one entry to two who claim at the same time', async () => {
        await accept(Array.from({ length: 100 }, (_, index) => aReport(`token-${index}`)));

        const claims = await Promise.all(Array.from({ length: 20 }, () => claimedIds(T0, { limit: 10 })));

        expect(claims.flat()).toHaveLength(100);
        expect(new Set(claims.flat()).size).toBe(100);
      });

      it('hands an entry over again once its lease has ended, and only then', async () => {
        await accept([aReport('a')]);
        const held = await claimOne(T0);

        expect(await claim(T0 + LEASE_MS - 1)).toMatchObject({ claims: [], nextAt: T0 + LEASE_MS });
        const taken = await claimOne(T0 + LEASE_MS);

        expect(taken.id).toBe('a');
        expect(taken.lease).not.toBe(held.lease);
      });

      it('lets the one whose lease was taken over change nothing', async () => {
        await accept([aReport('a')]);
        const lost = await claimOne(T0);
        const taken = await claimOne(T0 + LEASE_MS);
        const before = await ledger.get('a');

        expect(await settle(lost, T0 + LEASE_MS)).toBe(false);
        expect(await putOff(lost, T0 + LEASE_MS, T0 + HOUR_MS, 'note')).toBe(false);
        expect(await ledger.release(lost, T0 + LEASE_MS)).toBe(false);

        expect(await ledger.get('a')).toEqual(before);
        expect(await settle(taken, T0 + LEASE_MS)).toBe(true);
      });

      it('lets the one who is late write while nobody has taken over', async () => {
        await accept([aReport('a')]);
        const held = await claimOne(T0);

        expect(await settle(held, T0 + 2 * LEASE_MS)).toBe(true);
      });
    });

    describe('settle', () => {
      it('ends an entry for good', async () => {
        await accept([aReport('a')]);
        const event: HistoryEvent = { at: T0 + 5, event: 'settled', outcome: REVOKED };

        const settled = await ledger.settle(await claimOne(T0), {
          ...{ now: T0 + 5, state: 'done', outcome: REVOKED, progress: PROGRESS, events: [event] },
        });

        expect(settled).toBe(true);
        expect(await ledger.get('a')).toMatchObject({
          ...{ state: 'done', outcome: REVOKED, dueAt: null, endedAt: T0 + 5, ...PROGRESS },
          history: [{ event: 'reported' }, event],
        });
        expect(await claim(T0 + HOUR_MS)).toMatchObject({ claims: [] });
        expect((await claim(T0 + HOUR_MS)).nextAt).toBeUndefined();
      });

      it('leaves nothing that could be tried again', async () => {
        await accept([aReport('a')]);
        await settle(await claimOne(T0), T0);

        expect(await requeue('a', T0)).toBe(false);
        expect(await dismiss('a', T0)).toBe(false);
        expect(await stateOf('a')).toBe('done');
      });

      it('works once with one lease', async () => {
        await accept([aReport('a')]);
        const held = await claimOne(T0);
        await toAttention(held, T0);

        expect(await settle(held, T0)).toBe(false);
        expect(await putOff(held, T0, T0 + 1)).toBe(false);
        expect(await ledger.release(held, T0)).toBe(false);
        expect(await stateOf('a')).toBe('attention');
      });

      it('does nothing for an entry that is not there', async () => {
        expect(await settle({ id: 'nobody', lease: 'none' }, T0)).toBe(false);
        expect(await ledger.get('nobody')).toBeUndefined();
      });

      it('brings an entry to attention, where it stays without a time', async () => {
        await accept([aReport('a')]);
        await toAttention(await claimOne(T0), T0 + 5);

        expect(await ledger.get('a')).toMatchObject({
          ...{ state: 'attention', outcome: EXHAUSTED, dueAt: null, endedAt: T0 + 5, ...PROGRESS },
        });
        expect(await claimedIds(T0 + HOUR_MS)).toEqual([]);
      });

      it('has an entry in attention tried again at its time, with token and note', async () => {
        await accept([aReport('a')]);
        await putOff(await claimOne(T0), T0, T0, 'note');
        await toAttention(await claimOne(T0), T0, EXHAUSTED, T0 + HOUR_MS);

        expect(await claimedIds(T0 + HOUR_MS - 1)).toEqual([]);
        expect(await claimOne(T0 + HOUR_MS)).toMatchObject({
          ...{ id: 'a', state: 'attention', sealed: 'sealed a', note: 'note', ...PROGRESS },
        });
      });

      it('keeps what was learnt for a later try', async () => {
        await accept([aReport('a')]);

        await ledger.settle(await claimOne(T0), {
          ...{
            now: T0,
            state: 'attention',
            outcome: EXHAUSTED,
            progress: PROGRESS,
            events: [],
            note: 'note',
          },
        });

        await requeue('a', T0);
        expect(await claimOne(T0)).toMatchObject({ note: 'note' });
      });

      it('keeps the time of the end when a later try ends in attention too', async () => {
        await accept([aReport('a')]);
        await toAttention(await claimOne(T0), T0, EXHAUSTED, T0 + HOUR_MS);

        await toAttention(await claimOne(T0 + HOUR_MS), T0 + HOUR_MS, UNRECOGNISED);

        expect(await ledger.get('a')).toMatchObject({ outcome: UNRECOGNISED, endedAt: T0 });
      });

      it('holds an entry back with its token and progress', async () => {
        await accept([aReport('a')]);

        await ledger.settle(await claimOne(T0), {
          ...{ now: T0, state: 'held', progress: PROGRESS, events: [] },
        });

        expect(await ledger.get('a')).toMatchObject({
          ...{ state: 'held', outcome: null, dueAt: null, endedAt: null, ...PROGRESS },
        });
        expect(await claimedIds(T0 + HOUR_MS)).toEqual([]);
        await requeue('a', T0 + HOUR_MS, true);
        expect(await claimOne(T0 + HOUR_MS)).toMatchObject({ sealed: 'sealed a', approved: true });
      });

      it('takes the end back from an entry that was in attention and is held', async () => {
        await accept([aReport('a')]);
        await toAttention(await claimOne(T0), T0, EXHAUSTED, T0);

        await ledger.settle(await claimOne(T0), {
          ...{ now: T0, state: 'held', progress: PROGRESS, events: [] },
        });

        expect(await ledger.get('a')).toMatchObject({ state: 'held', outcome: null, endedAt: null });
        expect(await ledger.purge({ endedBefore: T0 + HOUR_MS, limit: 10 })).toBe(0);
      });

      it('keeps the newest events', async () => {
        await accept([aReport('a')]);
        const events = Array.from({ length: MAX_EVENTS + 3 }, (_, at) => ({ at, event: 'attempted' }));

        await ledger.settle(await claimOne(T0), {
          ...{ now: T0, state: 'done', outcome: REVOKED, progress: NO_PROGRESS, events },
        });

        expect((await ledger.get('a'))?.history).toEqual(events.slice(3));
      });
    });

    describe('putOff and release', () => {
      it('lets the work go on later, from where it was', async () => {
        await accept([aReport('a')]);

        expect(await putOff(await claimOne(T0), T0 + 1, T0 + 30_000, 'note')).toBe(true);

        expect(await ledger.get('a')).toMatchObject({
          ...{ state: 'queued', dueAt: T0 + 30_000, outcome: null, ...PROGRESS },
          history: [{ event: 'reported' }, { at: T0 + 1, event: 'attempted', dueAt: T0 + 30_000 }],
        });
        expect(await claimedIds(T0 + 29_999)).toEqual([]);
        expect(await claimOne(T0 + 30_000)).toMatchObject({ note: 'note', sealed: 'sealed a', ...PROGRESS });
      });

      it('keeps the old note where no new one is given', async () => {
        await accept([aReport('a')]);
        await putOff(await claimOne(T0), T0, T0, 'note');
        await putOff(await claimOne(T0), T0, T0);
        const kept = await claimOne(T0);
        await putOff(kept, T0, T0, 'newer');

        expect(kept.note).toBe('note');
        expect((await claimOne(T0)).note).toBe('newer');
      });

      it('gives an entry back as it was, due at once', async () => {
        await accept([aReport('a')]);
        const held = await claimOne(T0 + 1);

        expect(await ledger.release(held, T0 + 2)).toBe(true);

        expect(await ledger.get('a')).toMatchObject({
          ...{ state: 'queued', dueAt: T0 + 2, ...NO_PROGRESS, history: [{ event: 'reported' }] },
        });
        expect(await claimedIds(T0 + 2)).toEqual(['a']);
      });

      it('puts a released entry behind what waits, even what waits since the same millisecond', async () => {
        await accept([aReport('a'), aReport('b'), aReport('c')]);

        await ledger.release(await claimOne(T0), T0);

        expect(await claimedIds(T0)).toEqual(['b', 'c', 'a']);
      });
    });

    describe('requeue', () => {
      it('starts an entry in attention with fresh progress, due at once', async () => {
        await accept([aReport('a')]);
        await putOff(await claimOne(T0), T0, T0, 'note');
        await toAttention(await claimOne(T0), T0, EXHAUSTED, T0 + HOUR_MS);

        expect(await requeue('a', T0 + 10)).toBe(true);

        expect(await ledger.get('a')).toMatchObject({
          ...{
            state: 'queued',
            outcome: null,
            endedAt: null,
            dueAt: T0 + 10,
            approved: false,
            ...NO_PROGRESS,
          },
        });
        expect((await ledger.get('a'))?.history.at(-1)).toEqual({
          at: T0 + 10,
          event: 'requeued',
          by: 'ada',
        });
        expect(await claimOne(T0 + 10)).toMatchObject({ id: 'a', sealed: 'sealed a', note: 'note' });
      });

      it('approves a held entry, and later retries stay approved', async () => {
        await accept([aReport('a', { initial: { state: 'held' } })]);

        await requeue('a', T0, true);
        const approved = await claimOne(T0);
        await toAttention(approved, T0);
        await requeue('a', T0 + 1);

        expect(approved.approved).toBe(true);
        expect(await claimOne(T0 + 1)).toMatchObject({ approved: true });
      });

      it('takes an entry from the one who works on it', async () => {
        await accept([aReport('a')]);
        await toAttention(await claimOne(T0), T0, EXHAUSTED, T0);
        const held = await claimOne(T0);

        expect(await requeue('a', T0 + 1)).toBe(true);

        expect(await settle(held, T0 + 2)).toBe(false);
        expect(await claimedIds(T0 + 2)).toEqual(['a']);
      });

      it('does nothing for any other entry', async () => {
        await accept([aReport('queued'), aReport('dismissed')]);
        await dismiss('dismissed', T0);
        const before = await ledger.get('queued');

        expect(await requeue('queued', T0 + 1)).toBe(false);
        expect(await requeue('dismissed', T0 + 1)).toBe(false);
        expect(await requeue('nobody', T0 + 1)).toBe(false);
        expect(await ledger.get('queued')).toEqual(before);
        expect(await stateOf('dismissed')).toBe('dismissed');
      });
    });

    describe('dismiss', () => {
      it.each(['queued', 'held', 'attention'] as const)('ends an entry that is %s', async (state) => {
        const initial = state === 'attention' ? { state, outcome: UNRECOGNISED } : { state };
        await accept([aReport('a', { initial })]);

        expect(await dismiss('a', T0 + 7)).toBe(true);

        expect(await ledger.get('a')).toMatchObject({ state: 'dismissed', dueAt: null, endedAt: T0 + 7 });
        expect((await ledger.get('a'))?.history.at(-1)).toMatchObject({ event: 'dismissed', by: 'ada' });
        expect(await claimedIds(T0 + HOUR_MS)).toEqual([]);
      });

      it('takes an entry from the one who works on it', async () => {
        await accept([aReport('a')]);
        const held = await claimOne(T0);

        await dismiss('a', T0);

        expect(await settle(held, T0)).toBe(false);
        expect(await ledger.release(held, T0)).toBe(false);
        expect(await stateOf('a')).toBe('dismissed');
      });

      it('does nothing for an entry that is not there', async () => {
        expect(await dismiss('nobody', T0)).toBe(false);
        expect(await ledger.get('nobody')).toBeUndefined();
      });
    });

    describe('a paused lane', () => {
      const pause = (epoch: number, until: number, reason = 'throttled') =>
        ledger.pauseLane(PROVIDER, { epoch, until, reason, now: T0 });

      it('hands out nothing until the pause is over', async () => {
        await accept([aReport('a')]);

        const lane = await pause(0, T0 + 1_000);

        expect(lane).toEqual({
          ...{ provider: PROVIDER, epoch: 1, streak: 1, pausedUntil: T0 + 1_000 },
          ...{ reason: 'throttled', parked: false },
        });
        expect(await claim(T0 + 999)).toEqual({ claims: [], lane, nextAt: T0 + 1_000 });
        expect(await claimedIds(T0 + 1_000)).toEqual(['a']);
      });

      it('does not hold up other lanes', async () => {
        await accept([aReport('a', { provider: 'other' })]);
        await pause(0, T0 + 1_000);

        expect((await claim(T0, {}, 'other')).claims).toHaveLength(1);
      });

      it('is paused once by many who saw the same epoch', async () => {
        const seen = await Promise.all([1, 2, 3].map((n) => pause(0, T0 + n * 1_000)));

        expect(new Set(seen.map((lane) => JSON.stringify(lane))).size).toBe(1);
        expect(seen[0]).toMatchObject({ epoch: 1, streak: 1 });
      });

      it('counts the pauses in a row', async () => {
        await pause(0, T0 + 1_000);

        expect(await pause(1, T0 + 9_000, 'unreachable')).toMatchObject({
          ...{ epoch: 2, streak: 2, pausedUntil: T0 + 9_000, reason: 'unreachable' },
        });
      });

      it('lets one entry alone through after the pause', async () => {
        await accept([aReport('a'), aReport('b'), aReport('c')]);
        await pause(0, T0 + 1_000);

        const probe = await claim(T0 + 1_000);

        expect(probe.claims).toHaveLength(1);
        expect(await claim(T0 + 1_001)).toMatchObject({ claims: [], nextAt: T0 + 1_000 + LEASE_MS });
      });

      it('lets one entry alone through to all who claim at the same time', async () => {
        await accept([aReport('a'), aReport('b'), aReport('c')]);
        await pause(0, T0 + 1_000);

        const claims = await Promise.all([1, 2, 3].map(() => claimedIds(T0 + 1_000)));

        expect(claims.flat()).toHaveLength(1);
      });

      it.each([
        ['was settled', (probe: Claim) => settle(probe, T0 + 1_001)],
        ['was put off', (probe: Claim) => putOff(probe, T0 + 1_001, T0 + HOUR_MS)],
        ['was released', (probe: Claim) => ledger.release(probe, T0 + 1_001)],
        ['was dismissed by a person', (probe: Claim) => dismiss(probe.id, T0 + 1_001)],
      ])('lets the next one through when the first %s without a verdict', async (_, end) => {
        await accept([aReport('a'), aReport('b')]);
        await pause(0, T0 + 1_000);
        await end(await claimOne(T0 + 1_000));

        expect(await claimedIds(T0 + 1_002)).toEqual(['b']);
      });

      it('lets another one through when the lease of the first has ended', async () => {
        await accept([aReport('a'), aReport('b')]);
        await pause(0, T0);
        await claimOne(T0);

        expect(await claimedIds(T0 + LEASE_MS)).toHaveLength(1);
        expect(await claimedIds(T0 + LEASE_MS)).toEqual([]);
      });

      it('works as before once the entry that was let through succeeded', async () => {
        await accept([aReport('a'), aReport('b'), aReport('c')]);
        await pause(0, T0 + 1_000);
        const { lane } = await claim(T0 + 1_000);

        await ledger.laneHealthy(PROVIDER, lane.epoch);

        expect(await claim(T0 + 1_001)).toMatchObject({
          claims: [{ id: 'b' }, { id: 'c' }],
          lane: { epoch: 2, streak: 0, pausedUntil: 0, reason: null },
        });
      });

      it('pauses again, longer, once that entry failed', async () => {
        await accept([aReport('a'), aReport('b')]);
        await pause(0, T0 + 1_000);
        const { lane, claims } = await claim(T0 + 1_000);

        expect(await pause(lane.epoch, T0 + 5_000)).toMatchObject({ epoch: 2, streak: 2 });
        await ledger.release(first(claims), T0 + 1_001);

        expect(await claim(T0 + 4_999)).toMatchObject({ claims: [], nextAt: T0 + 5_000 });
        expect(await claimedIds(T0 + 5_000)).toHaveLength(1);
      });

      it('waits after a further pause for no entry that was let through before it', async () => {
        await accept([aReport('a'), aReport('b')]);
        await pause(0, T0);
        await claimOne(T0);

        await pause(1, T0 + 5_000);

        expect(await claimedIds(T0 + 5_000)).toEqual(['b']);
      });

      it('ignores a success of an epoch that is over', async () => {
        await pause(0, T0 + 1_000);

        await ledger.laneHealthy(PROVIDER, 0);

        expect(await ledger.lanes()).toMatchObject([{ epoch: 1, streak: 1, pausedUntil: T0 + 1_000 }]);
      });

      it('changes nothing when a lane succeeds that was not paused', async () => {
        await accept([aReport('a')]);
        await claim(T0);

        await ledger.laneHealthy(PROVIDER, 0);

        expect(await ledger.lanes()).toMatchObject([{ provider: PROVIDER, epoch: 0, streak: 0 }]);
      });

      it('works at once when it is resumed', async () => {
        await accept([aReport('a'), aReport('b')]);
        await pause(0, T0 + HOUR_MS);

        await ledger.resumeLane(PROVIDER);

        expect(await claim(T0)).toMatchObject({
          claims: [{ id: 'a' }, { id: 'b' }],
          lane: { epoch: 2, streak: 0, pausedUntil: 0, reason: null },
        });
        expect(await pause(1, T0 + HOUR_MS)).toMatchObject({ epoch: 2, streak: 0 });
      });
    });

    describe('a parked lane', () => {
      it('hands out nothing, ever, until it is resumed', async () => {
        await accept([aReport('a')]);

        await ledger.parkLane(PROVIDER, 'operator');

        const parked = await claim(T0 + 1_000 * HOUR_MS);
        expect(parked).toMatchObject({
          claims: [],
          lane: { epoch: 1, parked: true, reason: 'operator' },
        });
        expect(parked.nextAt).toBeUndefined();

        await ledger.resumeLane(PROVIDER);

        expect(await claim(T0)).toMatchObject({
          claims: [{ id: 'a' }],
          lane: { epoch: 2, parked: false, reason: null },
        });
      });

      it('stays parked whatever its work says', async () => {
        await ledger.pauseLane(PROVIDER, { epoch: 0, until: T0 + 1_000, reason: 'throttled', now: T0 });
        await ledger.parkLane(PROVIDER, 'operator');

        await ledger.laneHealthy(PROVIDER, 2);
        const lane = await ledger.pauseLane(PROVIDER, { epoch: 3, until: T0, reason: 'timeout', now: T0 });

        expect(lane).toMatchObject({ parked: true, reason: 'operator', epoch: 4, streak: 1 });
        expect(await ledger.lanes()).toEqual([lane]);
      });

      it('does not lose what was under way', async () => {
        await accept([aReport('a')]);
        const held = await claimOne(T0);

        await ledger.parkLane(PROVIDER, 'operator');

        expect(await settle(held, T0)).toBe(true);
      });
    });

    describe('the safety valve', () => {
      const tokens = (count: number, prefix = 'token') =>
        Array.from({ length: count }, (_, index) => aReport(`${prefix}-${index}`));

      it('begins as many entries as allowed, and parks the lane when one more waits', async () => {
        await accept(tokens(5));

        const result = await claim(T0, { maxPerHour: 3 });

        expect(result.claims).toHaveLength(3);
        expect(result.lane).toMatchObject({ parked: true, reason: 'safety-valve', epoch: 1 });
        expect(result.nextAt).toBeUndefined();
        expect(await claimedIds(T0 + 2 * HOUR_MS, { maxPerHour: 3 })).toEqual([]);
      });

      it('does not park while all that waits is allowed', async () => {
        await accept(tokens(3));

        const result = await claim(T0, { maxPerHour: 3 });

        expect(result.claims).toHaveLength(3);
        expect(result.lane.parked).toBe(false);
      });

      it('counts over several claims of one hour', async () => {
        await accept(tokens(4));
        await claim(T0, { limit: 2, maxPerHour: 3 });

        const result = await claim(T0 + HOUR_MS - 1, { maxPerHour: 3, leaseMs: 2 * HOUR_MS });

        expect(result.lane).toMatchObject({ parked: true, reason: 'safety-valve' });
      });

      it('begins a fresh hour one hour after the first entry', async () => {
        await accept(tokens(2));
        for (const { id, lease } of (await claim(T0, { maxPerHour: 2 })).claims) {
          await settle({ id, lease }, T0);
        }
        await accept(tokens(2, 'later'), T0 + HOUR_MS);

        const result = await claim(T0 + HOUR_MS, { maxPerHour: 2 });

        expect(result.claims).toHaveLength(2);
        expect(result.lane.parked).toBe(false);
      });

      it('does not count entries that were begun before', async () => {
        await accept(tokens(2));
        for (const held of (await claim(T0, { maxPerHour: 2 })).claims) await putOff(held, T0, T0 + 10);

        const result = await claim(T0 + 10, { maxPerHour: 2 });

        expect(result.claims).toHaveLength(2);
        expect(result.lane.parked).toBe(false);
      });

      it('counts an entry again that starts anew', async () => {
        await accept(tokens(2));
        for (const held of (await claim(T0, { maxPerHour: 2 })).claims) await settle(held, T0, WOULD_REVOKE);
        await accept(tokens(2).map((report) => ({ ...report, restarts: RESTARTS })));

        expect(await claim(T0, { maxPerHour: 2 })).toMatchObject({
          ...{ claims: [], lane: { parked: true, reason: 'safety-valve' } },
        });
      });

      it('opens for as many again when the lane is resumed', async () => {
        await accept(tokens(5));
        await claim(T0, { maxPerHour: 2 });

        await ledger.resumeLane(PROVIDER);

        const result = await claim(T0 + 1, { maxPerHour: 2 });
        expect(result.claims).toHaveLength(2);
        expect(result.lane).toMatchObject({ parked: true, reason: 'safety-valve' });
      });

      it('is open for all when the limit is 0', async () => {
        await accept(tokens(20));

        expect(await claimedIds(T0, { maxPerHour: 0 })).toHaveLength(20);
      });
    });

    describe('list', () => {
      it('shows the newest first, in pages', async () => {
        for (const [index, id] of ['a', 'b', 'c', 'd', 'e'].entries())
          await accept([aReport(id)], T0 + index);

        const one = await ledger.list({ limit: 2 });
        const two = await ledger.list({ limit: 2, ...cursorOf(one) });
        const three = await ledger.list({ limit: 2, ...cursorOf(two) });

        expect([one, two, three].map(({ entries }) => entries.map(({ id }) => id))).toEqual([
          ['e', 'd'],
          ['c', 'b'],
          ['a'],
        ]);
        expect(three.cursor).toBeUndefined();
      });

      it('has no further page behind one that is just full', async () => {
        await accept([aReport('a'), aReport('b')]);

        const page = await ledger.list({ limit: 2 });

        expect(page.entries.map(({ id }) => id)).toEqual(['b', 'a']);
        expect(page.cursor).toBeUndefined();
      });

      it('shows an entry as get does, without locations and history', async () => {
        await accept([aReport('a')]);
        await toAttention(await claimOne(T0), T0);
        const { locations: _locations, history: _history, ...entry } = (await ledger.get('a')) ?? {};

        expect((await ledger.list({ limit: 10 })).entries).toEqual([entry]);
      });

      it('filters by state, provider, type and time', async () => {
        await accept([aReport('old', { type: 'x' })], T0);
        await accept([aReport('other', { provider: 'other', type: 'y' })], T0 + 1);
        await accept([aReport('held', { initial: { state: 'held' } })], T0 + 2);
        await accept([aReport('held', { type: 'y' })], T0 + 3);

        expect(await listedIds({ state: 'queued' })).toEqual(['other', 'old']);
        expect(await listedIds({ provider: PROVIDER })).toEqual(['held', 'old']);
        expect(await listedIds({ type: 'y' })).toEqual(['held', 'other']);
        expect(await listedIds({ type: 'acme_key' })).toEqual(['held']);
        expect(await listedIds({ since: T0 + 1 })).toEqual(['held', 'other']);
        expect(await listedIds({ since: T0 + 3 })).toEqual([]);
        expect(await listedIds({ provider: PROVIDER, state: 'queued', type: 'x', since: T0 })).toEqual([
          'old',
        ]);
        expect(await listedIds({ provider: 'nobody' })).toEqual([]);
      });

      it('fills its pages with what has the type, however rare that is', async () => {
        const reports = Array.from({ length: 1_300 }, (_, index) =>
          aReport(`token-${index}`, { type: index % 600 === 0 ? 'rare' : 'common' }),
        );
        await accept(reports);

        const page = await ledger.list({ type: 'rare', limit: 2 });
        const rest = await ledger.list({ type: 'rare', limit: 2, ...cursorOf(page) });

        expect(page.entries.map(({ id }) => id)).toEqual(['token-1200', 'token-600']);
        expect(rest.entries.map(({ id }) => id)).toEqual(['token-0']);
        expect(rest.cursor).toBeUndefined();
      });

      it('neither repeats nor misses an entry while entries change their state', async () => {
        const ids = Array.from({ length: 30 }, (_, index) => `token-${index}`);
        await accept(ids.map((id) => aReport(id)));

        const seen: string[] = [];
        let cursor: { cursor?: string } = {};
        do {
          const page = await ledger.list({ limit: 4, ...cursor });
          seen.push(...page.entries.map(({ id }) => id));
          const { claims } = await claim(T0, { limit: 5 });
          for (const [index, held] of claims.entries()) {
            if (index % 2) await settle(held, T0);
            else await toAttention(held, T0);
          }
          await accept([aReport(`new-${seen.length}`)], T0 + seen.length);
          cursor = cursorOf(page);
        } while (cursor.cursor !== undefined);

        expect(seen).toEqual(ids.toReversed());
      });

      it('starts from the newest when the cursor is none of its own', async () => {
        await accept([aReport('a')]);

        expect(await listedIds({ cursor: 'bm9uc2Vuc2U' })).toEqual(['a']);
      });
    });

    describe('count', () => {
      it('tells how many entries are in each state, and nothing of what is empty', async () => {
        expect(await ledger.count()).toEqual([]);
        await accept([aReport('a'), aReport('b'), aReport('c', { initial: { state: 'held' } })]);
        await accept([aReport('d', { provider: 'other' })]);
        await settle(await claimOne(T0), T0);

        const counts = await ledger.count();

        expect(counts).toHaveLength(4);
        expect(counts).toEqual(
          expect.arrayContaining([
            { provider: PROVIDER, state: 'queued', entries: 1 },
            { provider: PROVIDER, state: 'held', entries: 1 },
            { provider: PROVIDER, state: 'done', entries: 1 },
            { provider: 'other', state: 'queued', entries: 1 },
          ]),
        );
      });
    });

    describe('purge', () => {
      it('deletes what ended before, and leaves what ended later or has not ended', async () => {
        await accept([aReport('done')]);
        await settle(await claimOne(T0), T0 + 1);
        await accept([aReport('attention')]);
        await toAttention(await claimOne(T0), T0 + 2, EXHAUSTED, T0 + HOUR_MS);
        await accept([aReport('dismissed')]);
        await dismiss('dismissed', T0 + 3);
        await accept([aReport('late')]);
        await settle(await claimOne(T0), T0 + 10);
        await accept([aReport('queued'), aReport('held', { initial: { state: 'held' } })]);

        const purged = await ledger.purge({ endedBefore: T0 + 10, limit: 100 });

        expect(purged).toBe(3);
        expect(await listedIds()).toEqual(['held', 'queued', 'late']);
        expect(await ledger.get('attention')).toBeUndefined();
        expect(await claimedIds(T0 + 2 * HOUR_MS)).toEqual(['queued']);
        expect(await ledger.count()).toHaveLength(3);
      });

      it('deletes no more than the limit, the longest ended first', async () => {
        for (const [index, id] of ['a', 'b', 'c'].entries()) {
          await accept([aReport(id)]);
          await dismiss(id, T0 + index);
        }

        expect(await ledger.purge({ endedBefore: T0 + 10, limit: 2 })).toBe(2);
        expect(await listedIds()).toEqual(['c']);
      });

      it('leaves an entry that a person has queued again', async () => {
        await accept([aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } })]);
        await requeue('a', T0);

        expect(await ledger.purge({ endedBefore: T0 + HOUR_MS, limit: 10 })).toBe(0);
      });

      it('leaves nothing behind that a new report of the token would find', async () => {
        await accept([aReport('a'), aReport('a', { type: 'other_rule', location: 'elsewhere' })]);
        await settle(await claimOne(T0), T0);
        await ledger.purge({ endedBefore: T0 + 1, limit: 10 });

        expect(await accept([aReport('a')], T0 + 5)).toEqual({ created: 1, repeated: 0 });
        expect(await ledger.get('a')).toMatchObject({
          ...{ state: 'queued', reports: 1, types: ['acme_key'], firstReportedAt: T0 + 5 },
          ...{ locations: ['https://git.test/a'], history: [{ at: T0 + 5, event: 'reported' }] },
        });
      });
    });

    describe('onWork', () => {
      const listen = (): string[] => {
        const heard: string[] = [];
        ledger.onWork((provider) => heard.push(provider));
        return heard;
      };

      it('tells of new work, once for each provider of a request', async () => {
        const heard = listen();

        await accept([aReport('a'), aReport('b', { provider: 'other' }), aReport('c')]);

        expect(heard.toSorted()).toEqual([PROVIDER, 'other']);
      });

      it('tells of an entry that a person has queued again', async () => {
        await accept([aReport('a', { initial: { state: 'held' } })]);
        const heard = listen();

        await requeue('a', T0, true);

        expect(heard).toEqual([PROVIDER]);
      });

      it('tells of a lane that works again', async () => {
        await accept([aReport('a')]);
        await ledger.pauseLane(PROVIDER, { epoch: 0, until: T0, reason: 'timeout', now: T0 });
        const heard = listen();

        await ledger.laneHealthy(PROVIDER, 1);
        await ledger.resumeLane(PROVIDER);

        expect(heard).toEqual([PROVIDER, PROVIDER]);
      });
    });

    describe('storage', () => {
      it('keeps everything when it is opened again', async () => {
        await accept([aReport('a'), aReport('b'), aReport('c', { initial: { state: 'held' } })]);
        const held = await claimOne(T0);
        await ledger.parkLane('other', 'operator');
        const before = [await ledger.get('a'), await ledger.list({ limit: 9 }), await ledger.lanes()];

        ledger = await storage.reopen();

        expect([await ledger.get('a'), await ledger.list({ limit: 9 }), await ledger.lanes()]).toEqual(
          before,
        );
        expect(await claimedIds(T0)).toEqual(['b']);
        expect(await settle(held, T0)).toBe(true);
      });

      it('does not open with other keys', async () => {
        await expect(storage.reopen('another key check')).rejects.toMatchObject({
          ...{ name: 'LedgerError', code: 'wrong-keys' },
        });
      });

      it('proves that it can be written', async () => {
        await expect(ledger.ping()).resolves.toBeUndefined();
      });
    });
  });
}

function first<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (item === undefined) throw new Error('Nothing was claimed.');
  return item;
}

function cursorOf({ cursor }: { cursor?: string }): { cursor?: string } {
  return cursor === undefined ? {} : { cursor };
}
