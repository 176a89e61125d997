import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnnouncementBatch } from '../../src/ledger/announcement.ts';
import { AT_ONCE_AHEAD_MS, type Claim, type ClaimOptions } from '../../src/ledger/claim.ts';
import {
  type HistoryEvent,
  type ListOptions,
  MAX_EVENTS,
  MAX_FINDINGS,
  MAX_LOCATIONS,
  NO_PROGRESS,
  type Progress,
} from '../../src/ledger/entry.ts';
import { ALL_LANES } from '../../src/ledger/lane-state.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { type LoggedNotice, MAX_NOTICES } from '../../src/ledger/notice.ts';
import type { ProjectOptions } from '../../src/ledger/projects.ts';
import {
  MAX_RESTARTS_OF_HELD,
  REPORTS_PER_PART,
  REPORTS_PER_PART_OF_MANY,
  type ReportedToken,
} from '../../src/ledger/report.ts';
import { DELAY_BUCKETS_MS, HOURS_KEPT_DAYS, type ProviderDay } from '../../src/ledger/statistics.ts';
import { Vault } from '../../src/vault/seal.ts';
import type { Outcome } from '../../src/words/outcome.ts';
import { testKeys } from '../support/test-keys.ts';

export interface OpenLedger {
  readonly ledger: Ledger;
  /** Closes the ledger and opens its storage again, with another key file than the first one where one is given. */
  reopen(vault?: Vault): Promise<Ledger>;
  /** Closes what is open and removes the storage. */
  close(): Promise<void>;
}

const T0 = Date.UTC(2026, 0, 1);
/** What `open` has to set; as many as are really kept would take a test too long. */
export const MAX_ANNOUNCEMENTS = 100;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * HOUR_MS;
const LEASE_MS = 60_000;
const PROVIDER = 'acme';
const REVOKED: Outcome = { kind: 'revoked', verified: true };
const WOULD_REVOKE: Outcome = { kind: 'would-revoke', verified: false };
const IGNORED: Outcome = { kind: 'ignored', verified: false };
const UNRECOGNISED: Outcome = { kind: 'refused', verified: false, reason: 'unrecognised', advice: 'Look.' };
const EXHAUSTED: Outcome = { kind: 'exhausted', verified: false, reason: 'upstream-error' };
const UNPROVEN: Outcome = { kind: 'held', verified: false, reason: 'unproven', advice: 'Look.' };
const BY_MODE: Outcome = { kind: 'held', verified: false, reason: 'mode', advice: 'All are held.' };
const RESTARTS = ['would-revoke', 'unrecognised'];
const HELD: Partial<ReportedToken> = { initial: { state: 'held' } };
const NO_DELAYS: readonly number[] = [...DELAY_BUCKETS_MS, Number.POSITIVE_INFINITY].map(() => 0);
const PROGRESS: Progress = { phase: 'verify', attempts: 3, verifications: 2, deferrals: 1 };

export function aReport(id: string, changes: Partial<ReportedToken> = {}): ReportedToken {
  return {
    ...{ id, provider: PROVIDER, kind: 'api-key', type: 'acme_key', location: `https://git.test/${id}` },
    ...{ readable: true, sealed: `sealed ${id}`, initial: { state: 'queued' }, restarts: [] },
    ...changes,
  };
}

function inProject(path: string, instance = 'https://git.test'): string {
  return `${instance}/${path}/-/raw/0abc123/file#L1`;
}

/**
 * What every {@link Ledger} does, whatever it is stored in. `open` gives an empty ledger.
 * @param spread its entries lie in several partitions, each of which has an order, turns and news of its own
 */
export function describeLedger(
  name: string,
  open: () => Promise<OpenLedger>,
  { spread = false }: { readonly spread?: boolean } = {},
): void {
  const inOrder = it.skipIf(spread);

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

    const accept = (reports: readonly ReportedToken[], now = T0, backlog = 1_000_000) =>
      ledger.accept(reports, { now, backlog });

    const claim = (now: number, changes: Partial<ClaimOptions> = {}, provider = PROVIDER) =>
      ledger.claim(provider, { now, limit: 100, leaseMs: LEASE_MS, maxPerHour: 0, ...changes });

    const claimedIds = async (now: number, changes: Partial<ClaimOptions> = {}) =>
      (await claim(now, changes)).claims.map(({ id }) => id);

    const claimOne = async (now: number): Promise<Claim> => {
      const { claims } = await claim(now, { limit: 1 });
      return first(claims);
    };

    const settle = (held: Claim, now: number, outcome: Outcome = REVOKED) =>
      ledger.settle(held, { now, state: 'done', outcome, progress: NO_PROGRESS, events: [] });

    /** After a recheck that found nothing new. */
    const settleAsBefore = (held: Claim, now: number) =>
      ledger.settle(held, { now, state: 'done', progress: NO_PROGRESS, events: [] });

    const announceDone = (held: Claim, now: number, outcome?: Outcome) =>
      ledger.settle(held, {
        ...{ now, state: 'done', progress: NO_PROGRESS, events: [], announce: 'done' },
        ...(outcome && { outcome }),
      });

    const hold = (held: Claim, now: number) =>
      ledger.settle(held, { now, state: 'held', progress: PROGRESS, events: [] });

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

    const purge = (endedBefore: number, limit = 10) => ledger.purge({ now: endedBefore, endedBefore, limit });

    const stateOf = async (id: string) => (await ledger.get(id))?.state;

    describe('accept', () => {
      it('makes a queued entry of a new report, due at once', async () => {
        const result = await accept([aReport('a')]);

        expect(result).toMatchObject({ created: 1, repeated: 0 });
        expect(await ledger.get('a')).toEqual({
          ...{ id: 'a', provider: PROVIDER, kind: 'api-key', types: ['acme_key'], state: 'queued' },
          ...{ outcome: null, approved: false, reports: 1, firstReportedAt: T0, lastReportedAt: T0 },
          ...{ dueAt: T0, endedAt: null, ...NO_PROGRESS },
          ...{
            locations: ['https://git.test/a'],
            unreadableLocations: [],
            locationsLeftOut: 0,
            projects: [],
            caller: null,
            findings: [],
          },
          history: [{ at: T0, event: 'reported' }],
        });
      });

      it('tells which reports make an entry wait for a person, or start one anew that waits', async () => {
        const attention: ReportedToken['initial'] = { state: 'attention', outcome: UNRECOGNISED };
        const reports = [
          aReport('a'),
          aReport('b', HELD),
          aReport('b', HELD),
          aReport('c', { initial: attention }),
        ];
        expect(await accept(reports)).toMatchObject({ setAside: [1, 3], beyond: [] });

        const again = [aReport('b', HELD), aReport('c', { initial: attention, restarts: RESTARTS })];
        expect(await accept(again)).toMatchObject({ setAside: [1], beyond: [] });
      });

      it('leaves the rest of a large request when its time is over, and goes on from there', async () => {
        const taken = 2 * REPORTS_PER_PART_OF_MANY;
        const total = REPORTS_PER_PART + 10;
        const isHeld = (n: number) => n % 75 === 0;
        const reports = Array.from({ length: total }, (_, n) => aReport(`entry-${n}`, isHeld(n) ? HELD : {}));
        let asked = 0;
        const isOver = () => ++asked === 2;
        const options = { now: T0, backlog: 1_000_000, isOver };

        const first = await ledger.accept(reports, options);
        const counted = await ledger.repeat(reports, { now: T0, isOver: () => true });
        const known = await ledger.repeat(reports, { now: T0 });
        const rest = reports.filter((_, n) => !known[n]);

        expect(counted).toEqual(reports.map((_, n) => n < REPORTS_PER_PART_OF_MANY));
        expect(first).toMatchObject({ created: taken, left: total - taken, setAside: [0, 75, 150] });
        expect(rest).toEqual(reports.slice(taken));
        expect(await ledger.accept(rest, options)).toMatchObject({
          ...{ created: total - taken, left: 0 },
          setAside: [...rest.keys()].filter((n) => isHeld(n + taken)),
        });
      });

      it('lets others write between the parts of a large request, whether it is new or known', async () => {
        // So many that each of three partitions has several parts.
        const large = Array.from({ length: 4 * REPORTS_PER_PART }, (_, n) => aReport(`entry-${n}`));
        const options = { now: T0, backlog: 1_000_000 };
        const order: string[] = [];
        const ended = (name: string) => () => order.push(name);

        await Promise.all([
          ledger.accept(large, options).then(ended('new')),
          ledger.accept([aReport('one')], options).then(ended('other')),
        ]);
        await Promise.all([
          ledger.repeat(large, { now: T0 }).then(ended('known')),
          ledger.accept([aReport('two')], options).then(ended('other')),
        ]);

        expect(order).toEqual(['other', 'new', 'other', 'known']);
      });

      it('gives a new entry nothing of another one that the same request repeats', async () => {
        const [here, there] = ['https://git.test/here', 'https://git.test/there'];
        await accept([
          aReport('first', { location: here }),
          aReport('first', { location: there }),
          aReport('second', { location: here }),
          aReport('third', { location: there }),
          aReport('fourth', { location: '' }),
        ]);

        expect(await ledger.get('first')).toMatchObject({ reports: 2, locations: [here, there] });
        expect(await ledger.get('second')).toMatchObject({ reports: 1, locations: [here] });
        expect(await ledger.get('third')).toMatchObject({ reports: 1, locations: [there] });
        expect(await ledger.get('fourth')).toMatchObject({ reports: 1, locations: [] });
        expect(await claimedIds(T0)).toEqual(['first', 'second', 'third', 'fourth']);
      });

      it('reads what is sealed of new entries alone', async () => {
        let sealed = 0;
        const report = (id: string) => ({
          ...aReport(id),
          get sealed() {
            sealed += 1;
            return 'sealed late';
          },
        });
        await accept([report('a')]);
        expect(sealed).toBe(1);
        expect(await ledger.repeat([report('a')], { now: T0 })).toEqual([true]);
        expect(sealed).toBe(1);
      });

      it('makes a held entry, which is not due', async () => {
        await accept([aReport('a', { initial: { state: 'held' } })]);

        expect(await ledger.get('a')).toMatchObject({ state: 'held', dueAt: null, endedAt: null });
        expect(await claimedIds(T0)).toEqual([]);
      });

      it('keeps why an entry is held, from its first report on or from a look, until it is approved or dismissed', async () => {
        await accept([
          aReport('a', { initial: { state: 'held', outcome: BY_MODE } }),
          aReport('b'),
          aReport('c'),
        ]);
        for (const held of (await claim(T0)).claims) {
          await ledger.settle(held, {
            ...{ now: T0, state: 'held', outcome: UNPROVEN, progress: NO_PROGRESS, events: [] },
          });
        }
        expect((await ledger.get('a'))?.outcome).toEqual(BY_MODE);
        expect(await ledger.get('b')).toMatchObject({ state: 'held', outcome: UNPROVEN, endedAt: null });

        await requeue('b', T0, true);
        await dismiss('c', T0);

        expect((await ledger.get('b'))?.outcome).toBeNull();
        expect((await ledger.get('c'))?.outcome).toBeNull();
      });

      it('makes an entry that needs attention, which has ended and is not due', async () => {
        await accept([aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } })]);

        expect(await ledger.get('a')).toMatchObject({
          ...{ state: 'attention', outcome: UNRECOGNISED, dueAt: null, endedAt: T0 },
        });
        expect(await claimedIds(T0)).toEqual([]);
      });

      it('takes an empty request', async () => {
        expect(await accept([])).toMatchObject({ created: 0, repeated: 0 });
      });

      it('counts a report of a known token and starts nothing', async () => {
        await accept([aReport('a')]);
        await settle(await claimOne(T0), T0 + 1);

        const result = await accept(
          [aReport('a', { type: 'other_rule', location: 'elsewhere', sealed: 'x' })],
          T0 + 2,
        );

        expect(result).toMatchObject({ created: 0, repeated: 1 });
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

        expect(result).toMatchObject({ created: 2, repeated: 2 });
        expect(await ledger.get('a')).toMatchObject({ reports: 3, types: ['acme_key'] });
        expect((await claimedIds(T0)).toSorted()).toEqual(['a', 'b']);
      });

      it('makes one entry of a token that is reported by many at the same time', async () => {
        const results = await Promise.all(Array.from({ length: 20 }, () => accept([aReport('a')])));

        expect(results.filter(({ created }) => created === 1)).toHaveLength(1);
        expect(await ledger.get('a')).toMatchObject({ reports: 20 });
        expect(await ledger.count()).toEqual([{ provider: PROVIDER, state: 'queued', entries: 1 }]);
      });

      it('takes thousands of reports in one request', async () => {
        const reports = Array.from({ length: 5_000 }, (_, index) => aReport(`token-${index}`));

        expect(await accept(reports)).toMatchObject({ created: 5_000, repeated: 0 });
        expect(await accept(reports, T0 + 1)).toMatchObject({ created: 0, repeated: 5_000 });
        expect(await ledger.count()).toEqual([{ provider: PROVIDER, state: 'queued', entries: 5_000 }]);
      });

      it('keeps the first and the newest locations up to the limit, each one once, none that is empty, and counts the others', async () => {
        const locations = ['', ...Array.from({ length: MAX_LOCATIONS + 5 }, (_, index) => `line ${index}`)];

        await accept(locations.map((location) => aReport('a', { location })));
        await accept([aReport('a', { location: 'line 12' }), aReport('a', { location: 'late' })]);

        const entry = await ledger.get('a');
        const [first, newest] = [locations.slice(1, 11), locations.slice(18)];
        expect(entry?.locations).toEqual([...first, ...newest, 'line 12', 'late']);
        expect(entry?.locationsLeftOut).toBe(7);
        expect(entry?.reports).toBe(locations.length + 2);
      });

      it('knows where nothing is read, until a report says that it may be', async () => {
        const at = (place: string, readable: boolean) =>
          aReport('a', { location: `https://git.test/${place}`, readable });
        await accept([at('c', false), at('b', true), at('a', false), at('b', false)]);
        expect(await ledger.get('a')).toMatchObject({
          locations: ['https://git.test/c', 'https://git.test/b', 'https://git.test/a'],
          unreadableLocations: ['https://git.test/c', 'https://git.test/a'],
        });

        await accept([at('a', true), at('a', false)], T0 + 1);

        expect((await ledger.get('a'))?.unreadableLocations).toEqual(['https://git.test/c']);
      });

      it('forgets where nothing is read with the place that makes room', async () => {
        const reports = Array.from({ length: MAX_LOCATIONS + 1 }, (_, n) =>
          aReport('a', { location: `place ${n}`, readable: n !== 10 }),
        );
        await accept(reports);
        await accept([aReport('a', { location: 'place 10' })], T0 + 1);

        expect(await ledger.get('a')).toMatchObject({ locationsLeftOut: 2, unreadableLocations: [] });
      });

      it('tells the projects of the locations, each once', async () => {
        const on = 'https://git.test:8443';
        const locations = [
          inProject('acme/app', on),
          `${inProject('acme/app', on)}0`,
          inProject('acme/tools/x', on),
        ];

        await accept(locations.map((location) => aReport('a', { location })));
        await accept(
          ['elsewhere', 'https://git.test/no/project'].map((location) => aReport('a', { location })),
        );

        expect((await ledger.get('a'))?.projects).toEqual([
          'https://git.test:8443/acme/app',
          'https://git.test:8443/acme/tools/x',
        ]);
      });

      it('keeps the first findings up to the limit, each one once, in their order', async () => {
        const findings = Array.from({ length: MAX_FINDINGS + 5 }, (_, index) => `finding ${index} ☃`);

        await accept([aReport('a'), ...findings.map((finding) => aReport('a', { finding }))]);
        await accept([aReport('a', { finding: 'finding 3 ☃' }), aReport('b', { finding: 'finding 3 ☃' })]);

        expect(await ledger.get('a')).toMatchObject({ findings: findings.slice(0, MAX_FINDINGS) });
        expect(await ledger.get('b')).toMatchObject({ findings: ['finding 3 ☃'] });
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
        expect(await accept([aReport('d')], T0, 2)).toMatchObject({ created: 1, repeated: 0 });
      });
    });

    describe('accept with restarts', () => {
      const again = (changes: Partial<ReportedToken> = {}) =>
        aReport('a', { restarts: RESTARTS, sealed: 'sealed anew', kind: 'other-kind', ...changes });

      it('starts an entry anew that ended as would-revoke, with the new token', async () => {
        await accept([aReport('a')]);
        await putOff(await claimOne(T0), T0, T0 + 1, 'note');
        await settle(await claimOne(T0 + 1), T0 + 2, WOULD_REVOKE);

        const result = await accept([again()], T0 + 3);

        expect(result).toMatchObject({ created: 0, repeated: 1 });
        expect(await ledger.get('a')).toMatchObject({
          ...{ state: 'queued', outcome: null, endedAt: null, dueAt: T0 + 3, reports: 2, ...NO_PROGRESS },
          history: [{ event: 'reported' }, { event: 'attempted' }, { at: T0 + 3, event: 'reported' }],
        });
        expect(await claimOne(T0 + 3)).toMatchObject({
          ...{ id: 'a', sealed: 'sealed anew', kind: 'other-kind', note: null, ...NO_PROGRESS },
        });
      });

      it('starts an entry anew for a reason that counts at a new place only', async () => {
        const missing: Outcome = { ...EXHAUSTED, kind: 'refused', reason: 'needs-context' };
        const at = (location: string) =>
          again({ restarts: [], restartsAtNewPlace: ['needs-context'], location });
        await accept([aReport('a')]);
        await toAttention(await claimOne(T0), T0, missing);

        await accept([at('https://git.test/a')], T0 + 1);
        expect(await stateOf('a')).toBe('attention');
        await accept([at('https://git.test/elsewhere')], T0 + 2);

        expect(await ledger.get('a')).toMatchObject({ state: 'queued', outcome: null, dueAt: T0 + 2 });
      });

      it('starts a held entry anew, so often in an hour, and as long as no person has decided', async () => {
        const unproven: Outcome = { ...EXHAUSTED, kind: 'held', reason: 'unproven' };
        const holdAs = (held: Claim, now: number) =>
          ledger.settle(held, {
            ...{ now, state: 'held', outcome: unproven, progress: PROGRESS, note: 'seen', events: [] },
          });
        const half = () => again({ restarts: ['unproven'], kind: 'api-key' });
        await accept([aReport('a')]);
        await holdAs(await claimOne(T0), T0);
        await accept([again({ restarts: ['needs-context'] })], T0);
        expect(await stateOf('a')).toBe('held');

        for (let count = 1; count <= MAX_RESTARTS_OF_HELD; count++) {
          await accept([half()], T0 + count);
          expect(await ledger.get('a')).toMatchObject({ state: 'queued', outcome: null });
          const held = await claimOne(T0 + count);
          expect(held).toMatchObject({ note: 'seen', sealed: 'sealed anew', ...NO_PROGRESS });
          await holdAs(held, T0 + count);
        }
        await accept([half()], T0 + HOUR_MS);
        expect(await stateOf('a')).toBe('held');
        await accept([half()], T0 + HOUR_MS + 1);
        expect(await stateOf('a')).toBe('queued');

        await holdAs(await claimOne(T0 + HOUR_MS + 1), T0 + HOUR_MS + 1);
        await dismiss('a', T0 + 2 * HOUR_MS);
        await accept([half()], T0 + 3 * HOUR_MS);
        expect(await stateOf('a')).toBe('dismissed');
      });

      it.each([
        ['held', 'api-key', 'seen'],
        ['attention', 'api-key', 'seen'],
        ['held', 'other-kind', null],
        ['attention', 'other-kind', null],
      ] as const)(
        'starts one in %s anew as %s, with what was noted of that kind',
        async (state, kind, note) => {
          const outcome: Outcome = { ...EXHAUSTED, kind: 'refused', reason: 'needs-context' };
          await accept([aReport('a')]);
          const settlement = { now: T0, state, outcome, progress: PROGRESS, note: 'seen', events: [] };
          await ledger.settle(await claimOne(T0), settlement);

          await accept([again({ restarts: ['needs-context'], kind })], T0 + 1);

          expect(await claimOne(T0 + 1)).toMatchObject({ kind, note, sealed: 'sealed anew' });
        },
      );

      it('starts an entry anew where a place can be read only now, and once', async () => {
        const missing: Outcome = { ...EXHAUSTED, kind: 'refused', reason: 'needs-context' };
        const restartsAtNewPlace = ['needs-context'];
        await accept([aReport('a', { readable: false })]);
        await toAttention(await claimOne(T0), T0, missing);

        await accept([again({ restarts: [], restartsAtNewPlace, readable: false })], T0 + 1);
        expect(await stateOf('a')).toBe('attention');
        await accept([again({ restarts: [], restartsAtNewPlace })], T0 + 2);
        expect(await stateOf('a')).toBe('queued');
        await toAttention(await claimOne(T0 + 2), T0 + 2, missing);
        await accept([again({ restarts: [], restartsAtNewPlace })], T0 + 3);

        expect(await stateOf('a')).toBe('attention');
      });

      it('starts an unrecognised entry anew, as held where the report says so', async () => {
        await accept([aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } })]);

        await accept([again({ initial: { state: 'held' } })], T0 + 1);

        expect(await ledger.get('a')).toMatchObject({ state: 'held', outcome: null, endedAt: null });
        expect(await purge(T0 + HOUR_MS, 10)).toBe(0);
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

      describe('of what is ignored', () => {
        const IGNORED: Outcome = { kind: 'ignored', verified: false, advice: 'A decoy.' };
        const ignored = (id: string, changes: Partial<ReportedToken> = {}) =>
          aReport(id, { sealed: '', initial: { state: 'dismissed', outcome: IGNORED }, ...changes });
        const touched = (id: string, changes: Partial<ReportedToken> = {}) =>
          aReport(id, { restarts: ['ignored'], location: 'https://git.test/elsewhere', ...changes });

        it('keeps an entry that has ended, tells nobody, and gives it to nobody', async () => {
          await ledger.setChannels(['mail']);
          await accept([ignored('decoy')]);
          await accept([ignored('decoy', { location: 'https://git.test/again' })], T0 + 1);

          expect(await ledger.get('decoy')).toMatchObject({
            ...{ state: 'dismissed', outcome: IGNORED, reports: 2, dueAt: null, endedAt: T0 },
            locations: ['https://git.test/decoy', 'https://git.test/again'],
          });
          expect(await ledger.count()).toEqual([{ provider: PROVIDER, state: 'dismissed', entries: 1 }]);
          expect(await claimedIds(T0 + 1)).toEqual([]);
          const batch = { now: T0, limit: 10, leaseMs: LEASE_MS };
          expect(await ledger.takeAnnouncements('mail', batch)).toBeUndefined();
        });

        it('starts it once it is reported where it is not ignored, in the same request, too', async () => {
          await accept([ignored('later'), ignored('at-once'), touched('at-once')]);
          await accept([touched('later')], T0 + 1);

          expect((await claimedIds(T0 + 1)).toSorted()).toEqual(['at-once', 'later']);
          expect(await ledger.get('later')).toMatchObject({ state: 'queued', outcome: null, endedAt: null });
        });

        it('hands over the token of the report that started it', async () => {
          await accept([ignored('decoy')]);
          await accept([touched('decoy', { sealed: 'sealed anew' })]);

          expect(await claimOne(T0)).toMatchObject({ id: 'decoy', sealed: 'sealed anew' });
        });

        it('leaves what is worked on, what has ended, and what a person dismissed', async () => {
          await accept([touched('queued'), touched('dismissed', { initial: { state: 'held' } })]);
          await dismiss('dismissed', T0);
          await accept([ignored('queued'), ignored('dismissed')], T0 + 1);
          await accept([touched('dismissed')], T0 + 2);

          expect(await stateOf('dismissed')).toBe('dismissed');
          expect(await claimedIds(T0 + 2)).toEqual(['queued']);
        });

        it('forgets it after its time, as what has ended', async () => {
          await accept([ignored('decoy')]);

          expect(await ledger.purge({ now: T0 + 2, endedBefore: T0 + 1, limit: 10 })).toBe(1);
          expect(await ledger.get('decoy')).toBeUndefined();
        });
      });

      it('does not restart again what a retry has brought on its way', async () => {
        await accept([aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } })]);
        await requeue('a', T0);
        const held = await claimOne(T0);

        await accept([again()], T0 + 1);

        expect(await settle(held, T0 + 2)).toBe(true);
      });
    });

    describe('accept with recheckEndedBefore', () => {
      const endedAs = async (id: string, outcome: Outcome, now = T0) => {
        await accept([aReport(id)], now);
        await putOff(await claimOne(now), now, now, 'note');
        await settle(await claimOne(now), now, outcome);
      };

      const again = (id: string, changes: Partial<ReportedToken> = {}) =>
        aReport(id, { sealed: 'sealed anew', kind: 'other-kind', recheckEndedBefore: T0 + 1, ...changes });

      it.each(['revoked', 'already-inactive'] as const)(
        'queues an entry again that ended as %s, and keeps its outcome meanwhile',
        async (kind) => {
          await endedAs('a', { kind, verified: true });

          const result = await accept([again('a')], T0 + HOUR_MS);

          expect(result).toMatchObject({ created: 0, repeated: 1 });
          expect(await ledger.get('a')).toMatchObject({
            ...{ state: 'queued', outcome: { kind, verified: true }, endedAt: null, dueAt: T0 + HOUR_MS },
            ...{ ...NO_PROGRESS, phase: 'recheck', reports: 2 },
            history: [{ event: 'reported' }, { event: 'attempted' }, { at: T0 + HOUR_MS, event: 'reported' }],
          });
          expect(await purge(T0 + 2 * HOUR_MS)).toBe(0);
        },
      );

      it('hands over what the work needs, with the token of the new report', async () => {
        await endedAs('a', REVOKED);
        await accept([again('a')], T0 + HOUR_MS);

        expect((await claim(T0 + HOUR_MS)).claims).toEqual([
          {
            ...{ id: 'a', lease: expect.any(String), provider: PROVIDER, kind: 'other-kind' },
            ...{
              sealed: 'sealed anew',
              note: null,
              approved: false,
              approvedUnproven: false,
              state: 'queued',
            },
            ...{ firstReportedAt: T0, ...NO_PROGRESS, phase: 'recheck' },
          },
        ]);
      });

      it('tells of the new work', async () => {
        await endedAs('a', REVOKED);
        const heard: string[] = [];
        ledger.onWork((provider) => heard.push(provider));

        await accept([again('a')], T0 + HOUR_MS);

        expect(heard).toEqual([PROVIDER]);
      });

      it('starts nothing where it ended later, or no time is given', async () => {
        await endedAs('a', REVOKED, T0 + 1);

        await accept([again('a'), aReport('a')], T0 + HOUR_MS);

        expect(await ledger.get('a')).toMatchObject({ state: 'done', reports: 3, endedAt: T0 + 1 });
      });

      it.each(['accepted', 'expires', 'would-revoke'] as const)(
        'starts nothing where it ended as %s',
        async (kind) => {
          await endedAs('a', { kind, verified: false });

          await accept([again('a')], T0 + HOUR_MS);

          expect(await stateOf('a')).toBe('done');
        },
      );

      it('starts nothing where it is not done', async () => {
        await accept([aReport('dismissed'), aReport('attention'), aReport('held', HELD)]);
        await dismiss('dismissed', T0);
        await toAttention(await claimOne(T0), T0, REVOKED);
        const ids = ['dismissed', 'attention', 'held'];

        await accept(
          ids.map((id) => again(id)),
          T0 + HOUR_MS,
        );

        expect(await Promise.all(ids.map(stateOf))).toEqual(ids);
      });

      it('starts anew what a restart is asked for', async () => {
        await endedAs('a', REVOKED);

        await accept([again('a', { restarts: ['revoked'] })], T0 + HOUR_MS);

        expect(await ledger.get('a')).toMatchObject({ state: 'queued', outcome: null, phase: 'revoke' });
      });

      it('asks once for all reports that come meanwhile', async () => {
        await endedAs('a', REVOKED);
        await accept([again('a'), again('a', { sealed: 'late' })], T0 + HOUR_MS);
        const held = await claimOne(T0 + HOUR_MS);
        await accept([again('a', { sealed: 'later' })], T0 + HOUR_MS);

        expect(held.sealed).toBe('sealed anew');
        expect(await settleAsBefore(held, T0 + HOUR_MS + 1)).toBe(true);
        expect((await ledger.get('a'))?.history).toHaveLength(3);
      });

      it('leaves what was known when the settlement brings nothing new', async () => {
        await endedAs('a', REVOKED);
        await accept([again('a')], T0 + HOUR_MS);

        await settleAsBefore(await claimOne(T0 + HOUR_MS), T0 + HOUR_MS + 1);

        expect(await ledger.get('a')).toMatchObject({
          ...{ state: 'done', outcome: REVOKED, endedAt: T0 + HOUR_MS + 1, dueAt: null },
        });
        await accept([again('a')], T0 + 2 * HOUR_MS);
        expect(await stateOf('a')).toBe('done');
        await accept([again('a', { recheckEndedBefore: T0 + HOUR_MS + 2 })], T0 + 2 * HOUR_MS);
        expect(await ledger.get('a')).toMatchObject({ state: 'queued', outcome: REVOKED, phase: 'recheck' });
      });

      it('keeps what the vendor told of a token, sealed, until a later settlement tells more', async () => {
        await accept([aReport('a')]);
        const subject = { owner: 'ada@example.com', scopes: ['read'] };
        const end = { now: T0, progress: NO_PROGRESS, events: [] };
        await ledger.settle(await claimOne(T0), {
          ...end,
          state: 'attention',
          outcome: EXHAUSTED,
          dueAt: T0,
          subject,
        });
        expect(await ledger.get('a')).toMatchObject({ subject });

        await settle(await claimOne(T0), T0 + 1);
        expect(await ledger.get('a')).toMatchObject({ state: 'done', subject });
      });

      it('keeps the outcome while the work goes on, until a settlement brings another one', async () => {
        await endedAs('a', REVOKED);
        await accept([again('a')], T0 + HOUR_MS);
        await putOff(await claimOne(T0 + HOUR_MS), T0 + HOUR_MS, T0 + HOUR_MS);
        const between = await ledger.get('a');

        await toAttention(await claimOne(T0 + HOUR_MS), T0 + HOUR_MS, EXHAUSTED);

        expect(between).toMatchObject({ state: 'queued', outcome: REVOKED });
        expect(await ledger.get('a')).toMatchObject({ state: 'attention', outcome: EXHAUSTED });
      });

      it('takes the outcome back when the entry is held', async () => {
        await endedAs('a', REVOKED);
        await accept([again('a')], T0 + HOUR_MS);

        await hold(await claimOne(T0 + HOUR_MS), T0 + HOUR_MS);

        expect(await ledger.get('a')).toMatchObject({ state: 'held', outcome: null });
      });

      it('does not count for the safety valve', async () => {
        await endedAs('a', REVOKED);
        await accept([again('a')], T0 + 2 * HOUR_MS);
        await accept([aReport('b')], T0 + 2 * HOUR_MS);

        const { claims, lane } = await claim(T0 + 2 * HOUR_MS, { maxPerHour: 1 });

        expect(claims.map(({ id }) => id).sort()).toEqual(['a', 'b']);
        expect(lane).toMatchObject({ revokedLastHour: 0, valveOpensAt: null });
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
            ...{ note: null, approved: false, approvedUnproven: false, state: 'queued' },
            ...{ firstReportedAt: T0, ...NO_PROGRESS },
          },
        ]);
        expect(lane).toEqual({
          ...{ provider: PROVIDER, epoch: 0, streak: 0, pausedUntil: 0, reason: null, parked: false },
          ...{ mode: null, lastDoneAt: null, revokedLastHour: 0, valveOpensAt: null, shareOpensAt: null },
        });
      });

      it('takes the longest due first of what has its time, up to the limit', async () => {
        await accept([aReport('third'), aReport('first'), aReport('second')]);
        for (const after of [3, 1, 2]) await putOff(await claimOne(T0), T0, T0 + after);

        expect(await claimedIds(T0 + 9, { limit: 2 })).toEqual(['first', 'second']);
        expect(await claimedIds(T0 + 9, { limit: 2 })).toEqual(['third']);
      });

      inOrder('takes what is equally long due in the order of its reports', async () => {
        const ids = ['d', 'a', 'c', 'b'];
        await accept(ids.map((id) => aReport(id)));

        expect(await claimedIds(T0)).toEqual(ids);
      });

      inOrder('takes what a report starts anew before what the same request reports behind it', async () => {
        const outcome: Outcome = { ...EXHAUSTED, kind: 'refused', reason: 'unrecognised' };
        const unread = aReport('b', { initial: { state: 'attention', outcome } });
        await accept([unread, aReport('b', { restarts: RESTARTS }), aReport('a')]);

        expect(await claimedIds(T0)).toEqual(['b', 'a']);
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

      it('answers each of many at once by itself', async () => {
        const ids = Array.from({ length: 150 }, (_, n) => `many-${n}`);
        await accept(ids.map((id) => aReport(id)));
        const { claims } = await claim(T0, { limit: ids.length });
        const lost = claims.map((held, n) => (n % 2 === 0 ? held : { ...held, lease: 'another' }));

        const settled = await Promise.all(lost.map((held) => settle(held, T0)));

        expect(settled).toEqual(ids.map((_, n) => n % 2 === 0));
        expect(await Promise.all(claims.map(({ id }) => stateOf(id)))).toEqual(
          ids.map((_, n) => (n % 2 === 0 ? 'done' : 'queued')),
        );
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
        await accept([aReport('a')]);
        expect(await settle({ ...(await claimOne(T0)), id: 'nobody' }, T0)).toBe(false);
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
        expect(await purge(T0 + HOUR_MS, 10)).toBe(0);
      });

      it('keeps the newest events', async () => {
        await accept([aReport('a')]);
        const events = Array.from({ length: MAX_EVENTS + 3 }, (_, at) => ({ at, event: 'attempted' }));

        await ledger.settle(await claimOne(T0), {
          ...{ now: T0, state: 'done', outcome: REVOKED, progress: NO_PROGRESS, events },
        });

        expect((await ledger.get('a'))?.history).toEqual(events.slice(3));
      });

      it('keeps what persons did, however much happened since', async () => {
        const act = (at: number) => ({ at, event: 'approved', by: 'somebody "by":"' });
        await accept([aReport('a', { initial: { state: 'held' } })]);
        await ledger.requeue('a', { now: T0, approve: true, event: act(T0) });
        const events = Array.from({ length: 2 * MAX_EVENTS }, (_, at) => ({
          ...{ at, event: 'attempted', message: '"by":"nobody"' },
        }));
        await ledger.putOff(await claimOne(T0), { now: T0, dueAt: T0 + 1, progress: NO_PROGRESS, events });
        await ledger.settle(await claimOne(T0 + 1), {
          ...{ now: T0 + 1, state: 'attention', outcome: EXHAUSTED, progress: NO_PROGRESS, events },
        });
        await ledger.requeue('a', { now: T0 + 2, approve: true, event: act(T0 + 2) });

        expect((await ledger.get('a'))?.history).toEqual([
          act(T0),
          ...events.slice(-MAX_EVENTS),
          act(T0 + 2),
        ]);
      });
    });

    describe('an end that holds for so many reports', () => {
      const end = (held: Claim, ofReports: number) =>
        ledger.settle(held, {
          ...{ now: T0 + 2, state: 'done', outcome: REVOKED, progress: NO_PROGRESS, events: [], ofReports },
        });

      it('is written as long as there are no more', async () => {
        await accept([aReport('a'), aReport('a')]);
        expect(await end(await claimOne(T0), 2)).toBe(true);
        expect(await stateOf('a')).toBe('done');
      });

      it('is not written once there are, and the lease stays', async () => {
        await accept([aReport('a')]);
        const held = await claimOne(T0);
        await accept([aReport('a', { location: 'elsewhere' })], T0 + 1);

        expect(await end(held, 1)).toBe(false);

        expect(await ledger.get('a')).toMatchObject({ state: 'queued', outcome: null });
        expect(await putOff(held, T0 + 2, T0 + 3, 'note')).toBe(true);
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

      inOrder(
        'puts a released entry behind what waits, even what waits since the same millisecond',
        async () => {
          await accept([aReport('a'), aReport('b'), aReport('c')]);
          for (const held of (await claim(T0)).claims) await putOff(held, T0, T0);

          await ledger.release(await claimOne(T0), T0);

          expect(await claimedIds(T0)).toEqual(['b', 'c', 'a']);
        },
      );
    });

    describe('what waits until something is mended', () => {
      const MENDED = { waitsFor: ['credential-refused'] };
      const waiting = async (ids: readonly string[], waitsFor: string, dueAt = T0 + HOUR_MS) => {
        await accept(ids.map((id) => aReport(id)));
        for (const each of (await claim(T0)).claims) {
          const events = [{ at: T0, event: 'deferred', dueAt }];
          await ledger.putOff(each, { now: T0, dueAt, progress: PROGRESS, events, waitsFor });
        }
      };
      const claimedIds = async (now: number) => (await claim(now)).claims.map(({ id }) => id).toSorted();

      it('has its time once that is mended, and nothing else has', async () => {
        await waiting(['a', 'b'], 'credential-refused');
        await waiting(['c'], 'misconfigured');
        await accept([aReport('d')]);
        await putOff(await claimOne(T0), T0, T0 + HOUR_MS);

        expect(await ledger.endWaits(PROVIDER, { now: T0 + 1, ...MENDED })).toBe(2);

        expect((await ledger.get('a'))?.dueAt).toBe(T0 + 1);
        expect(await claimedIds(T0 + 1)).toEqual(['a', 'b']);
        expect(await ledger.endWaits(PROVIDER, { now: T0 + 1, ...MENDED })).toBe(0);
        expect(await ledger.endWaits('other', { now: T0 + 1, waitsFor: ['misconfigured'] })).toBe(0);
        expect(await ledger.endWaits(PROVIDER, { now: T0 + 1, waitsFor: ['x', 'misconfigured'] })).toBe(1);
      });

      it('may be tried by a few, the next ones first', async () => {
        for (const hour of [2, 1, 3]) await waiting([`${hour}`], 'credential-refused', T0 + hour * HOUR_MS);

        expect(await ledger.endWaits(PROVIDER, { now: T0, ...MENDED, limit: 1 })).toBe(1);

        // Over several partitions it is the next one of any of them.
        expect(await claimedIds(T0)).toEqual(spread ? [expect.any(String)] : ['1']);
        expect(await ledger.endWaits(PROVIDER, { now: T0, ...MENDED, limit: 5 })).toBe(2);
      });

      it('has its time by one of them that shows it, and by no other entry', async () => {
        await waiting(['shows'], 'credential-refused', T0 + 1);
        await waiting(['a', 'b'], 'credential-refused');
        await accept([aReport('other')]);
        const shownBy = (id: string) => ledger.endWaits(PROVIDER, { now: T0 + 1, ...MENDED, shownBy: id });

        expect(await shownBy('other')).toBeUndefined();
        for (const each of (await claim(T0 + 1)).claims) await settle(each, T0 + 1);

        expect(await shownBy('shows')).toBe(2);
        expect(await shownBy('shows')).toBeUndefined();
        expect(await claimedIds(T0 + 1)).toEqual(['a', 'b']);
      });

      it('has its time also where it was put off for that before', async () => {
        await waiting(['a'], 'credential-refused', T0 + 1);
        const again = { now: T0 + 1, dueAt: T0 + HOUR_MS, progress: PROGRESS, events: [] };
        await ledger.putOff(await claimOne(T0 + 1), { ...again, waitsFor: 'credential-refused' });

        expect(await ledger.endWaits(PROVIDER, { now: T0 + 2, ...MENDED })).toBe(1);
        expect(await claimedIds(T0 + 2)).toEqual(['a']);
      });

      it('is in nobody’s way once it had another end', async () => {
        await waiting(['in hand', 'dismissed', 'again'], 'credential-refused');
        await dismiss('dismissed', T0);
        const claims = (await claim(T0 + HOUR_MS)).claims;
        const again = claims.find(({ id }) => id === 'again') ?? first(claims);
        await putOff(again, T0 + HOUR_MS, T0 + 2 * HOUR_MS);

        expect(await ledger.endWaits(PROVIDER, { now: T0 + HOUR_MS, ...MENDED })).toBe(0);
        expect(await stateOf('dismissed')).toBe('dismissed');
        expect((await ledger.get('again'))?.dueAt).toBe(T0 + 2 * HOUR_MS);
      });
    });

    describe('renew', () => {
      it('keeps claims for longer, and tells how many are held still', async () => {
        await accept([aReport('a'), aReport('b')]);
        const claims = (await claim(T0)).claims.toSorted((a, b) => a.id.localeCompare(b.id));
        await settle(first(claims), T0);

        expect(await ledger.renew(claims, T0 + 2 * LEASE_MS)).toBe(1);

        expect(await claimedIds(T0 + LEASE_MS)).toEqual([]);
        expect((await ledger.get('b'))?.dueAt).toBe(T0 + 2 * LEASE_MS);
        expect(await claimedIds(T0 + 2 * LEASE_MS)).toEqual(['b']);
        expect(await ledger.renew(claims, T0 + 9 * LEASE_MS)).toBe(0);
        expect(await ledger.renew([], T0)).toBe(0);
      });

      it('keeps the probe of a lane, and what counts as in hand, for as long', async () => {
        await accept(['a', 'b', 'c'].map((id) => aReport(id)));
        await ledger.pauseLane(PROVIDER, { epoch: 0, until: T0, reason: 'throttled', now: T0 });
        const held = await claimOne(T0);

        await ledger.renew([held], T0 + 2 * LEASE_MS);

        expect(await claimedIds(T0 + LEASE_MS)).toEqual([]);
        await ledger.laneHealthy(PROVIDER, 1, T0);
        expect(await claimedIds(T0 + LEASE_MS, { maxPerHour: 2 })).toHaveLength(1);
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

      it('leaves as it is what has something in its history that the person did not see', async () => {
        await accept([
          aReport('a', { initial: { state: 'held' } }),
          aReport('b', { initial: { state: 'held' } }),
        ]);
        await requeue('b', T0 + 1);
        await ledger.settle(await claimOne(T0 + 1), {
          ...{ now: T0 + 5, state: 'held', progress: NO_PROGRESS },
          events: [{ at: T0 + 5, event: 'held' }],
        });
        const act = (now: number) => ({ now, event: { at: now, event: 'decided', by: 'ada' } });
        const seenAt = (id: string, asOf: number) =>
          ledger.requeue(id, { ...act(T0 + 9), approve: true, asOf });

        expect(await seenAt('a', T0 - 1)).toBe(false);
        expect(await seenAt('b', T0 + 4)).toBe(false);
        expect(await ledger.dismiss('b', { ...act(T0 + 9), asOf: T0 + 4 })).toBe(false);
        expect(await ledger.get('b')).toMatchObject({ state: 'held', approved: false });

        expect(await seenAt('a', T0)).toBe(true);
        expect(await ledger.dismiss('b', { ...act(T0 + 9), asOf: T0 + 5 })).toBe(true);
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

      inOrder('tells an approval of what nothing proves from one of what hits more', async () => {
        const heldAs = (id: string, outcome: Outcome) => aReport(id, { initial: { state: 'held', outcome } });
        await accept([heldAs('a', UNPROVEN), heldAs('b', BY_MODE)]);
        await requeue('a', T0, true);
        await requeue('b', T0, true);

        expect(await claimOne(T0)).toMatchObject({ id: 'a', approved: true, approvedUnproven: true });
        expect(await claimOne(T0)).toMatchObject({ id: 'b', approved: true, approvedUnproven: false });
        expect(await ledger.get('a')).toMatchObject({ approved: true });
      });

      it.each([PROVIDER, ALL_LANES])(
        'forgets approvals of what is queued when %s is set to hold',
        async (lane) => {
          await accept([aReport('a', HELD), aReport('b', { ...HELD, provider: 'other' })]);
          await requeue('a', T0, true);
          await requeue('b', T0, true);

          await ledger.setMode(lane, 'hold');

          expect(await claimOne(T0)).toMatchObject({ id: 'a', approved: false });
          expect((await claim(T0, {}, 'other')).claims).toMatchObject([{ approved: lane !== ALL_LANES }]);
        },
      );

      it.each([
        ['needed attention', (held: Claim) => toAttention(held, T0)],
        ['was held', (held: Claim) => hold(held, T0)],
      ])(
        'forgets the approval of what %s while the lane was set to hold, once it is queued again and that is set again',
        async (_, end) => {
          await accept([aReport('a', HELD)]);
          await requeue('a', T0, true);
          await end(await claimOne(T0));
          await ledger.setMode(PROVIDER, 'hold');
          const meanwhile = await ledger.get('a');
          await requeue('a', T0);
          const queued = await ledger.get('a');

          await ledger.setMode(PROVIDER, 'hold');

          expect([meanwhile, queued]).toMatchObject([
            { approved: true },
            { state: 'queued', approved: true },
          ]);
          expect(await claimOne(T0)).toMatchObject({ id: 'a', approved: false });
        },
      );

      it('forgets an approval when what is done is reported again', async () => {
        await accept([aReport('a', HELD)]);
        await requeue('a', T0, true);
        await settle(await claimOne(T0), T0);
        const done = await ledger.get('a');

        await accept([aReport('a', { recheckEndedBefore: T0 + 1 })]);

        expect([done, await ledger.get('a')]).toMatchObject([{ approved: true }, { approved: false }]);
        expect(await claimOne(T0)).toMatchObject({ phase: 'recheck', approved: false });
      });

      it('forgets an approval when work on the entry goes on without it', async () => {
        await accept([aReport('a', { initial: { state: 'held', outcome: UNPROVEN } })]);
        await requeue('a', T0, true);

        await ledger.putOff(await claimOne(T0), {
          ...{ now: T0, dueAt: T0, progress: NO_PROGRESS, events: [], endsApproval: true },
        });

        expect(await claimOne(T0)).toMatchObject({ approved: false, approvedUnproven: false });
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

    describe('reopen', () => {
      const REVIEW: Outcome = { kind: 'refused', verified: false, reason: 'review', advice: 'Look again.' };
      const reopen = (id: string, now: number) =>
        ledger.reopen(id, {
          ...{ now, from: 'done', outcome: REVIEW },
          event: { at: now, event: 'reviewed', outcome: REVIEW },
        });

      it('puts an entry that was done before a person', async () => {
        await accept([aReport('a')]);
        await settle(await claimOne(T0), T0);

        expect(await reopen('a', T0 + 5)).toBe(true);

        expect(await ledger.get('a')).toMatchObject({
          ...{ state: 'attention', outcome: REVIEW, endedAt: T0 + 5, dueAt: null },
          history: [{ event: 'reported' }, { event: 'reviewed' }],
        });
        expect(await listedIds({ state: 'attention' })).toEqual(['a']);
        expect(await requeue('a', T0 + 6)).toBe(false);
        expect(await dismiss('a', T0 + 6)).toBe(true);
      });

      it('starts anew with a report that names its reason', async () => {
        await accept([aReport('a')]);
        await settle(await claimOne(T0), T0);
        await reopen('a', T0);

        await accept([aReport('a', { restarts: ['review'] })], T0 + 1);

        expect(await claimedIds(T0 + 1)).toEqual(['a']);
      });

      it('puts what is held among what needs attention, with its token, so that a person can still approve it', async () => {
        await accept([aReport('a', { initial: { state: 'held', outcome: UNPROVEN } })]);
        const event = { at: T0 + 5, event: 'undecided', outcome: UNPROVEN };

        const reopened = await ledger.reopen('a', { now: T0 + 5, from: 'held', outcome: UNPROVEN, event });

        expect(reopened).toBe(true);
        expect(await ledger.get('a')).toMatchObject({
          ...{ state: 'attention', outcome: UNPROVEN, endedAt: T0 + 5, dueAt: null },
          history: [{ event: 'reported' }, { event: 'undecided' }],
        });
        expect(await listedIds({ state: 'held' })).toEqual([]);
        expect(await listedIds({ state: 'attention', reason: 'unproven' })).toEqual(['a']);
        await requeue('a', T0 + 6, true);
        expect(await claimOne(T0 + 6)).toMatchObject({ sealed: 'sealed a', approvedUnproven: true });
      });

      it('does nothing for any other entry', async () => {
        await accept([aReport('a'), aReport('held', { initial: { state: 'held' } })]);

        expect(await reopen('a', T0)).toBe(false);
        expect(await reopen('held', T0)).toBe(false);
        expect(await reopen('nobody', T0)).toBe(false);
        expect(await stateOf('a')).toBe('queued');
      });
    });

    describe('sessions', () => {
      const session = (id: string, version = 1, content = `content of ${id}`) => {
        return { id, version, until: T0 + HOUR_MS, content };
      };

      it('are there for all until they are ended, and no other one ends with them', async () => {
        for (const id of ['a', 'b']) expect(await ledger.saveSession(session(id), T0)).toBe(true);
        const reopened = await storage.reopen();
        expect(await reopened.session('a')).toEqual(session('a'));

        await reopened.endSession('a');
        await reopened.endSession('a');

        expect(await reopened.session('a')).toBeUndefined();
        expect(await reopened.sessions()).toEqual([session('b')]);
      });

      it('change only in the place of the version before, and never after their end', async () => {
        await ledger.saveSession(session('a'), T0);

        expect(await ledger.saveSession(session('a', 2, 'first'), T0)).toBe(true);
        expect(await ledger.saveSession(session('a', 2, 'second'), T0)).toBe(false);
        expect(await ledger.saveSession(session('a'), T0)).toBe(false);
        expect(await ledger.session('a')).toEqual(session('a', 2, 'first'));

        await ledger.endSession('a');
        expect(await ledger.saveSession(session('a', 3), T0)).toBe(false);
        expect(await ledger.sessions()).toEqual([]);
      });

      inOrder('are forgotten once they are over', async () => {
        await ledger.saveSession(session('a'), T0);
        await ledger.saveSession({ ...session('b'), until: T0 + 2 * HOUR_MS }, T0 + HOUR_MS);

        expect((await ledger.sessions()).map(({ id }) => id)).toEqual(['b']);
      });

      it('are forgotten with what else is too old, though nobody signs in any more', async () => {
        await ledger.saveSession(session('a'), T0);
        await ledger.saveSession({ ...session('b'), until: T0 + 2 * HOUR_MS }, T0);

        await ledger.purge({ now: T0 + HOUR_MS, endedBefore: T0, limit: 10 });

        expect((await ledger.sessions()).map(({ id }) => id)).toEqual(['b']);
      });
    });

    describe('marks', () => {
      it('are kept by name', async () => {
        expect(await ledger.mark('reviewed')).toBeUndefined();

        await ledger.setMark('reviewed', '0.2.0');
        await ledger.setMark('reviewed', '0.3.0');

        expect(await (await storage.reopen()).mark('reviewed')).toBe('0.3.0');
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
          ...{ reason: 'throttled', parked: false, mode: null, lastDoneAt: null },
          ...{ revokedLastHour: 0, valveOpensAt: null, shareOpensAt: null },
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
        expect(probe.nextAt).toBe(T0 + 1_000 + LEASE_MS);
        expect(await claim(T0 + 1_001)).toMatchObject({ claims: [], nextAt: T0 + 1_000 + LEASE_MS });
      });

      it('waits for none whose lease was made by a clock that was ahead', async () => {
        await accept([aReport('a'), aReport('b')]);
        await pause(0, T0 + 1_000);
        const ahead = await claimedIds(T0 + DAY_MS);

        const now = await claimedIds(T0 + 1_000);

        expect([...ahead, ...now].toSorted()).toEqual(['a', 'b']);
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

        expect(await claimedIds(T0 + 1_002)).toHaveLength(1);
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
        const { lane, claims } = await claim(T0 + 1_000);

        await ledger.laneHealthy(PROVIDER, lane.epoch, T0 + 1_000);

        const after = await claim(T0 + 1_001);
        expect([...claims, ...after.claims].map(({ id }) => id).toSorted()).toEqual(['a', 'b', 'c']);
        expect(after).toMatchObject({
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
        const { id } = await claimOne(T0);

        await pause(1, T0 + 5_000);

        const others = ['a', 'b'].filter((each) => each !== id);
        expect(await claimedIds(T0 + 5_000)).toEqual(others);
      });

      it('ignores a success of an epoch that is over', async () => {
        await pause(0, T0 + 1_000);

        await ledger.laneHealthy(PROVIDER, 0, T0);

        expect(await ledger.lanes(T0)).toMatchObject([{ epoch: 1, streak: 1, pausedUntil: T0 + 1_000 }]);
      });

      it('changes nothing when a lane succeeds that was not paused', async () => {
        await accept([aReport('a')]);
        await claim(T0);

        await ledger.laneHealthy(PROVIDER, 0, T0);

        expect(await ledger.lanes(T0)).toMatchObject([{ provider: PROVIDER, epoch: 0, streak: 0 }]);
      });

      it('works at once when it is resumed', async () => {
        await accept([aReport('a'), aReport('b')]);
        await pause(0, T0 + HOUR_MS);

        await ledger.resumeLane(PROVIDER, T0);

        const { claims, lane } = await claim(T0);
        expect(claims.map(({ id }) => id).toSorted()).toEqual(['a', 'b']);
        expect(lane).toMatchObject({
          ...{ epoch: 2, streak: 0, pausedUntil: 0, reason: null },
        });
        expect(await pause(1, T0 + HOUR_MS)).toMatchObject({ epoch: 2, streak: 0 });
      });
    });

    describe('a parked lane', () => {
      it('hands out nothing, ever, until it is resumed', async () => {
        await accept([aReport('a')]);

        await ledger.parkLane(PROVIDER, 'operator', T0);

        const parked = await claim(T0 + 1_000 * HOUR_MS);
        expect(parked).toMatchObject({
          claims: [],
          lane: { epoch: 1, parked: true, reason: 'operator' },
        });
        expect(parked.nextAt).toBeUndefined();

        await ledger.resumeLane(PROVIDER, T0);

        expect(await claim(T0)).toMatchObject({
          claims: [{ id: 'a' }],
          lane: { epoch: 2, parked: false, reason: null },
        });
      });

      it('stays parked whatever its work says', async () => {
        await ledger.pauseLane(PROVIDER, { epoch: 0, until: T0 + 1_000, reason: 'throttled', now: T0 });
        await ledger.parkLane(PROVIDER, 'operator', T0);

        await ledger.laneHealthy(PROVIDER, 2, T0);
        const lane = await ledger.pauseLane(PROVIDER, { epoch: 3, until: T0, reason: 'timeout', now: T0 });

        expect(lane).toMatchObject({ parked: true, reason: 'operator', epoch: 4, streak: 1 });
        expect(await ledger.lanes(T0)).toEqual([lane]);
      });

      it('does not lose what was under way', async () => {
        await accept([aReport('a')]);
        const held = await claimOne(T0);

        await ledger.parkLane(PROVIDER, 'operator', T0);

        expect(await settle(held, T0)).toBe(true);
      });
    });

    describe('the safety valve', () => {
      const tokens = (count: number, prefix = 'token') =>
        Array.from({ length: count }, (_, index) => aReport(`${prefix}-${index}`));

      const revokeAll = async (now: number, changes: Partial<ClaimOptions> = {}) => {
        const { claims } = await claim(now, changes);
        for (const held of claims) await settle(held, now);
        return claims.length;
      };

      it('hands out no more than may be revoked, and the next ones as the hour moves on', async () => {
        await accept(tokens(5));
        await revokeAll(T0 + 4 * MINUTE_MS, { limit: 1, maxPerHour: 3 });
        await revokeAll(T0 + 6 * MINUTE_MS, { maxPerHour: 3 });

        const closed = await claim(T0 + HOUR_MS - 1, { maxPerHour: 3 });

        expect(closed).toEqual({
          ...{ claims: [], nextAt: T0 + HOUR_MS },
          lane: expect.objectContaining({ parked: false, revokedLastHour: 3, valveOpensAt: T0 + HOUR_MS }),
        });
        const open = await claim(T0 + HOUR_MS, { maxPerHour: 3 });
        expect(open.claims).toHaveLength(1);
        expect(open.lane).toMatchObject({ revokedLastHour: 2, valveOpensAt: null });
        expect(open.nextAt).toBeLessThanOrEqual(T0 + HOUR_MS + LEASE_MS);
        expect(await claimedIds(T0 + HOUR_MS + 5 * MINUTE_MS, { maxPerHour: 3 })).toHaveLength(2);
      });

      it('counts what is in hand, until it ends otherwise', async () => {
        await accept(tokens(5));
        const first = await claim(T0, { maxPerHour: 3 });

        const second = await claim(T0 + 1, { maxPerHour: 3 });

        expect(first.claims).toHaveLength(3);
        expect(first).toMatchObject({ surplus: true, nextAt: T0 + LEASE_MS });
        expect(second).toMatchObject({ claims: [], surplus: true, nextAt: T0 + LEASE_MS });
        expect(second.lane).toMatchObject({ revokedLastHour: 0, valveOpensAt: null });
        for (const held of first.claims)
          await settle(held, T0 + 2, { kind: 'already-inactive', verified: true });
        const others = await claimedIds(T0 + 3, { maxPerHour: 3 });
        const all = [...first.claims.map(({ id }) => id), ...others];
        expect(all.toSorted()).toEqual(tokens(5).map(({ id }) => id));
      });

      it('does not count the lease of a worker that died', async () => {
        await accept(tokens(3));
        await claim(T0, { limit: 2, maxPerHour: 2 });

        expect(await claimedIds(T0 + LEASE_MS, { maxPerHour: 2 })).toHaveLength(2);
      });

      inOrder('lets through what only asks', async () => {
        await accept(tokens(3));
        await putOff(await claimOne(T0), T0, T0 + 10); // to be verified
        await revokeAll(T0, { limit: 1 });
        await accept([aReport('token-1', { recheckEndedBefore: T0 + 1 })], T0 + 1);

        const { claims } = await claim(T0 + 10, { maxPerHour: 1 });

        expect(claims.map(({ id }) => id).sort()).toEqual(['token-0', 'token-1']);
      });

      it('counts neither a recheck that found nothing new nor any other end', async () => {
        await accept(tokens(4));
        await settle(await claimOne(T0), T0, WOULD_REVOKE);
        await settle(await claimOne(T0), T0, { kind: 'already-inactive', verified: true });
        await toAttention(await claimOne(T0), T0);
        await settle(await claimOne(T0), T0);
        await accept([aReport('token-3', { recheckEndedBefore: T0 + 1 })], T0 + 1);
        await settleAsBefore(await claimOne(T0 + 1), T0 + 1);

        expect((await claim(T0 + 2)).lane).toMatchObject({ revokedLastHour: 1 });
      });

      it('forgets the hour when the lane is resumed', async () => {
        await accept(tokens(4));
        await revokeAll(T0, { maxPerHour: 2 });
        const before = await claim(T0 + 1, { maxPerHour: 2 });

        await ledger.resumeLane(PROVIDER, T0 + 1);

        const result = await claim(T0 + 1, { maxPerHour: 2 });
        expect(before.claims).toEqual([]);
        expect(result.claims).toHaveLength(2);
        expect(result.lane).toMatchObject({ revokedLastHour: 0, valveOpensAt: null });
      });

      inOrder('is closed for a claim that only asks', async () => {
        await accept(tokens(3));
        await putOff(await claimOne(T0), T0, T0 + 10); // to be verified

        const { claims, nextAt } = await claim(T0 + 10, { asksOnly: true });
        const again = await claim(T0 + 10, { asksOnly: true });

        expect(claims.map(({ id }) => id)).toEqual(['token-0']);
        expect([nextAt, again.nextAt]).toEqual([T0 + 10 + LEASE_MS, T0 + 10 + LEASE_MS]);
        expect(await claimedIds(T0 + 10)).toEqual(['token-1', 'token-2']);
      });

      it('is open for all when the limit is 0', async () => {
        await accept(tokens(20));

        expect(await claimedIds(T0, { maxPerHour: 0 })).toHaveLength(20);
      });
    });

    describe('turns', () => {
      const of = (
        group: string,
        path: string,
        ids: readonly string[],
        changes: Partial<ReportedToken> = {},
      ) =>
        ids.map((id) => {
          const share = { group, namespace: path.split('/')[0] ?? '', project: path };
          return aReport(id, { share, ...changes });
        });
      const many = (prefix: string, count: number) =>
        Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

      inOrder(
        'go round groups, in them namespaces, in them projects, whose own come in the order of their reports',
        async () => {
          await accept([
            ...of('gitlab', 'evil/one', many('a', 4)),
            ...of('gitlab', 'evil/two', many('b', 4)),
            ...of('gitlab', 'good/app', many('c', 2)),
            ...of('submit', 'good/app', many('d', 1)),
          ]);

          const ids: string[] = [];
          for (let n = 0; n < 11; n += 1) ids.push((await claimOne(T0)).id);

          expect(ids.join(' ')).toBe('a1 d1 c1 b1 c2 a2 b2 a3 b3 a4 b4');
        },
      );

      inOrder('are the same within one claim', async () => {
        await accept([
          ...of('gitlab', 'evil/one', many('a', 3)),
          ...of('gitlab', 'evil/two', many('b', 2)),
          ...of('gitlab', 'good/app', many('c', 2)),
        ]);

        expect((await claimedIds(T0)).join(' ')).toBe('a1 c1 b1 c2 a2 b2 a3');
      });

      inOrder(
        'make a new namespace wait for one entry of each other, whatever was there before',
        async () => {
          for (let n = 0; n < 30; n += 1) await accept(of('gitlab', `evil/p${n}`, many(`p${n}-`, 20)));
          await claim(T0, { limit: 50 });
          await accept(of('gitlab', 'good/app', ['real']), T0 + 1);

          expect(await claimedIds(T0 + 1, { limit: 2 })).toContain('real');
        },
      );

      inOrder('are taken by restarted and rechecked entries, too', async () => {
        await accept([...of('gitlab', 'good/app', ['dead', 'dry'])]);
        for (const held of (await claim(T0)).claims) {
          await settle(held, T0, held.id === 'dry' ? WOULD_REVOKE : REVOKED);
        }
        await accept(of('gitlab', 'evil/one', many('a', 9)), T0 + 1);
        await accept(of('gitlab', 'good/app', ['dead'], { recheckEndedBefore: T0 + 1 }), T0 + 1);
        await accept(of('gitlab', 'good/app', ['dry'], { restarts: RESTARTS }), T0 + 1);

        expect((await claimedIds(T0 + 1, { limit: 4 })).sort()).toEqual(['a1', 'a2', 'dead', 'dry']);
      });

      it('alternate between what is fresh and what has its time', async () => {
        await accept(many('t', 4).map((id) => aReport(id)));
        for (const held of (await claim(T0)).claims) await putOff(held, T0, T0 + 1);
        await accept(many('f', 4).map((id) => aReport(id)));

        const ids = await claimedIds(T0 + 1, { limit: 4 });

        expect(ids.filter((id) => id.startsWith('f'))).toHaveLength(2);
        expect((await claimedIds(T0 + 1)).length).toBe(4);
      });

      const tryAgain = (held: Claim, now: number, dueAt: number, progress: Progress = NO_PROGRESS) =>
        ledger.putOff(held, { now, dueAt, progress, events: [] });

      inOrder('alternate between what goes on at once, what is tried again, and what is fresh', async () => {
        const atOnce = many('o', 30);
        await accept([...atOnce, ...many('t', 4)].map((id) => aReport(id)));
        for (const held of (await claim(T0, { limit: 50 })).claims) {
          await tryAgain(held, T0, atOnce.includes(held.id) ? T0 - AT_ONCE_AHEAD_MS : T0 - 1);
        }
        await accept(many('f', 3).map((id) => aReport(id)));

        const ids = await claimedIds(T0, { limit: 8 });

        expect(ids.map((id) => id.slice(0, 1)).sort()).toEqual([...'ffoooott']);
        expect(await claimedIds(T0, { limit: 50 })).toHaveLength(29);
      });

      inOrder('alternate so, however long what is tried again has been due', async () => {
        const now = T0 + 90 * DAY_MS;
        await accept([...of('gitlab', 'evil/one', many('e', 50)), ...of('gitlab', 'good/app', ['real'])]);
        for (const held of (await claim(T0)).claims) {
          await tryAgain(held, T0, held.id === 'real' ? now - AT_ONCE_AHEAD_MS : T0 + 1);
        }

        expect(await claimedIds(now, { limit: 3 })).toContain('real');
      });

      for (const [what, phase] of [
        ['is tried again', 'revoke'],
        ['is verified', 'verify'],
        ['is to be asked about again', 'recheck'],
      ] as const) {
        inOrder(
          `make what ${what} wait for few of each other namespace, however many are due before it`,
          async () => {
            const real = of('gitlab', 'good/app', ['real']);
            await accept([...of('gitlab', 'evil/one', many('e', 500)), ...real]);
            for (const held of (await claim(T0, { limit: 600 })).claims) {
              const dueAt = held.id === 'real' ? T0 + 2 : T0 + 1;
              await tryAgain(held, T0, dueAt, { ...NO_PROGRESS, phase });
            }

            const ids: string[] = [];
            for (let n = 0; n < 8; n += 1) ids.push((await claimOne(T0 + 2)).id);

            expect(ids).toContain('real');
          },
        );
      }

      inOrder(
        'are taken by projects for what is tried again, too, wherever somebody commits it again',
        async () => {
          const [inOne, inApp] = ['evil/one', 'evil/app'].map((path) => ({ location: inProject(path) }));
          await accept([
            ...of('gitlab', 'evil/one', many('e', 50), inOne),
            ...of('gitlab', 'evil/app', ['real', 'copied'], inApp),
          ]);
          for (const held of (await claim(T0)).claims) {
            await tryAgain(held, T0, T0 + (held.id.startsWith('e') ? 1 : 2));
          }
          await accept(of('gitlab', 'evil/one', ['copied'], inOne), T0 + 2);

          const ids = await claimedIds(T0 + 2, { limit: 4 });

          expect(ids.toSorted()).toEqual(['copied', 'e1', 'e2', 'real']);
        },
      );

      inOrder(
        'of what is verified are taken, however much is fresh, and left when it has ended',
        async () => {
          await accept(of('gitlab', 'good/app', many('v', 3)));
          for (const held of (await claim(T0)).claims) {
            await tryAgain(held, T0, T0 + 1, { ...NO_PROGRESS, phase: 'verify', verifications: 1 });
          }
          expect(await claim(T0)).toMatchObject({ claims: [], nextAt: T0 + 1 });
          await accept(of('gitlab', 'evil/one', many('f', 20)), T0 + 1);

          const { claims, nextAt } = await claim(T0 + 1, { limit: 4 });
          expect(claims.map(({ phase }) => phase).sort()).toEqual(['revoke', 'revoke', 'verify', 'verify']);
          expect(nextAt).toBe(T0 + 1);
          await dismiss('v3', T0 + 1);
          expect(await claimedIds(T0 + 1, { limit: 50 })).not.toContain('v3');
          for (const held of claims.filter(({ phase }) => phase === 'verify')) {
            expect(held).toMatchObject({ verifications: 1, state: 'queued' });
            expect(await ledger.release(held, T0 + 2)).toBe(true);
          }
          expect((await claimedIds(T0 + 2, { limit: 50 })).sort()).toEqual(['v1', 'v2']);
        },
      );

      inOrder(
        'stay round groups for what is fresh, although its namespace has something tried again',
        async () => {
          const flood = many('evil', 20).flatMap((namespace) =>
            of('gitlab', `${namespace}/p`, many(namespace, 2)),
          );
          await accept([...flood, ...of('submit', 'good/app', ['tried'])]);
          for (const held of (await claim(T0)).claims) await tryAgain(held, T0, T0 + 1);
          // All of them take turns from here on.
          expect(await claimedIds(T0 + 1, { limit: 1 })).toHaveLength(1);
          await accept(of('submit', 'good/app', many('fresh', 3)), T0 + 2);

          const ids = await claimedIds(T0 + 2, { limit: 9 });

          expect(ids).toEqual(expect.arrayContaining(['tried', ...many('fresh', 3)]));
        },
      );

      inOrder('of what is tried again leave what somebody has in hand to him', async () => {
        await accept(of('gitlab', 'good/app', ['a', 'b']));
        const [a, b] = (await claim(T0)).claims;
        if (!a || !b) throw new Error('Both were to be claimed.');
        await tryAgain(b, T0, T0 + LEASE_MS);

        expect((await claim(T0 + LEASE_MS, { limit: 1 })).claims).toHaveLength(1);
        expect((await claim(T0 + LEASE_MS, { limit: 1 })).claims).toHaveLength(1);
        expect((await claim(T0 + LEASE_MS, { limit: 1 })).claims).toHaveLength(0);
      });

      inOrder('are left by what was to be tried again and is dismissed, or reported anew', async () => {
        await accept(of('gitlab', 'good/app', ['a', 'b', 'c']));
        for (const held of (await claim(T0)).claims) await toAttention(held, T0, EXHAUSTED, T0 + 1);
        await accept(of('gitlab', 'good/other', ['d']), T0 + 1);
        // All of them take turns from here on, and the first one is taken.
        expect(await claimedIds(T0 + 1, { limit: 1 })).toHaveLength(1);
        const left = ['a', 'b', 'c', 'd'].filter((id) => id !== 'd');
        for (const id of left) await dismiss(id, T0 + 1);
        await accept(of('gitlab', 'good/app', left, { restarts: ['exhausted', 'dismissed'] }), T0 + 2);
        await accept(of('gitlab', 'good/new', ['e']), T0 + 2);

        const ids = await claimedIds(T0 + 2 + LEASE_MS, { limit: 50 });

        expect(ids).toContain('e');
        expect(await claimedIds(T0 + 2 + LEASE_MS, { limit: 50 })).toEqual([]);
      });

      it('forget what was dismissed', async () => {
        await accept([...of('gitlab', 'evil/one', ['a']), ...of('gitlab', 'good/app', ['b'])]);
        await dismiss('a', T0);

        expect(await claimedIds(T0)).toEqual(['b']);
        await accept(of('gitlab', 'evil/one', ['c']));
        expect(await claimedIds(T0)).toEqual(['c']);
      });

      inOrder('put what was released behind what has its time', async () => {
        await accept(of('gitlab', 'good/app', ['a', 'b']));
        const { claims } = await claim(T0);
        for (const held of claims) await ledger.release(held, T0);

        expect(await claimedIds(T0)).toEqual(['a', 'b']);
      });
    });

    describe('shares', () => {
      const of = (namespace: string, ids: readonly string[], changes: Partial<ReportedToken> = {}) =>
        ids.map((id) =>
          aReport(id, { share: { group: 'gitlab', namespace, project: `${namespace}/app` }, ...changes }),
        );
      const many = (prefix: string, count: number) =>
        Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

      it('of the backlog are a tenth: then a request whose new elements are all of the namespace is refused', async () => {
        await accept(of('evil', many('e', 3)), T0, 30);

        const refused = accept(of('evil', ['e4']), T0, 30);

        await expect(refused).rejects.toMatchObject({ code: 'backlog-full' });
        expect(await ledger.get('e4')).toBeUndefined();
      });

      it('of the backlog refuse no other request, and take it whole', async () => {
        await accept(of('evil', many('e', 3)), T0, 30);

        expect(await accept(of('evil', ['e1', 'e2']), T0, 30)).toMatchObject({ created: 0, repeated: 2 });
        expect(await accept([...of('evil', ['e4']), ...of('good', ['g'])], T0, 30)).toMatchObject({
          created: 2,
        });
        expect(await accept([aReport('unshared')], T0, 30)).toMatchObject({ created: 1 });
      });

      it('of the backlog count what is queued, over all lanes', async () => {
        await accept(of('evil', ['a'], { provider: 'other' }), T0, 20);
        await accept(of('evil', ['h'], HELD), T0, 20);
        await accept(of('evil', ['b']), T0, 20);
        await expect(accept(of('evil', ['c']), T0, 20)).rejects.toMatchObject({ code: 'backlog-full' });

        await dismiss('a', T0);

        expect(await accept(of('evil', ['c']), T0, 20)).toMatchObject({ created: 1 });
        await settle(await claimOne(T0), T0);
        expect(await accept(of('evil', ['d']), T0, 20)).toMatchObject({ created: 1 });
        await requeue('h', T0, true);
        await expect(accept(of('evil', ['e']), T0, 20)).rejects.toMatchObject({ code: 'backlog-full' });
      });

      it('of the safety valve are a tenth, and the rest waits until the hour has moved on', async () => {
        await accept(of('evil', many('e', 5)));
        const revoked = await claim(T0, { maxPerHour: 20 });
        for (const held of revoked.claims) await settle(held, T0 + 1);
        await accept(of('good', ['g']));

        const { claims, lane } = await claim(T0 + 2, { maxPerHour: 20 });
        for (const held of claims) await settle(held, T0 + 2);

        expect(claims.map(({ id }) => id)).toEqual(['g']);
        expect(lane).toMatchObject({ revokedLastHour: 2, valveOpensAt: null, shareOpensAt: T0 + HOUR_MS });
        expect(await claim(T0 + 3, { maxPerHour: 20 })).toMatchObject({ claims: [], nextAt: T0 + HOUR_MS });
        const [seen] = await ledger.lanes(T0 + 3);
        expect(seen).toMatchObject({ valveOpensAt: null, shareOpensAt: T0 + HOUR_MS });
        expect((await ledger.lanes(T0 + HOUR_MS))[0]).toMatchObject({ shareOpensAt: null });
        const later = await claimedIds(T0 + HOUR_MS, { maxPerHour: 20 });
        expect(new Set([...revoked.claims.map(({ id }) => id), ...later]).size).toBe(4);
      });

      it('of the safety valve count what is in hand, and are one at least', async () => {
        await accept(of('evil', many('e', 3)));

        const first = await claim(T0, { maxPerHour: 5 });
        const second = await claim(T0, { maxPerHour: 5 });

        expect(first.claims.map(({ id }) => id)).toEqual(['e1']);
        expect(second).toMatchObject({ claims: [], surplus: true, nextAt: T0 + LEASE_MS });
      });

      it('of the safety valve hold for what has its time, and for no other namespace behind it', async () => {
        await accept([...of('evil', many('e', 4)), ...of('good', ['g'])]);
        const { claims } = await claim(T0);
        for (const held of claims) {
          if (held.id === 'e1') await settle(held, T0);
          else await ledger.release(held, T0);
        }

        const next = await claim(T0 + 1, { maxPerHour: 10 });
        expect(next.claims.map(({ id }) => id)).toEqual(['g']);
        await toAttention(first(next.claims), T0 + 1);
        expect(await ledger.get('e2')).toMatchObject({ state: 'queued' });
        expect(await claimedIds(T0 + HOUR_MS, { maxPerHour: 10 })).toEqual(['e2']);
      });
    });

    describe('a report that says nothing new', () => {
      const FINDING = 'https://git.test 7';
      const repeat = (reports: readonly ReportedToken[], now = T0 + 5) => ledger.repeat(reports, { now });
      const known = (changes: Partial<ReportedToken> = {}) => aReport('a', { finding: FINDING, ...changes });

      beforeEach(async () => {
        await accept([known(), aReport('b', { location: '' })]);
      });

      it('is counted, with its time, and changes nothing else', async () => {
        const before = await ledger.get('a');

        expect(await repeat([known(), aReport('a'), aReport('b', { location: '' })])).toEqual([
          true,
          true,
          true,
        ]);
        expect(await repeat([known()], T0 - 5)).toEqual([true]);

        expect(await ledger.get('a')).toEqual({ ...before, reports: 4, lastReportedAt: T0 + 5 });
        expect(await ledger.get('b')).toMatchObject({ reports: 2, lastReportedAt: T0 + 5 });
      });

      it.each([
        ['of a token that is not there', aReport('c')],
        ['under another type', known({ type: 'other_rule' })],
        ['at another place', known({ location: 'elsewhere' })],
        ['of another finding', known({ finding: 'https://git.test 8' })],
      ])('is none %s: that is left to accept', async (_, other) => {
        const before = await ledger.get('a');

        expect(await repeat([other])).toEqual([false]);

        expect(await ledger.get('a')).toEqual(before);
        expect(await ledger.get('c')).toBeUndefined();
      });

      inOrder('is none where its entry starts anew for it, or is asked about', async () => {
        await settle(await claimOne(T0), T0 + 1, WOULD_REVOKE);
        await settle(await claimOne(T0), T0 + 1, REVOKED);

        const reports = [
          ...[known({ restarts: RESTARTS }), known({ restarts: ['unrecognised'] })],
          ...[T0 + 2, T0 + 1].map((recheckEndedBefore) => aReport('b', { location: '', recheckEndedBefore })),
        ];
        expect(await repeat(reports)).toEqual([false, true, false, true]);
      });

      it('is known in thousands, among others', async () => {
        const all = Array.from({ length: 3_000 }, (_, n) => aReport(`entry-${n}`));
        await accept(all.filter((_, n) => n % 3 > 0));

        const counted = await repeat(all);

        expect(counted).toEqual(all.map((_, n) => n % 3 > 0));
      });
    });

    describe('reports beyond a number of entries', () => {
      const unread = (id: string, changes: Partial<ReportedToken> = {}) =>
        aReport(id, {
          initial: { state: 'attention', outcome: UNRECOGNISED },
          beyond: { id: 'rest', after: 2 },
          ...changes,
        });

      it('count for one entry, which keeps no text', async () => {
        const first = await accept(['a', 'b', 'c'].map((id) => unread(id)));
        const second = await accept([unread('d'), unread('a'), unread('e', { location: '' })], T0 + 1);

        expect([first, second]).toEqual([
          { created: 3, repeated: 0, setAside: [0, 1], beyond: [2], left: 0 },
          { created: 0, repeated: 3, setAside: [], beyond: [0, 2], left: 0 },
        ]);
        expect((await listedIds()).toSorted()).toEqual(['a', 'b', 'rest']);
        expect(await ledger.get('rest')).toMatchObject({
          ...{ state: 'attention', outcome: UNRECOGNISED, reports: 3 },
          locations: ['https://git.test/c', 'https://git.test/d'],
        });
        expect(await ledger.get('a')).toMatchObject({ reports: 2 });
        expect(await requeue('rest', T0)).toBe(false);
        expect(await requeue('a', T0)).toBe(true);
        expect(await dismiss('rest', T0)).toBe(true);
      });

      it('are counted apart from others', async () => {
        await accept(['a', 'b'].map((id) => unread(id)));

        await accept([unread('c', { beyond: { id: 'other rest', after: 2 } }), aReport('d')]);

        expect((await listedIds()).toSorted()).toEqual(['a', 'b', 'c', 'd']);
      });
    });

    describe('what is known of a lane', () => {
      const laneOf = async (provider = PROVIDER) =>
        (await ledger.lanes(T0)).find((lane) => lane.provider === provider);

      it('tells when an entry of it last became done', async () => {
        await accept([aReport('a'), aReport('b'), aReport('c', { provider: 'other' })]);
        await toAttention(await claimOne(T0), T0 + 1);
        await claim(T0, {}, 'other');
        const before = await laneOf();

        await settle(await claimOne(T0), T0 + 2);

        expect(before).toMatchObject({ lastDoneAt: null });
        expect(await laneOf()).toMatchObject({ lastDoneAt: T0 + 2 });
        expect(await laneOf('other')).toMatchObject({ lastDoneAt: null });
        expect((await claim(T0 + 3)).lane).toMatchObject({ lastDoneAt: T0 + 2 });
      });

      it('tells how many tokens were revoked in the last hour, and when the safety valve opens', async () => {
        await accept(['a', 'b', 'c'].map((id) => aReport(id)));
        for (const held of (await claim(T0, { maxPerHour: 2 })).claims) await settle(held, T0 + 1);
        await claim(T0 + 2, { maxPerHour: 2 });

        const laneAt = async (now: number) => (await ledger.lanes(now))[0];

        expect(await laneAt(T0 + HOUR_MS - 1)).toMatchObject({
          revokedLastHour: 2,
          valveOpensAt: T0 + HOUR_MS,
        });
        expect(await laneAt(T0 + HOUR_MS)).toMatchObject({ revokedLastHour: 0, valveOpensAt: null });
      });
    });

    describe('modes', () => {
      const modeSeen = async () => (await claim(T0)).lane.mode;

      it('are as configured until a person sets one', async () => {
        expect(await modeSeen()).toBeNull();
        expect(await ledger.modes()).toEqual({});
      });

      it.each(['revoke', 'hold', 'dry-run'] as const)(
        'are seen by the next claim, and by whoever looks at the lanes, as %s',
        async (mode) => {
          await accept([aReport('a')]);
          await claim(T0, {}, 'other');

          await ledger.setMode(PROVIDER, mode);

          expect(await modeSeen()).toBe(mode);
          expect((await ledger.lanes(T0)).find(({ provider }) => provider === PROVIDER)?.mode).toBe(mode);
          expect((await claim(T0, {}, 'other')).lane.mode).toBeNull();
          expect(await ledger.modes()).toEqual({ [PROVIDER]: mode });
        },
      );

      it('hold for all lanes but those that have their own', async () => {
        await ledger.setMode(ALL_LANES, 'dry-run');
        const general = await modeSeen();
        await ledger.setMode(PROVIDER, 'hold');

        expect(general).toBe('dry-run');
        expect(await modeSeen()).toBe('hold');
        expect((await claim(T0, {}, 'other')).lane.mode).toBe('dry-run');
        expect(await ledger.modes()).toEqual({ [ALL_LANES]: 'dry-run', [PROVIDER]: 'hold' });
      });

      it('are as before when they are taken back', async () => {
        await ledger.setMode(ALL_LANES, 'dry-run');
        await ledger.setMode(PROVIDER, 'hold');

        await ledger.setMode(PROVIDER, null);
        const general = await modeSeen();
        await ledger.setMode(ALL_LANES, null);

        expect(general).toBe('dry-run');
        expect(await modeSeen()).toBeNull();
        expect(await ledger.modes()).toEqual({});
      });

      it('make a lane known that had no work yet, but none of all lanes', async () => {
        await ledger.setMode(ALL_LANES, 'dry-run');
        await ledger.setMode('new', 'hold');

        expect(await ledger.lanes(T0)).toMatchObject([{ provider: 'new', mode: 'hold', epoch: 0 }]);
      });

      it('are told to whoever pauses a lane', async () => {
        await ledger.setMode(PROVIDER, 'hold');

        const lane = await ledger.pauseLane(PROVIDER, { epoch: 0, until: T0, reason: 'timeout', now: T0 });

        expect(lane.mode).toBe('hold');
      });
    });

    describe('notices', () => {
      const CHANNEL = 'chat';

      const notice = (id: string, changes: Partial<LoggedNotice> = {}): LoggedNotice => ({
        ...{ id, channel: CHANNEL, target: 'https://chat.test', firstAt: T0, lastAt: T0, attempts: 1 },
        answer: { delivered: false, code: 'timeout', message: 'The receiver did not answer in time.' },
        counts: [{ event: 'held', provider: PROVIDER, entries: 2 }],
        ...{ missed: 0, content: `content of ${id}` },
        ...changes,
      });
      const idsOf = async (limit = 100) => (await ledger.notices(limit)).map(({ id }) => id);

      it('are kept as they were saved last, and listed without their content', async () => {
        await ledger.saveNotice(notice('a'));
        const last = notice('a', { lastAt: T0 + 1, attempts: 2, answer: { delivered: true, status: 200 } });
        await ledger.saveNotice(last);
        const reopened = await storage.reopen();

        expect(await reopened.notice('a')).toEqual(last);
        const { content: _content, ...summary } = last;
        expect(await reopened.notices(100)).toEqual([summary]);
        expect(await reopened.notice('b')).toBeUndefined();
      });

      it('are listed by when they were tried first, the newest before the others', async () => {
        await ledger.saveNotice(notice('b', { firstAt: T0 + 1 }));
        await ledger.saveNotice(notice('a', { lastAt: T0 + 9 }));
        await ledger.saveNotice(notice('c', { firstAt: T0 + 2 }));

        expect(await idsOf()).toEqual(['c', 'b', 'a']);
        expect(await idsOf(2)).toEqual(['c', 'b']);
      });

      inOrder('make room, the oldest first', async () => {
        for (let number = 0; number < MAX_NOTICES + 2; number++) {
          await ledger.saveNotice(notice(`n${number}`, { firstAt: T0 + number }));
        }

        const ids = await idsOf(2 * MAX_NOTICES);
        expect([ids.length, ids.at(-1)]).toEqual([MAX_NOTICES, 'n2']);
        expect(await ledger.notice('n1')).toBeUndefined();
      });

      it('go with the entries of their time', async () => {
        await ledger.saveNotice(notice('a'));
        await ledger.saveNotice(notice('b', { firstAt: T0 + HOUR_MS }));

        await ledger.purge({ now: T0 + 2 * HOUR_MS, endedBefore: T0 + 1, limit: 10 });

        expect(await idsOf()).toEqual(['b']);
      });

      it('are announced to their channel when they are to be sent again', async () => {
        await ledger.setChannels([CHANNEL]);
        await ledger.saveNotice(notice('a'));

        expect(await ledger.sendAgain(notice('b'), T0 + 1)).toBe(false);
        expect(await ledger.sendAgain(notice('a'), T0 + 1)).toBe(true);

        const options = { now: T0 + 1, limit: 10, leaseMs: LEASE_MS };
        const batch = await ledger.takeAnnouncements(CHANNEL, options);
        expect(batch?.announcements.map(({ seq: _seq, ...rest }) => rest)).toEqual([
          { at: T0 + 1, kind: 'send-again', provider: '', channel: CHANNEL, notice: 'a' },
        ]);
      });

      it("end the waiting of their channel, and nobody else's lease", async () => {
        await ledger.setChannels([CHANNEL]);
        await ledger.saveNotice(notice('a'));
        await accept([aReport('a', HELD)]);
        const take = (now: number) =>
          ledger.takeAnnouncements(CHANNEL, { now, limit: 10, leaseMs: LEASE_MS });
        const batch = await take(T0);
        await ledger.sendAgain(notice('a'), T0);
        expect(await take(T0 + 1)).toBeUndefined();
        await ledger.putOffAnnouncements(CHANNEL, batch?.lease ?? '', T0 + HOUR_MS);
        expect(await take(T0 + 2)).toBeUndefined();

        await ledger.sendAgain(notice('a'), T0 + 2);

        const kinds = (await take(T0 + 3))?.announcements.map(({ kind }) => kind);
        expect(kinds?.toSorted()).toEqual(['held', 'send-again', 'send-again']);
      });
    });

    describe('counts of a day', () => {
      it('end at their limit, each name for itself, and begin anew with the next day', async () => {
        const count = (name: string, now: number, limit = 2) => ledger.countOfDay(name, { now, limit });

        expect([await count('a', T0), await count('a', T0), await count('a', T0 + DAY_MS - 1)]).toEqual([
          ...[true, true, false],
        ]);
        expect(await count('b', T0, 0)).toBe(false);
        expect(await count('b', T0)).toBe(true);
        expect([await count('a', T0 + DAY_MS), await count('a', T0 + DAY_MS)]).toEqual([true, true]);
        expect(await count('a', T0 + DAY_MS)).toBe(false);
      });

      it('hold for all who count at once', async () => {
        const counted = await Promise.all(
          Array.from({ length: 20 }, () => ledger.countOfDay('a', { now: T0, limit: 3 })),
        );

        expect(counted.filter(Boolean)).toHaveLength(3);
      });

      it('are there after a purge of the same day', async () => {
        await ledger.countOfDay('a', { now: T0, limit: 1 });

        await ledger.purge({ now: T0 + HOUR_MS, endedBefore: T0, limit: 10 });

        expect(await ledger.countOfDay('a', { now: T0 + HOUR_MS, limit: 1 })).toBe(false);
      });
    });

    describe('announcements', () => {
      const CHANNEL = 'chat';

      const take = (now = T0, limit = 100, channel = CHANNEL) =>
        ledger.takeAnnouncements(channel, { now, limit, leaseMs: LEASE_MS });

      /** All that the channel has not heard yet, which it then has, without their numbers. */
      const hear = async (now = T0, channel = CHANNEL) => {
        const batch = await take(now, 1_000, channel);
        const last = batch?.announcements.at(-1);
        if (batch && last) await ledger.confirmAnnouncements(channel, batch.lease, last.seq);
        return (batch?.announcements ?? []).map(({ seq: _seq, ...rest }) => rest);
      };

      const idsOf = (batch: AnnouncementBatch | undefined) => batch?.announcements.map(({ id }) => id);

      const taken = async (now = T0, limit = 100, channel = CHANNEL) => {
        const batch = await take(now, limit, channel);
        if (!batch) throw new Error('Nothing was announced.');
        return batch;
      };

      const lastOf = ({ announcements }: AnnouncementBatch) => first(announcements.toReversed()).seq;

      const confirm = (batch: AnnouncementBatch, through = lastOf(batch), channel = CHANNEL) =>
        ledger.confirmAnnouncements(channel, batch.lease, through);

      /** One announcement for each. */
      const holdThem = (ids: readonly string[]) => accept(ids.map((id) => aReport(id, HELD)));

      beforeEach(() => ledger.setChannels([CHANNEL]));

      describe('of entries', () => {
        inOrder('tell of new ones that are held or need attention, and not of queued ones', async () => {
          const initial = { state: 'attention', outcome: UNRECOGNISED } as const;

          await accept([aReport('a'), aReport('b', HELD), aReport('c', { initial, finding: 'f' })]);

          expect(await hear()).toEqual([
            { at: T0, kind: 'held', provider: PROVIDER, id: 'b' },
            { at: T0, kind: 'attention', provider: PROVIDER, id: 'c', outcome: UNRECOGNISED },
          ]);
        });

        it('tell of those that start anew as held, without what they were', async () => {
          await accept([aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } })]);
          await hear();

          await accept([aReport('a', { ...HELD, restarts: RESTARTS, finding: 'f' })], T0 + 1);

          expect(await hear()).toEqual([{ at: T0 + 1, kind: 'held', provider: PROVIDER, id: 'a' }]);
        });

        inOrder('tell what a settlement says, with the outcome of then', async () => {
          await accept([aReport('a'), aReport('b')]);
          await announceDone(await claimOne(T0), T0 + 1, REVOKED);
          await settle(await claimOne(T0), T0 + 2);
          await accept([aReport('a', { restarts: ['revoked'] })]);

          expect(await hear()).toEqual([
            { at: T0 + 1, kind: 'done', provider: PROVIDER, id: 'a', outcome: REVOKED },
          ]);
        });

        it('tell the earlier outcome after a settlement that brings none', async () => {
          await accept([aReport('a')]);
          await settle(await claimOne(T0), T0);
          await accept([aReport('a', { recheckEndedBefore: T0 + 1 })], T0 + 1);

          await announceDone(await claimOne(T0 + 1), T0 + 2);

          expect(await hear()).toMatchObject([{ at: T0 + 2, kind: 'done', outcome: REVOKED }]);
        });

        it('tell what is said of work that goes on later', async () => {
          await accept([aReport('a')]);
          await ledger.putOff(await claimOne(T0), {
            ...{ now: T0 + 1, dueAt: T0 + 5, progress: NO_PROGRESS, events: [], announce: 'alive-again' },
          });

          expect(await hear()).toEqual([{ at: T0 + 1, kind: 'alive-again', provider: PROVIDER, id: 'a' }]);
        });

        it('tell nothing of work whose lease was lost', async () => {
          await accept([aReport('a')]);
          const lost = await claimOne(T0);
          await claimOne(T0 + LEASE_MS);

          await announceDone(lost, T0 + LEASE_MS, REVOKED);
          await ledger.putOff(lost, {
            ...{ now: T0, dueAt: T0, progress: NO_PROGRESS, events: [], announce: 'alive-again' },
          });

          expect(await hear()).toEqual([]);
        });

        it('tell of what a person dismissed', async () => {
          await accept([aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } })]);
          await hear();

          await dismiss('a', T0 + 1);
          await dismiss('a', T0 + 2);

          expect(await hear()).toEqual([
            { at: T0 + 1, kind: 'dismissed', provider: PROVIDER, id: 'a', outcome: UNRECOGNISED },
          ]);
        });
      });

      describe('of findings', () => {
        const ended = {
          done: async () => {
            await accept([aReport('a')]);
            await settle(await claimOne(T0), T0);
          },
          attention: () => accept([aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } })]),
          dismissed: async () => {
            await accept([aReport('a')]);
            await dismiss('a', T0);
          },
        };

        it.each([
          ['done', { outcome: REVOKED }],
          ['attention', { outcome: UNRECOGNISED }],
          ['dismissed', {}],
        ] as const)('tell of each new one of an entry that is %s', async (state, known) => {
          await ended[state]();
          await hear();

          await accept(
            [aReport('a', { finding: 'f' }), aReport('a', { finding: 'f' }), aReport('a')],
            T0 + 1,
          );

          expect(await hear()).toEqual([
            { at: T0 + 1, kind: 'finding', provider: PROVIDER, id: 'a', ...known },
          ]);
        });

        it('tell nothing of entries that have not ended, or are to be worked on again', async () => {
          await ended.done();
          await accept([aReport('b'), aReport('c', HELD)]);
          await hear();

          await accept(['b', 'c'].map((id) => aReport(id, { finding: 'f' })));
          await accept([aReport('a', { finding: 'f', recheckEndedBefore: T0 + 1 })]);

          expect(await hear()).toEqual([]);
        });

        it('tell nothing of those that are not added', async () => {
          await accept(Array.from({ length: MAX_FINDINGS }, (_, n) => aReport('a', { finding: `${n}` })));
          await settle(await claimOne(T0), T0);

          await accept([aReport('a', { finding: 'one more' })]);

          expect(await hear()).toEqual([]);
        });
      });

      describe('of lanes', () => {
        const pause = (epoch: number, now: number, reason = 'throttled') =>
          ledger.pauseLane(PROVIDER, { epoch, until: now + 1_000, reason, now });

        it('tell of the first pause of a streak, and of its end', async () => {
          await pause(0, T0 + 1);
          await pause(0, T0 + 2);
          await pause(1, T0 + 3, 'unreachable');
          const streak = await hear();
          await ledger.laneHealthy(PROVIDER, 2, T0 + 4);
          await ledger.laneHealthy(PROVIDER, 2, T0 + 5);
          await ledger.laneHealthy(PROVIDER, 3, T0 + 6);
          await pause(3, T0 + 7, 'unreachable');

          expect(streak).toEqual([
            { at: T0 + 1, kind: 'lane-paused', provider: PROVIDER, reason: 'throttled' },
          ]);
          expect(await hear()).toEqual([
            { at: T0 + 4, kind: 'lane-resumed', provider: PROVIDER, reason: 'recovered' },
            { at: T0 + 7, kind: 'lane-paused', provider: PROVIDER, reason: 'unreachable' },
          ]);
        });

        it('tell once of the rest of a lane that had gone on in part', async () => {
          await pause(0, T0 + 1, 'credential-refused');
          await ledger.laneHealthy(PROVIDER, 1, T0 + 2, 'in-part');
          const [inPart] = await ledger.lanes(T0 + 2);
          await ledger.laneHealthy(PROVIDER, 2, T0 + 3, 'in-part');
          await ledger.laneHealthy(PROVIDER, 2, T0 + 4);
          await ledger.laneHealthy(PROVIDER, 2, T0 + 5);
          await ledger.laneHealthy(PROVIDER, 3, T0 + 6);

          expect(inPart).toMatchObject({ epoch: 2, streak: 0, pausedUntil: 0, reason: 'credential-refused' });
          expect(await hear()).toMatchObject([
            { at: T0 + 1, kind: 'lane-paused', reason: 'credential-refused' },
            { at: T0 + 2, kind: 'lane-resumed', reason: 'in-part' },
            { at: T0 + 4, kind: 'lane-resumed', reason: 'recovered' },
          ]);
          expect(await ledger.lanes(T0 + 6)).toMatchObject([{ epoch: 3, reason: null }]);
        });

        it('tell of that rest also where a person has opened the safety valve meanwhile', async () => {
          await pause(0, T0 + 1, 'credential-refused');
          await ledger.laneHealthy(PROVIDER, 1, T0 + 2, 'in-part');
          await ledger.resumeLane(PROVIDER, T0 + 3);
          await ledger.laneHealthy(PROVIDER, 3, T0 + 4);

          expect((await hear()).map(({ at, reason }) => [at, reason])).toEqual([
            [T0 + 1, 'credential-refused'],
            [T0 + 2, 'in-part'],
            [T0 + 4, 'recovered'],
          ]);
        });

        it('do not tell of that rest where a person stops the lane, or where it pauses anew', async () => {
          await pause(0, T0 + 1, 'credential-refused');
          await ledger.laneHealthy(PROVIDER, 1, T0 + 2, 'in-part');
          await pause(2, T0 + 3, 'throttled');
          await ledger.laneHealthy(PROVIDER, 2, T0 + 4);
          await ledger.parkLane(PROVIDER, 'operator', T0 + 5);
          await ledger.laneHealthy(PROVIDER, 4, T0 + 6);

          const told = (await hear()).map(({ kind, reason }) => [kind, reason]);
          expect(told.slice(2)).toEqual([
            ['lane-paused', 'throttled'],
            ['lane-parked', 'operator'],
          ]);
        });

        it('do not say that a lane goes on that is parked, too', async () => {
          await pause(0, T0 + 1);
          await ledger.parkLane(PROVIDER, 'operator', T0 + 2);
          await hear();

          await ledger.laneHealthy(PROVIDER, 2, T0 + 3);

          expect(await hear()).toEqual([]);
        });

        it('tell of a park, unless it was parked already', async () => {
          await ledger.parkLane(PROVIDER, 'operator', T0 + 1);
          await ledger.parkLane(PROVIDER, 'operator', T0 + 2);

          expect(await hear()).toEqual([
            { at: T0 + 1, kind: 'lane-parked', provider: PROVIDER, reason: 'operator' },
          ]);
        });

        it.each([
          ['park', () => ledger.parkLane(PROVIDER, 'operator', T0)],
          ['pause', () => pause(1, T0)],
        ])('tell of the end of a %s, and nothing where there was none', async (_, stop) => {
          await ledger.resumeLane(PROVIDER, T0);
          await stop();
          await hear();

          await ledger.resumeLane(PROVIDER, T0 + 1);
          await ledger.resumeLane(PROVIDER, T0 + 2);

          expect(await hear()).toEqual([{ at: T0 + 1, kind: 'lane-resumed', provider: PROVIDER }]);
        });
      });

      describe('in a channel', () => {
        inOrder('come oldest first, with numbers that grow, as many as wanted', async () => {
          await holdThem(['a', 'b', 'c']);

          const one = await taken(T0, 2);
          await confirm(one);
          const two = await taken(T0, 2);

          expect([idsOf(one), idsOf(two)]).toEqual([['a', 'b'], ['c']]);
          const numbers = [one, two].flatMap((batch) => batch.announcements.map(({ seq }) => Number(seq)));
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
          expect(new Set(numbers).size).toBe(3);
        });

        it('have numbers of their own also when all before were confirmed', async () => {
          await holdThem(['a']);
          const one = await taken();
          await confirm(one);
          ledger = await storage.reopen();
          await holdThem(['b']);

          expect(Number(lastOf(await taken()))).toBeGreaterThan(Number(lastOf(one)));
        });

        it('are handed to one replica, and to another one when the lease has ended', async () => {
          await holdThem(['a']);
          const lost = await taken();

          expect(await take(T0 + LEASE_MS - 1)).toBeUndefined();
          const batch = await taken(T0 + LEASE_MS);

          expect(idsOf(batch)).toEqual(['a']);
          expect(await confirm(lost)).toBe(false);
          expect(await ledger.putOffAnnouncements(CHANNEL, lost.lease, T0 + HOUR_MS)).toBe(false);
          expect(await confirm(batch)).toBe(true);
          expect(await take(T0 + HOUR_MS)).toBeUndefined();
        });

        it('are handed to one of many who ask at the same time', async () => {
          await holdThem(['a']);

          const batches = await Promise.all([1, 2, 3].map(() => take()));

          expect(batches.filter((batch) => batch !== undefined)).toHaveLength(1);
        });

        it('may be confirmed late while nobody has taken over', async () => {
          await holdThem(['a']);
          const batch = await taken();

          await holdThem(['b']);

          expect(await confirm(batch)).toBe(true);
          expect(idsOf(await take(T0 + 2 * LEASE_MS))).toEqual(['b']);
        });

        it('may be confirmed one after the other, and the lease ends with the last', async () => {
          await holdThem(['a', 'b']);
          const batch = await taken();

          await confirm(batch, first(batch.announcements).seq);

          expect(await take()).toBeUndefined();
          expect(idsOf(await take(T0 + LEASE_MS))).toEqual(['b']);
          expect(await confirm(batch)).toBe(false);
        });

        inOrder('are confirmed no further than they were handed out, and never taken back', async () => {
          await holdThem(['a', 'b']);
          const batch = await taken();
          await holdThem(['c']);
          const { seq } = first(batch.announcements);

          await confirm(batch, `${Number(seq) + 1}`);
          expect(await confirm(batch, seq)).toBe(false);
          const next = await taken();
          await confirm(next, `${Number(lastOf(next)) + 10}`);
          await holdThem(['d']);

          expect(idsOf(next)).toEqual(['c']);
          expect(idsOf(await take())).toEqual(['d']);
        });

        it('wait when the channel could not deliver, and what was delivered before does not come again', async () => {
          await holdThem(['a', 'b']);
          const batch = await taken();
          await confirm(batch, first(batch.announcements).seq);

          expect(await ledger.putOffAnnouncements(CHANNEL, batch.lease, T0 + HOUR_MS)).toBe(true);

          expect(await take(T0 + HOUR_MS - 1)).toBeUndefined();
          expect(await confirm(batch)).toBe(false);
          expect(idsOf(await take(T0 + HOUR_MS))).toEqual(['b']);
        });

        it.each([
          ['leased', () => undefined],
          [
            'put off',
            ({ lease }: AnnouncementBatch) => ledger.putOffAnnouncements(CHANNEL, lease, T0 + DAY_MS),
          ],
        ])('are free where they were %s by a clock that was ahead', async (_what, end) => {
          await holdThem(['a']);
          await end(await taken(T0 + DAY_MS));
          const options = { limit: 100, leaseMs: LEASE_MS, longestMs: HOUR_MS };
          const late = { ...options, now: T0 + DAY_MS - HOUR_MS };

          expect(
            await ledger.takeAnnouncements(CHANNEL, { ...late, now: late.now + LEASE_MS }),
          ).toBeUndefined();
          expect(idsOf(await ledger.takeAnnouncements(CHANNEL, { ...options, now: T0 }))).toEqual(['a']);
        });

        it('do not wait for another channel', async () => {
          await ledger.setChannels([CHANNEL, 'mail']);
          await holdThem(['a']);
          await confirm(await taken());
          await holdThem(['b']);

          const mail = await taken(T0, 100, 'mail');

          expect(idsOf(mail)).toEqual(['a', 'b']);
          expect(idsOf(await take())).toEqual(['b']);
          expect(await confirm(mail)).toBe(false);
        });

        it('begin when the channel is named', async () => {
          await holdThem(['a']);

          await ledger.setChannels([CHANNEL, 'mail']);
          await holdThem(['b']);

          expect(await hear(T0, 'mail')).toMatchObject([{ id: 'b' }]);
        });

        inOrder('stay as they are when the same channels are named again', async () => {
          await holdThem(['a', 'b', 'c']);
          await confirm(await taken(T0, 1));
          await ledger.setChannels([CHANNEL, CHANNEL]);
          const batch = await taken(T0, 1);

          await ledger.setChannels([CHANNEL]);

          expect(idsOf(batch)).toEqual(['b']);
          expect(await take()).toBeUndefined();
          await ledger.putOffAnnouncements(CHANNEL, batch.lease, T0 + 5);
          await ledger.setChannels([CHANNEL]);
          expect(await take(T0 + 4)).toBeUndefined();
          expect(idsOf(await take(T0 + 5))).toEqual(['b', 'c']);
        });

        it('are forgotten with the channel', async () => {
          await holdThem(['a']);
          const batch = await taken();

          await ledger.setChannels(['mail']);

          expect(await take()).toBeUndefined();
          expect(await confirm(batch)).toBe(false);
          await ledger.setChannels([CHANNEL]);
          expect(await take(T0 + HOUR_MS)).toBeUndefined();
          await holdThem(['b']);
          expect(idsOf(await take())).toEqual(['b']);
        });

        it('are none for a channel that nobody named', async () => {
          await holdThem(['a']);

          expect(await take(T0, 100, 'nobody')).toBeUndefined();
          expect(await ledger.confirmAnnouncements('nobody', 'none', '1')).toBe(false);
          expect(await ledger.putOffAnnouncements('nobody', 'none', T0)).toBe(false);
        });

        it('are there when the ledger is opened again', async () => {
          await holdThem(['a']);

          ledger = await storage.reopen();

          expect(idsOf(await take())).toEqual(['a']);
        });

        inOrder('make room for newer ones when there are too many', async () => {
          const ids = Array.from({ length: MAX_ANNOUNCEMENTS + 2 }, (_, index) => `token-${index}`);
          await holdThem(ids);

          expect(idsOf(await take(T0, ids.length))).toEqual(ids.slice(2));
        });

        inOrder('say how many are missing before them, until later ones are confirmed', async () => {
          await ledger.setChannels([CHANNEL, 'mail']);
          await holdThem(['a']);
          await confirm(await taken());
          await holdThem(Array.from({ length: MAX_ANNOUNCEMENTS + 2 }, (_, index) => `token-${index}`));

          const [lost, mail] = [await taken(T0, 2), await taken(T0, 2, 'mail')];
          await ledger.putOffAnnouncements(CHANNEL, lost.lease, T0);
          const again = await taken(T0, 2);
          await confirm(again);

          expect([lost.missed, mail.missed, again.missed]).toEqual([2, 3, 2]);
          expect((await taken()).missed).toBe(0);
        });
      });
    });

    describe('hours', () => {
      it('count new entries, each once', async () => {
        await accept([aReport('a'), aReport('b'), aReport('a')], T0 + 1);
        await accept([aReport('c'), aReport('a')], T0 + HOUR_MS - 1);
        await accept([aReport('d'), aReport('e')], T0 + HOUR_MS);
        await accept([aReport('e')], T0 + 2 * HOUR_MS);

        expect(await ledger.hours(T0)).toEqual([
          { at: T0, created: 3, reopened: 0, ended: {}, delays: NO_DELAYS },
          { at: T0 + HOUR_MS, created: 2, reopened: 0, ended: {}, delays: NO_DELAYS },
        ]);
      });

      it('are none before anything happened', async () => {
        expect(await ledger.hours(T0)).toEqual([]);
      });

      it('count what became done by its outcome, and what a person dismissed', async () => {
        await accept(['a', 'b', 'c', 'd', 'e'].map((id) => aReport(id)));
        for (const kind of ['revoked', 'revoked', 'already-inactive', 'accepted'] as const) {
          await settle(await claimOne(T0), T0 + HOUR_MS + 1, { kind, verified: true });
        }
        await dismiss('e', T0 + HOUR_MS + 2);
        await dismiss('e', T0 + HOUR_MS + 3);

        expect(await ledger.hours(T0)).toMatchObject([
          { at: T0, created: 5, ended: {} },
          {
            ...{ at: T0 + HOUR_MS, created: 0 },
            ended: { revoked: 2, 'already-inactive': 1, accepted: 1, dismissed: 1 },
          },
        ]);
      });

      it('count what comes to need attention, and not what stays so', async () => {
        const initial = { state: 'attention', outcome: UNRECOGNISED } as const;
        await accept([aReport('a'), aReport('b', { initial }), aReport('c')]);
        const [a, c] = (await claim(T0)).claims;
        await toAttention(a ?? never(), T0, EXHAUSTED, T0);
        await toAttention(await claimOne(T0), T0);
        await settle(c ?? never(), T0, WOULD_REVOKE);
        await accept(
          ['b', 'c'].map((id) => aReport(id, { initial, restarts: RESTARTS })),
          T0 + HOUR_MS,
        );

        expect(await ledger.hours(T0)).toMatchObject([
          { ended: { attention: 2, 'would-revoke': 1 } },
          { at: T0 + HOUR_MS, created: 0, ended: { attention: 1 } },
        ]);
      });

      it('count nothing that is held, or whose lease was lost', async () => {
        await accept([aReport('a')]);
        const lost = await claimOne(T0);
        const held = await claimOne(T0 + LEASE_MS);
        await settle(lost, T0);
        await hold(held, T0);

        expect(await ledger.hours(T0)).toEqual([
          { at: T0, created: 1, reopened: 0, ended: {}, delays: NO_DELAYS },
        ]);
      });

      it('count nothing of a recheck that brought nothing new', async () => {
        await accept([aReport('a')]);
        await settle(await claimOne(T0), T0);
        await accept([aReport('a', { recheckEndedBefore: T0 + 1 })], T0 + HOUR_MS);

        await settleAsBefore(await claimOne(T0 + HOUR_MS), T0 + 2 * HOUR_MS);

        expect(await ledger.hours(T0)).toMatchObject([
          { created: 1, reopened: 0, ended: { revoked: 1 } },
          { created: 0, reopened: 1, ended: {} },
          { created: 0, reopened: -1, ended: {} },
        ]);
      });

      it('count what is open again, and what is not open although it is new, so that open ones can be counted back', async () => {
        const initial = { state: 'dismissed', outcome: IGNORED } as const;
        const openOf = async () => {
          const hours = await ledger.hours(0);
          const ends = (ended: Readonly<Record<string, number>>) =>
            Object.entries(ended).reduce((sum, [how, n]) => sum + (how === 'attention' ? 0 : n), 0);
          return hours.reduce((sum, hour) => sum + hour.created + hour.reopened - ends(hour.ended), 0);
        };
        const isRight = async () => {
          const counts = await ledger.count();
          const open = counts.filter(({ state }) => ['queued', 'held', 'attention'].includes(state));
          expect(await openOf()).toBe(open.reduce((sum, { entries }) => sum + entries, 0));
        };

        await accept([aReport('a'), aReport('b'), aReport('c'), aReport('ignored', { initial })]);
        await isRight();
        const [a, b, c] = (await claim(T0)).claims;
        await settle(a ?? never(), T0, WOULD_REVOKE);
        await settle(b ?? never(), T0);
        await toAttention(c ?? never(), T0, EXHAUSTED);
        await isRight();
        await accept(
          [aReport('a', { restarts: RESTARTS }), aReport('ignored', { restarts: RESTARTS })],
          T0 + 1,
        );
        await isRight();
        await accept([aReport('c', { initial, restarts: RESTARTS })], T0 + 1);
        await isRight();
        await ledger.reopen('b', {
          ...{ now: T0 + 1, from: 'done', outcome: UNRECOGNISED },
          event: { at: T0 + 1, event: 'found' },
        });
        await isRight();
        await ledger.purge({ now: T0 + 3, endedBefore: T0 + 2, limit: 10 });
        await isRight();
      });

      it.each([
        ['at once', 0, 0],
        ['just within the first bucket', 10, 0],
        ['behind it', 11, 1],
        ['within the second', 15, 1],
        ['after a second', 1_000, DELAY_BUCKETS_MS.findIndex((end) => end >= 1_000)],
        ['after years', Math.ceil(DELAY_BUCKETS_MS.at(-1) ?? 0) + 1, DELAY_BUCKETS_MS.length],
      ])('count how long a token lived that died %s', async (_, delayMs, bucket) => {
        await accept([aReport('a')]);

        await settle(await claimOne(T0), T0 + delayMs);

        const [hour] = (await ledger.hours(T0)).slice(-1);
        expect(hour?.delays).toEqual(NO_DELAYS.with(bucket, 1));
      });

      it('count a death without proof apart, and no time for what was not shown to be dead', async () => {
        await accept(['a', 'b', 'c', 'd', 'e'].map((id) => aReport(id)));
        for (const kind of ['accepted', 'expires', 'already-inactive', 'revoked'] as const) {
          await settle(await claimOne(T0), T0, { kind, verified: false });
        }
        await settle(await claimOne(T0), T0, { kind: 'already-inactive', verified: true });

        expect(await ledger.hours(T0)).toMatchObject([
          {
            ended: {
              ...{ accepted: 1, expires: 1, 'already-inactive': 1 },
              ...{ 'already-inactive-unproven': 1, 'revoked-unproven': 1 },
            },
            delays: NO_DELAYS.with(0, 1),
          },
        ]);
      });

      it('come in their order, from the one on in which the time is', async () => {
        const hours = [30, 2, 1, 26, 25].map((hour) => T0 + hour * HOUR_MS);
        for (const [index, at] of hours.entries()) await accept([aReport(`${index}`)], at);

        const seen = async (since: number) => (await ledger.hours(since)).map(({ at }) => at);

        expect(await seen(T0)).toEqual(hours.toSorted((a, b) => a - b));
        expect(await seen(T0 + 26 * HOUR_MS - 1)).toEqual([25, 26, 30].map((n) => T0 + n * HOUR_MS));
        expect(await seen(T0 + 26 * HOUR_MS)).toEqual([26, 30].map((n) => T0 + n * HOUR_MS));
        expect(await seen(T0 + 31 * HOUR_MS)).toEqual([]);
      });

      it('are deleted when they are too old', async () => {
        const day = 24 * HOUR_MS;
        await accept([aReport('a')], T0 - 1);
        await accept([aReport('b')], T0);
        await accept([aReport('c')], T0 + day);
        const now = T0 + HOURS_KEPT_DAYS * day + 5 * HOUR_MS;

        expect(await ledger.purge({ now: now - day, endedBefore: 0, limit: 10 })).toBe(0);
        expect(await ledger.hours(0)).toHaveLength(3);
        await ledger.purge({ now, endedBefore: 0, limit: 10 });

        expect((await ledger.hours(0)).map(({ at }) => at)).toEqual([T0, T0 + day]);
      });
    });

    describe('days', () => {
      it('count of each provider what its hours count', async () => {
        const initial = { state: 'attention', outcome: UNRECOGNISED } as const;
        await accept([aReport('a'), aReport('b'), aReport('c', { provider: 'other' })], T0 + 5 * HOUR_MS);
        await accept([aReport('d', { initial }), aReport('a')], T0 + 6 * HOUR_MS);
        await settle(await claimOne(T0 + 7 * HOUR_MS), T0 + 5 * HOUR_MS + 11);
        await dismiss('c', T0 + DAY_MS);

        expect(byProvider(await ledger.days(T0))).toEqual([
          {
            ...{ provider: PROVIDER, at: T0, created: 3, reopened: 0, ended: { revoked: 1, attention: 1 } },
            delays: NO_DELAYS.with(1, 1),
          },
          { provider: 'other', at: T0, created: 1, reopened: 0, ended: {}, delays: NO_DELAYS },
          {
            provider: 'other',
            at: T0 + DAY_MS,
            created: 0,
            reopened: 0,
            ended: { dismissed: 1 },
            delays: NO_DELAYS,
          },
        ]);
        expect((await ledger.hours(T0)).map(({ at }) => (at - T0) / HOUR_MS)).toEqual([5, 6, 24]);
      });

      it('count what needs a person after all', async () => {
        await accept([aReport('a')]);
        await settle(await claimOne(T0), T0);
        const event = { at: T0, event: 'reviewed' };
        await ledger.reopen('a', { now: T0 + DAY_MS, from: 'done', outcome: EXHAUSTED, event });

        expect(await ledger.days(T0 + DAY_MS)).toMatchObject([
          { provider: PROVIDER, ended: { attention: 1 } },
        ]);
      });

      it('come from the one on in which the time is, and are deleted when they are too old', async () => {
        await accept([aReport('a')], T0 + 5);
        await accept([aReport('b')], T0 + DAY_MS);
        const seen = async (since: number) => (await ledger.days(since)).map(({ at }) => at);

        expect(await seen(T0 + DAY_MS - 1)).toEqual([T0, T0 + DAY_MS]);
        expect(await seen(T0 + DAY_MS)).toEqual([T0 + DAY_MS]);
        await ledger.purge({ now: T0 + (HOURS_KEPT_DAYS + 1) * DAY_MS, endedBefore: 0, limit: 10 });
        expect(await seen(0)).toEqual([T0 + DAY_MS]);
      });

      function byProvider(days: readonly ProviderDay[]): readonly ProviderDay[] {
        return days.toSorted((a, b) => a.provider.localeCompare(b.provider) || a.at - b.at);
      }
    });

    describe('oldestQueuedAt', () => {
      it('tells when the oldest queued entry was first reported, of whatever provider', async () => {
        expect(await ledger.oldestQueuedAt()).toBeUndefined();
        await accept([aReport('a', HELD)], T0);
        await accept([aReport('b', { provider: 'other' })], T0 + 1);
        await accept([aReport('c'), aReport('b', { provider: 'other' })], T0 + 2);
        const before = await ledger.oldestQueuedAt();
        await settle(first((await claim(T0 + 3, {}, 'other')).claims), T0 + 3);
        const after = await ledger.oldestQueuedAt();
        await requeue('a', T0 + 4);

        expect([before, after]).toEqual([T0 + 1, T0 + 2]);
        expect(await ledger.oldestQueuedAt()).toBe(T0);
        await dismiss('a', T0 + 5);
        await dismiss('c', T0 + 5);
        expect(await ledger.oldestQueuedAt()).toBeUndefined();
      });

      it('leaves one provider out, where that is asked for', async () => {
        await accept([aReport('a', { provider: 'other' })], T0);
        await accept([aReport('b')], T0 + 1);
        expect(await ledger.oldestQueuedAt('other')).toBe(T0 + 1);
        await dismiss('b', T0 + 2);
        expect(await ledger.oldestQueuedAt('other')).toBeUndefined();
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

        expect(page.entries.map(({ id }) => id).toSorted()).toEqual(['a', 'b']);
        expect(page.cursor).toBeUndefined();
      });

      it('shows an entry as get does, without locations and history', async () => {
        await accept([aReport('a')]);
        await toAttention(await claimOne(T0), T0);
        const {
          locations: _locations,
          unreadableLocations: _unreadable,
          locationsLeftOut: _leftOut,
          findings: _findings,
          history: _history,
          ...entry
        } = (await ledger.get('a')) ?? {};

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

      inOrder('puts together what is spread over providers and states', async () => {
        const ids = Array.from({ length: 300 }, (_, index) => `token-${index}`);
        const initials = [{ state: 'queued' }, { state: 'held' }] as const;
        await accept(
          ids.map((id, index) =>
            aReport(id, {
              provider: `provider-${index % 3}`,
              type: index % 7 === 0 ? 'rare' : 'common',
              initial: index < 250 ? initials[0] : initials[1],
            }),
          ),
        );
        const newest = (keep: (index: number) => boolean) =>
          ids.filter((_, index) => keep(index)).toReversed();

        expect(await listedIds({ limit: 1_000 })).toEqual(newest(() => true));
        expect(await listedIds({ limit: 1_000, state: 'queued' })).toEqual(newest((index) => index < 250));
        expect(await listedIds({ limit: 1_000, provider: 'provider-1' })).toEqual(
          newest((index) => index % 3 === 1),
        );
        expect(await listedIds({ limit: 1_000, state: 'held', type: 'common' })).toEqual(
          newest((index) => index >= 250 && index % 7 !== 0),
        );
        expect(await listedIds({ limit: 1_000, provider: 'provider-1', type: 'rare' })).toEqual(
          newest((index) => index % 21 === 7),
        );
        expect(
          await listedIds({ limit: 1_000, state: 'queued', provider: 'provider-0', type: 'rare' }),
        ).toEqual(newest((index) => index < 250 && index % 21 === 0));
      });

      inOrder(
        'ends a page early when it had to look at too many, and goes on with the next one',
        async () => {
          const many = (prefix: string, changes: Partial<ReportedToken>) =>
            accept(Array.from({ length: 5_100 }, (_, index) => aReport(`${prefix}-${index}`, changes)));
          await accept([aReport('match', { type: 'wanted' })]);
          await many('other', { provider: 'other', type: 'wanted' });
          await many('own', { type: 'unwanted' });

          const page = await ledger.list({ provider: PROVIDER, type: 'wanted', limit: 10 });
          const next = await ledger.list({
            provider: PROVIDER,
            type: 'wanted',
            limit: 10,
            ...cursorOf(page),
          });

          expect(page).toEqual({ entries: [], cursor: expect.any(String) });
          expect(next.entries.map(({ id }) => id)).toEqual(['match']);
          expect(next.cursor).toBeUndefined();
        },
      );

      it('filters by outcome, reason, caller, beginning of the id and last time', async () => {
        const attention = (outcome: Outcome) => ({ initial: { state: 'attention', outcome } as const });
        await accept([aReport('aa-1', { ...attention(UNRECOGNISED), caller: 'gitlab' })], T0);
        await accept([aReport('ab-2', { ...attention(EXHAUSTED), caller: 'ci' })], T0 + 1);
        await accept([aReport('aa-3', { initial: { state: 'held', outcome: UNPROVEN } })], T0 + 2);
        await accept([aReport('aa-4', { caller: 'ci' })], T0 + 3);
        await accept([aReport('aa-4', { caller: 'gitlab' })], T0 + 4);

        expect(await listedIds({ outcome: 'refused' })).toEqual(['aa-1']);
        expect(await listedIds({ outcome: 'refused', reason: 'upstream-error' })).toEqual([]);
        expect(await listedIds({ reason: 'upstream-error' })).toEqual(['ab-2']);
        expect(await listedIds({ reason: 'unproven', state: 'held', provider: PROVIDER })).toEqual(['aa-3']);
        expect(await listedIds({ reason: 'unproven', state: 'attention' })).toEqual([]);
        expect(await listedIds({ caller: 'ci' })).toEqual(['aa-4', 'ab-2']);
        expect(await listedIds({ caller: 'nobody' })).toEqual([]);
        expect(await listedIds({ id: 'aa-' })).toEqual(['aa-4', 'aa-3', 'aa-1']);
        expect(await listedIds({ id: 'aa-', state: 'attention' })).toEqual(['aa-1']);
        expect(await listedIds({ until: T0 + 2 })).toEqual(['ab-2', 'aa-1']);
        expect(await listedIds({ since: T0 + 1, until: T0 + 3 })).toEqual(['aa-3', 'ab-2']);
        expect((await ledger.list({ limit: 1 })).entries).toMatchObject([{ id: 'aa-4', caller: 'ci' }]);
      });

      it('finds by how they stand now what has moved on', async () => {
        await accept([
          aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } }),
          aReport('b'),
        ]);
        await toAttention(await claimOne(T0), T0);
        expect(await listedIds({ state: 'attention', reason: 'upstream-error' })).toEqual(['b']);

        await requeue('b', T0);
        expect(await listedIds({ reason: 'upstream-error' })).toEqual([]);
        await settle(await claimOne(T0), T0 + 1);
        await dismiss('a', T0 + 1);

        expect(await listedIds({ outcome: 'revoked' })).toEqual(['b']);
        expect(await listedIds({ reason: 'unrecognised', state: 'attention' })).toEqual([]);
        expect(await listedIds({ reason: 'unrecognised', state: 'dismissed' })).toEqual(['a']);
        await purge(T0 + 2);
        expect(await listedIds({ outcome: 'revoked' })).toEqual([]);
      });

      it('filters by project or group, on one instance or on all', async () => {
        await accept([
          aReport('app', { location: inProject('acme/app') }),
          aReport('tools', { location: inProject('acme/tools/x') }),
          aReport('other-acme', { location: inProject('acme-2/app') }),
          aReport('elsewhere', { location: inProject('acme/app', 'https://other.test') }),
          aReport('nowhere', { location: 'config.yml' }),
          aReport('both', { location: inProject('acme/app') }),
        ]);
        await accept([aReport('both', { location: inProject('acme/tools/x') })]);

        expect(await listedIds({ project: 'acme/app' })).toEqual(['both', 'elsewhere', 'app']);
        expect(await listedIds({ project: '/acme/' })).toEqual(['both', 'elsewhere', 'tools', 'app']);
        expect(await listedIds({ project: 'acme/tools' })).toEqual(['both', 'tools']);
        expect(await listedIds({ project: 'https://git.test/acme' })).toEqual(['both', 'tools', 'app']);
        expect(await listedIds({ project: 'https://other.test' })).toEqual(['elsewhere']);
        expect(await listedIds({ project: 'acme', provider: 'other' })).toEqual([]);
        expect(await listedIds({ project: 'acm' })).toEqual([]);
        expect((await ledger.list({ id: 'both', limit: 1 })).entries).toMatchObject([
          { projects: ['https://git.test/acme/app', 'https://git.test/acme/tools/x'] },
        ]);
      });

      it('finds what is below a group of very many projects', async () => {
        const reports = Array.from({ length: 250 }, (_, n) =>
          aReport(`token-${n}`, { location: inProject(`${n % 2 ? 'odd' : 'even'}/${n}`) }),
        );
        await accept(reports);

        expect((await listedIds({ project: 'odd', limit: 200 })).toSorted()).toEqual(
          reports
            .map(({ id }) => id)
            .filter((_, n) => n % 2 === 1)
            .toSorted(),
        );
        expect(await listedIds({ project: 'odd', state: 'held' })).toEqual([]);
      });

      it('no longer finds by its project what has left it', async () => {
        await accept(
          Array.from({ length: MAX_LOCATIONS + 1 }, (_, n) =>
            aReport('a', { location: `${inProject(n === 10 ? 'acme/left' : 'acme/then')}${n}` }),
          ),
        );
        await accept([aReport('b', { location: inProject('acme/then') })]);

        expect(await listedIds({ project: 'acme/left' })).toEqual([]);
        expect((await listedIds({ project: 'acme/then' })).toSorted()).toEqual(['a', 'b']);
        await dismiss('a', T0);
        await purge(T0 + 1);
        expect(await listedIds({ project: 'acme/then' })).toEqual(['b']);
      });

      it('no longer finds by its type what was purged', async () => {
        await accept([aReport('a'), aReport('a', { type: 'second' }), aReport('b', { type: 'second' })]);
        await dismiss('a', T0);
        await purge(T0 + 1);

        expect(await listedIds({ type: 'acme_key' })).toEqual([]);
        expect(await listedIds({ type: 'second' })).toEqual(['b']);
        await accept([aReport('a')], T0 + 5);
        expect(await listedIds({ type: 'acme_key' })).toEqual(['a']);
        expect(await listedIds({ type: 'second' })).toEqual(['b']);
      });

      inOrder('neither repeats nor misses an entry while entries change their state', async () => {
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

      it('counts an entry once that one request makes and starts anew', async () => {
        const initial = { state: 'attention', outcome: WOULD_REVOKE } as const;

        await accept([aReport('a', { initial }), aReport('a', { restarts: RESTARTS })]);

        expect(await ledger.count()).toEqual([{ provider: PROVIDER, state: 'queued', entries: 1 }]);
      });
    });

    describe('causes', () => {
      const causes = async () =>
        (await ledger.causes())
          .map(({ provider, state, outcome, reason, entries }) =>
            [provider, state, outcome, reason, entries].join(' '),
          )
          .sort();

      it('tell how many entries stand how, and nothing of what has no outcome', async () => {
        await accept([
          aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } }),
          aReport('b', { initial: { state: 'attention', outcome: UNRECOGNISED } }),
          aReport('c', { initial: { state: 'held', outcome: UNPROVEN } }),
          aReport('d'),
          aReport('e', { provider: 'other' }),
        ]);
        await settle(await claimOne(T0), T0);

        expect(await causes()).toEqual([
          'acme attention refused unrecognised 2',
          'acme done revoked  1',
          'acme held held unproven 1',
        ]);
      });

      it('follow what moves on', async () => {
        await accept([
          aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } }),
          aReport('b', { initial: { state: 'held', outcome: UNPROVEN } }),
        ]);
        await requeue('a', T0);
        await dismiss('b', T0);
        expect(await causes()).toEqual([]);

        await toAttention(await claimOne(T0), T0);
        expect(await causes()).toEqual(['acme attention exhausted upstream-error 1']);
        await purge(T0 + 1);
        expect(await causes()).toEqual([]);
      });
    });

    describe('projects', () => {
      const projects = async (options: Partial<ProjectOptions> = {}) =>
        (await ledger.projects({ limit: 100, ...options })).projects.map(({ instance, project, entries }) => {
          const counts = Object.entries(entries).filter(([, count]) => count > 0);
          return [`${instance}/${project}`, ...counts.flat()].join(' ');
        });

      it('tell of each how many of its entries are in which state, in the order of their paths', async () => {
        await accept([
          aReport('a', { location: inProject('b/x') }),
          aReport('b', { location: inProject('a/x'), initial: { state: 'held', outcome: UNPROVEN } }),
          aReport('c', { location: inProject('a/x') }),
          aReport('d', { location: inProject('a-2/x') }),
          aReport('e', { location: 'config.yml' }),
        ]);
        await accept([
          aReport('c', { location: inProject('b/x') }),
          aReport('c', { location: inProject('b/x') }),
        ]);
        await settle(await claimOne(T0), T0 + 20);

        expect(await projects()).toEqual([
          'https://git.test/a-2/x queued 1',
          'https://git.test/a/x queued 1 held 1',
          'https://git.test/b/x queued 1 done 1',
        ]);
        expect(await projects({ project: 'a' })).toEqual(['https://git.test/a/x queued 1 held 1']);
        expect(await projects({ project: 'https://other.test' })).toEqual([]);
      });

      it('come in pages', async () => {
        const places = ['a', 'a/b', 'b/c', 'b-c', 'b/☃'].map((path) => inProject(path));
        await accept(
          [...places, inProject('b/c', 'https://other.test')].map((location, n) =>
            aReport(`${n}`, { location }),
          ),
        );

        const seen: string[] = [];
        let cursor: { cursor?: string } = {};
        do {
          const page = await ledger.projects({ limit: 2, ...cursor });
          expect(page.projects.length).toBeLessThanOrEqual(2);
          seen.push(...page.projects.map(({ instance, project }) => `${instance}/${project}`));
          cursor = cursorOf(page);
        } while (cursor.cursor !== undefined);

        expect(seen).toEqual([
          ...['https://git.test/a', 'https://git.test/a/b', 'https://git.test/b-c', 'https://git.test/b/c'],
          ...['https://other.test/b/c', 'https://git.test/b/☃'],
        ]);
      });

      it('count how long it took until a token of theirs was dead', async () => {
        await accept([
          aReport('a', { location: inProject('a/x') }),
          aReport('b', { location: inProject('a/x') }),
        ]);
        await settle(await claimOne(T0), T0 + 10);
        await settle(await claimOne(T0), T0 + 10, { kind: 'accepted', verified: false });

        const { projects: found } = await ledger.projects({ limit: 1 });

        expect(found[0]?.delays).toEqual(NO_DELAYS.map((_, bucket) => (bucket === 0 ? 1 : 0)));
      });

      it('are forgotten with their last entry', async () => {
        await accept([
          aReport('a', { location: inProject('a/x') }),
          aReport('b', { location: inProject('a/y') }),
        ]);
        await dismiss('a', T0);
        await purge(T0 + 1);
        expect(await projects()).toEqual(['https://git.test/a/y queued 1']);

        await accept([aReport('a', { location: inProject('a/x') })], T0 + 2);
        expect(await projects()).toEqual(['https://git.test/a/x queued 1', 'https://git.test/a/y queued 1']);
      });
    });

    describe('purge', () => {
      it('of what is in hand gives back its room of the safety valve', async () => {
        await accept([aReport('a')]);
        await toAttention(await claimOne(T0), T0, EXHAUSTED, T0 + 1);
        await claimOne(T0 + 1);
        await accept([aReport('b')], T0 + 2);

        expect(await purge(T0 + 2)).toBe(1);

        expect(await claimedIds(T0 + 2, { maxPerHour: 1 })).toEqual(['b']);
      });

      it('of what has its turn leaves the turns to the others', async () => {
        await accept(['a', 'b'].map((id) => aReport(id)));
        for (const held of (await claim(T0)).claims) {
          await ledger.settle(held, {
            ...{ now: T0, state: 'attention', outcome: EXHAUSTED, dueAt: T0 + 1 },
            ...{ progress: NO_PROGRESS, events: [] },
          });
        }
        const [held] = (await claim(T0 + 1, { limit: 1 })).claims;
        if (held) await settle(held, T0 + 1);

        expect(await purge(T0 + 1)).toBe(1);
        await accept([aReport('c')], T0 + 2);

        expect(await claimedIds(T0 + 2)).toEqual(['c']);
      });

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

        const purged = await purge(T0 + 10, 100);

        expect(purged).toBe(3);
        expect((await listedIds()).toSorted()).toEqual(['held', 'late', 'queued']);
        expect(await ledger.get('attention')).toBeUndefined();
        expect(await claimedIds(T0 + 2 * HOUR_MS)).toEqual(['queued']);
        expect(await ledger.count()).toHaveLength(3);
      });

      inOrder('deletes no more than the limit, the longest ended first', async () => {
        for (const [index, id] of ['a', 'b', 'c'].entries()) {
          await accept([aReport(id)]);
          await dismiss(id, T0 + index);
        }

        expect(await purge(T0 + 10, 2)).toBe(2);
        expect(await listedIds()).toEqual(['c']);
      });

      it('leaves what is reported still, so that nobody’s decision about it is forgotten', async () => {
        for (const id of ['done', 'dismissed', 'attention', 'silent']) await accept([aReport(id)]);
        await dismiss('dismissed', T0);
        await dismiss('silent', T0);
        for (const held of (await claim(T0)).claims) {
          if (held.id === 'done') await settle(held, T0);
          else await toAttention(held, T0);
        }
        const reportedAt = T0 + HOUR_MS;
        for (const id of ['done', 'dismissed', 'attention']) await accept([aReport(id)], reportedAt);

        // However many are left, the others are found.
        expect(await purge(reportedAt, 1)).toBe(1);
        expect(await purge(reportedAt)).toBe(1);
        expect((await listedIds()).toSorted()).toEqual(['dismissed', 'done']);
        expect(await accept([aReport('dismissed')], reportedAt)).toMatchObject({ created: 0, repeated: 1 });
        expect(await stateOf('dismissed')).toBe('dismissed');

        expect(await purge(reportedAt + 1)).toBe(2);
        expect(await listedIds()).toEqual([]);
      });

      it('counts from the newest end of what was left before, because it was reported', async () => {
        await accept([aReport('a')]);
        await settle(await claimOne(T0), T0, WOULD_REVOKE);
        await accept([aReport('a')], T0 + HOUR_MS);
        expect(await purge(T0 + HOUR_MS)).toBe(0);
        await accept([aReport('a', { restarts: RESTARTS })], T0 + 9 * HOUR_MS);
        await toAttention(await claimOne(T0 + 9 * HOUR_MS), T0 + 9 * HOUR_MS);

        expect(await purge(T0 + 5 * HOUR_MS)).toBe(0);
        expect(await stateOf('a')).toBe('attention');
      });

      it('leaves an entry that a person has queued again', async () => {
        await accept([aReport('a', { initial: { state: 'attention', outcome: UNRECOGNISED } })]);
        await requeue('a', T0);

        expect(await purge(T0 + HOUR_MS, 10)).toBe(0);
      });

      it('leaves nothing behind that a new report of the token would find', async () => {
        await accept([aReport('a'), aReport('a', { type: 'other_rule', location: 'elsewhere' })]);
        await settle(await claimOne(T0), T0);
        await purge(T0 + 1, 10);

        expect(await accept([aReport('a')], T0 + 5)).toMatchObject({ created: 1, repeated: 0 });
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

        await ledger.laneHealthy(PROVIDER, 1, T0);
        await ledger.resumeLane(PROVIDER, T0);

        expect(heard).toEqual([PROVIDER, PROVIDER]);
      });
    });

    describe('storage', () => {
      it('keeps everything when it is opened again', async () => {
        await accept([aReport('a'), aReport('b'), aReport('c', { initial: { state: 'held' } })]);
        const held = await claimOne(T0);
        await ledger.parkLane('other', 'operator', T0);
        const before = [await ledger.get('a'), await ledger.list({ limit: 9 }), await ledger.lanes(T0)];

        ledger = await storage.reopen();

        expect([await ledger.get('a'), await ledger.list({ limit: 9 }), await ledger.lanes(T0)]).toEqual(
          before,
        );
        expect([held.id, ...(await claimedIds(T0))].toSorted()).toEqual(['a', 'b']);
        expect(await settle(held, T0)).toBe(true);
      });

      it('does not open with other keys', async () => {
        await expect(storage.reopen(new Vault(testKeys()))).rejects.toMatchObject({
          ...{ name: 'LedgerError', code: 'wrong-keys' },
        });
      });

      it('proves that it can be written', async () => {
        await expect(ledger.ping()).resolves.toBeUndefined();
      });
    });
  });
}

function first<Item>([item]: readonly Item[]): Item {
  return item ?? never();
}

function never(): never {
  throw new Error('There is none.');
}

function cursorOf({ cursor }: { cursor?: string }): { cursor?: string } {
  return cursor === undefined ? {} : { cursor };
}
