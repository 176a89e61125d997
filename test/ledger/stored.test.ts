/** What an earlier version has stored is opened by this one, in full, and worked on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import type { Claim } from '../../src/ledger/claim.ts';
import { type Entry, NO_PROGRESS, STATES } from '../../src/ledger/entry.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openRedisLedger } from '../../src/ledger/redis/open.ts';
import type { ReportedToken } from '../../src/ledger/report.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { Vault } from '../../src/vault/seal.ts';
import type { Outcome } from '../../src/words/outcome.ts';
import { Secret } from '../../src/words/secret.ts';
import { redisAvailable, sendRedis, startRedis } from '../support/redis-server.ts';
import {
  copyOfStoredSqlite,
  restoreStoredRedis,
  STORED_ENTRIES,
  STORED_REST,
  type StoredEntry,
  storedKeys,
} from '../support/stored-0.1.0.ts';
import { testKeys } from '../support/test-keys.ts';

interface Stored {
  readonly name: string;
  /** Why its tests cannot run here. */
  readonly missing?: string;
  open(vault: Vault): Promise<Opened>;
}

interface Opened {
  readonly ledger: Ledger;
  /** All that is on the disk. */
  texts(): Promise<string>;
}

const STORED: readonly Stored[] = [
  {
    name: 'SQLite',
    async open(vault) {
      const path = copyOfStoredSqlite();
      const texts = async () => [path, `${path}-wal`].map((file) => readFileSync(file, 'utf8')).join('\n');
      return { ledger: openSqliteLedger({ path, vault }), texts };
    },
  },
  {
    name: 'Redis',
    ...(!redisAvailable() && { missing: 'redis-server is not installed' }),
    async open(vault) {
      const server = await startRedis({ aof: false });
      onTestFinished(() => server.stop());
      await restoreStoredRedis(server.port);
      const texts = async () => {
        await sendRedis(server, 'CONFIG SET rdbcompression no');
        await sendRedis(server, 'SAVE');
        return readFileSync(join(server.dir, 'dump.rdb'), 'utf8');
      };
      return { ledger: await openRedisLedger({ url: server.url, vault }), texts };
    },
  },
];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** By then every pause, lease and delay that was stored is over. */
const LATER = STORED_REST.writtenUntil + 2 * DAY_MS;
const REVOKED: Outcome = { kind: 'revoked', verified: true };

/** The safety valve parked lanes then, which only a person does now; and it counted what was begun. */
const LANES = STORED_REST.lanes.map(({ begun: _begun, begunSince: _since, ...lane }) => {
  const { epoch, ...open } = lane;
  return lane.reason === 'safety-valve' ? { ...open, parked: false, reason: null } : lane;
});

const ENTRIES = STORED_ENTRIES.map(({ name: _name, opens: _opens, ...entry }) => entry);
const WITH_TOKEN = STORED_ENTRIES.filter(({ opens }) => opens !== null);
const PROVIDERS = [...new Set(STORED_ENTRIES.map(({ provider }) => provider))];

for (const { name, missing, open } of STORED) {
  describe.skipIf(missing)(`the ledger of 0.1.0 in ${name}${missing ? ` (skipped: ${missing})` : ''}`, () => {
    const openStored = async () => {
      const vault = new Vault(await storedKeys());
      const { ledger, texts } = await open(vault);
      onTestFinished(() => ledger.close());
      return { ledger, vault, texts };
    };

    it('does not open with other keys', async () => {
      await expect(open(new Vault(testKeys()))).rejects.toMatchObject({ code: 'wrong-keys' });
    });

    it('has every entry as it was, with its places, findings and history', async () => {
      const { ledger } = await openStored();
      const found = await Promise.all(ENTRIES.map(({ id }) => ledger.get(id)));
      expect(found).toMatchObject(ENTRIES);
    });

    it('has no place in clear any more, but for its project', async () => {
      const { texts } = await openStored();
      const stored = await texts();
      const files = ENTRIES.flatMap(({ locations }) => locations.map((location) => location.split('/-/')[1]));
      expect(stored).toContain('gitlab.example.com');
      expect(files.filter((file) => file !== undefined && stored.includes(file))).toEqual([]);
    });

    it('lists the entries, newest first, page by page', async () => {
      const { ledger } = await openStored();
      const listed: Entry[] = [];
      for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
        const page = await ledger.list({ limit: 7, ...(cursor !== undefined && { cursor }) });
        listed.push(...page.entries);
        cursor = page.cursor;
      }
      expect(listed).toMatchObject(ENTRIES.map(({ locations, findings, history, ...entry }) => entry));
    });

    it('finds the entries by state, by provider and by type', async () => {
      const { ledger } = await openStored();
      for (const state of STATES) {
        const expected = ENTRIES.filter((entry) => entry.state === state);
        expect(await idsIn(ledger, { state })).toEqual(expected.map(({ id }) => id));
      }
      for (const provider of PROVIDERS) {
        const expected = ENTRIES.filter((entry) => entry.provider === provider);
        expect(await idsIn(ledger, { provider })).toEqual(expected.map(({ id }) => id));
      }
      for (const type of new Set(ENTRIES.flatMap(({ types }) => types))) {
        const expected = ENTRIES.filter(({ types }) => types.includes(type));
        expect(await idsIn(ledger, { type })).toEqual(expected.map(({ id }) => id));
      }
    });

    it('finds the entries by outcome, by reason and by project, and knows of no caller', async () => {
      const { ledger } = await openStored();
      for (const kind of new Set(ENTRIES.flatMap(({ outcome }) => outcome?.kind ?? []))) {
        const expected = ENTRIES.filter(({ outcome }) => outcome?.kind === kind);
        expect(await idsIn(ledger, { outcome: kind })).toEqual(expected.map(({ id }) => id));
      }
      for (const reason of new Set(ENTRIES.flatMap(({ outcome }) => outcome?.reason ?? []))) {
        const expected = ENTRIES.filter(({ outcome }) => outcome?.reason === reason);
        expect(await idsIn(ledger, { reason })).toEqual(expected.map(({ id }) => id));
      }
      const { entries } = await ledger.list({ limit: 1_000 });
      expect(entries.map(({ caller }) => caller)).toEqual(ENTRIES.map(() => null));
      const projects = new Set(entries.flatMap((entry) => entry.projects));
      expect(projects.size).toBeGreaterThan(0);
      for (const project of projects) {
        const expected = entries.filter((entry) => entry.projects.includes(project));
        expect(await idsIn(ledger, { project })).toEqual(expected.map(({ id }) => id));
      }
    });

    it('has counted how the entries stand, in all and by project', async () => {
      const { ledger } = await openStored();
      const causes = await ledger.causes();
      const named = causes.map(({ provider, state, outcome, reason, entries }) =>
        [provider, state, outcome, reason, entries].join(' '),
      );
      const groups = Map.groupBy(
        ENTRIES.filter(({ outcome }) => outcome !== null),
        ({ provider, state, outcome }) => [provider, state, outcome?.kind, outcome?.reason ?? ''].join(' '),
      );
      expect(named.sort()).toEqual([...groups].map(([name, all]) => `${name} ${all.length}`).sort());
      const { projects } = await ledger.projects({ limit: 1_000 });
      for (const { instance, project, entries } of projects) {
        for (const state of STATES) {
          const found = await idsIn(ledger, { project: `${instance}/${project}`, state });
          expect(found).toHaveLength(entries[state]);
        }
      }
      const { entries } = await ledger.list({ limit: 1_000 });
      expect(projects.map(({ instance, project }) => `${instance}/${project}`).sort()).toEqual(
        [...new Set(entries.flatMap((entry) => entry.projects))].sort(),
      );
    });

    it('has counted the entries, and what happened in each hour', async () => {
      const { ledger } = await openStored();
      const { counts, hours, oldestQueuedAt } = STORED_REST;
      expect([...(await ledger.count())].sort(byProviderAndState)).toEqual(
        [...counts].sort(byProviderAndState),
      );
      // Of what was counted then.
      expect(await ledger.hours(0)).toEqual(hours.map((hour) => ({ ...hour, reopened: 0 })));
      expect(await ledger.oldestQueuedAt()).toBe(oldestQueuedAt);
    });

    it('has its lanes paused, parked and set to a mode as they were', async () => {
      const { ledger } = await openStored();
      const lanes = await ledger.lanes(LATER);
      const found = LANES.map(({ provider }) => lanes.find((lane) => lane.provider === provider));
      expect(found).toMatchObject(LANES);
      expect(lanes.map(({ revokedLastHour, valveOpensAt }) => [revokedLastHour, valveOpensAt])).toEqual(
        lanes.map(() => [0, null]),
      );
      expect(await ledger.modes()).toEqual(STORED_REST.modes);
    });

    it('tells each channel what it has not confirmed, once its time has come', async () => {
      const { ledger } = await openStored();
      for (const [channel, { freeAt, waiting }] of Object.entries(STORED_REST.announcements)) {
        const options = { limit: 1_000, leaseMs: HOUR_MS };
        expect(await ledger.takeAnnouncements(channel, { ...options, now: freeAt - 1 })).toBeUndefined();
        const batch = await ledger.takeAnnouncements(channel, { ...options, now: freeAt });
        expect(batch).toMatchObject({ announcements: waiting, missed: 0 });
        const newest = batch?.announcements.at(-1)?.seq ?? '';
        expect(await ledger.confirmAnnouncements(channel, batch?.lease ?? '', newest)).toBe(true);
        expect(await ledger.takeAnnouncements(channel, { ...options, now: LATER })).toBeUndefined();
      }
    });

    it('opens every token that it has kept, with its other halves and what its provider noted', async () => {
      const { ledger, vault } = await openStored();
      await queueAll(ledger, WITH_TOKEN);
      const claims = await claimAll(ledger);
      expect(claims.map(({ id }) => id).sort()).toEqual(WITH_TOKEN.map(({ id }) => id).sort());
      for (const { id, provider, opens } of WITH_TOKEN) {
        const { sealed, note } = claimOf(claims, id);
        const { token, parts } = vault.openMaterial(id, sealed);
        const text = token.reveal();
        const named = opens?.place === undefined ? token : new Secret(`${text}\n${opens.place}`);
        expect(vault.fingerprint(provider, named)).toBe(id);
        const halves = Object.entries(parts).map(([kind, list]) => [
          kind,
          list.map((half) => vault.fingerprint(provider, half)),
        ]);
        expect(Object.fromEntries(halves)).toEqual(opens?.parts ?? {});
        expect(note === null ? undefined : vault.openNote(id, note)).toEqual(opens?.note);
      }
    });

    it('hands out what is due with the progress that was made, and keeps what came of it', async () => {
      const { ledger } = await openStored();
      for (const { provider } of STORED_REST.lanes) await ledger.resumeLane(provider, LATER);
      const due = STORED_ENTRIES.filter(({ dueAt }) => dueAt !== null);
      const claims = await claimAll(ledger);
      expect(claims.map(({ id }) => id).sort()).toEqual(due.map(({ id }) => id).sort());
      for (const stored of due) {
        const { provider, kind, phase, attempts, verifications, deferrals } = stored;
        const claim = claimOf(claims, stored.id);
        expect(claim).toMatchObject({ provider, kind, phase, attempts, verifications, deferrals });
        // Approvals were not signed then, so that a person is asked once more.
        expect(claim).toMatchObject({ approved: false, approvedUnproven: false });
        const event = { at: LATER, event: 'settled', outcome: REVOKED };
        const settled = await ledger.settle(claim, {
          ...{ now: LATER, state: 'done', outcome: REVOKED, progress: NO_PROGRESS, events: [event] },
        });
        expect(settled).toBe(true);
        expect(await ledger.get(stored.id)).toMatchObject({
          ...{ state: 'done', outcome: REVOKED, dueAt: null, endedAt: LATER },
          history: [...stored.history, event],
        });
      }
      expect(await idsIn(ledger, { state: 'queued' })).toEqual([]);
      expect(await ledger.oldestQueuedAt()).toBeUndefined();
    });

    it('puts off what was put off before, with another note', async () => {
      const { ledger, vault } = await openStored();
      const { id, provider } = storedAs('gitlab-feed-token-put-off-with-note');
      await ledger.resumeLane(provider, LATER);
      const claim = claimOf(await claimFrom(ledger, provider, LATER), id);
      const progress = { ...NO_PROGRESS, attempts: 2 };
      const note = vault.sealNote(id, { round: 2 });
      const dueAt = LATER + HOUR_MS;
      expect(await ledger.putOff(claim, { now: LATER, dueAt, progress, note, events: [] })).toBe(true);
      expect(await ledger.get(id)).toMatchObject({ state: 'queued', dueAt, ...progress });
      const again = claimOf(await claimFrom(ledger, provider, dueAt), id);
      expect(vault.openNote(id, again.note ?? '')).toEqual({ round: 2 });
    });

    it('leaves parked lanes alone, and lets one entry out of a lane whose pause is over', async () => {
      const { ledger } = await openStored();
      for (const { provider, parked, pausedUntil } of LANES) {
        if (parked) expect(await claimFrom(ledger, provider, LATER)).toEqual([]);
        if (pausedUntil > 0) expect(await claimFrom(ledger, provider, pausedUntil - 1)).toEqual([]);
        if (pausedUntil > 0) expect(await claimFrom(ledger, provider, LATER)).toHaveLength(1);
      }
    });

    it('goes on where the safety valve had parked the lane', async () => {
      const { ledger } = await openStored();
      const { provider } = storedAs('digitalocean-behind-safety-valve');
      expect(await claimFrom(ledger, provider, LATER)).not.toEqual([]);
    });

    it('takes over from a worker that died, once its lease has ended', async () => {
      const { ledger } = await openStored();
      for (const name of ['huggingface-claimed-by-dead-worker', 'openai-probe-of-dead-worker']) {
        const { id, provider, dueAt } = storedAs(name);
        expect(await claimFrom(ledger, provider, (dueAt ?? 0) - 1)).toEqual([]);
        expect(await claimFrom(ledger, provider, dueAt ?? 0)).toMatchObject([{ id }]);
      }
    });

    it('lets a person approve, retry and dismiss what waits for one', async () => {
      const { ledger } = await openStored();
      const held = STORED_ENTRIES.filter(({ state }) => state === 'held');
      for (const { id, history } of held) {
        const event = { at: LATER, event: 'approved', by: 'ada' };
        expect(await ledger.requeue(id, { now: LATER, approve: true, event })).toBe(true);
        expect(await ledger.get(id)).toMatchObject({
          ...{ state: 'queued', approved: true, dueAt: LATER, ...NO_PROGRESS },
          history: [...history, event],
        });
      }
      const [retried, ...dismissed] = STORED_ENTRIES.filter(({ state }) => state === 'attention');
      const event = { at: LATER, event: 'retried', by: 'ada' };
      expect(await ledger.requeue(retried?.id ?? '', { now: LATER, approve: false, event })).toBe(true);
      expect(await ledger.get(retried?.id ?? '')).toMatchObject({ state: 'queued', outcome: null });
      for (const { id, outcome } of dismissed) {
        const dismissal = { at: LATER, event: 'dismissed', by: 'ada', message: 'A test key.' };
        expect(await ledger.dismiss(id, { now: LATER, event: dismissal })).toBe(true);
        expect(await ledger.get(id)).toMatchObject({ state: 'dismissed', outcome, endedAt: LATER });
      }
    });

    it('queues nothing whose token was erased', async () => {
      const { ledger } = await openStored();
      for (const { id } of STORED_ENTRIES.filter(({ opens }) => opens === null)) {
        const event = { at: LATER, event: 'retried' };
        expect(await ledger.requeue(id, { now: LATER, approve: false, event })).toBe(false);
      }
    });

    it('knows every token that is reported again', async () => {
      const { ledger } = await openStored();
      const location = 'https://gitlab.example.com/acme/new/-/blob/0123abc/another#L1';
      const reports = STORED_ENTRIES.map((entry) => reportOf(entry, { location }));
      const accepted = await ledger.accept(reports, { now: LATER, backlog: 1_000_000 });
      expect(accepted).toMatchObject({ created: 0, repeated: STORED_ENTRIES.length });
      const found = await Promise.all(ENTRIES.map(({ id }) => ledger.get(id)));
      expect(found).toMatchObject(
        ENTRIES.map((entry) => ({
          ...entry,
          ...{ reports: entry.reports + 1, lastReportedAt: LATER, locations: [...entry.locations, location] },
        })),
      );
    });

    it('writes no place in clear that is reported from now on, but for its project', async () => {
      const { ledger, texts } = await openStored();
      const location = 'https://gitlab.example.com/acme/new/-/raw/0123abc/conf/a-new-file.env#L1';
      const again = STORED_ENTRIES.map((entry) => reportOf(entry, { location }));
      const [first] = again;
      if (!first) throw new Error('Nothing is stored.');
      await ledger.accept([...again, { ...first, id: 'a-new-entry' }], { now: LATER, backlog: 1_000_000 });

      expect((await ledger.get('a-new-entry'))?.locations).toEqual([location]);
      expect(await texts()).not.toContain('a-new-file.env');
    });

    it('asks again about what was dead, and begins anew what was only looked at', async () => {
      const { ledger, vault } = await openStored();
      const dead = STORED_ENTRIES.filter(
        ({ state, outcome }) =>
          state === 'done' && ['revoked', 'already-inactive'].includes(outcome?.kind ?? ''),
      );
      const begunAnew = ['sendgrid-would-revoke', 'twilio-unrecognised', 'ssh-header-needs-context'].map(
        storedAs,
      );
      const reports = [...dead, ...begunAnew].map((entry) => {
        const token = new Secret('another token');
        return reportOf(entry, {
          sealed: vault.sealMaterial(entry.id, { token, parts: {} }),
          restarts: ['would-revoke', 'unrecognised', 'needs-context'],
          recheckEndedBefore: LATER,
        });
      });
      await ledger.accept(reports, { now: LATER, backlog: 1_000_000 });
      for (const { id, outcome } of dead) {
        expect(await ledger.get(id)).toMatchObject({ state: 'queued', phase: 'recheck', outcome });
      }
      for (const { id } of begunAnew) {
        expect(await ledger.get(id)).toMatchObject({ state: 'queued', phase: 'revoke', outcome: null });
      }
    });

    it('deletes what ended before the time of retention, and that alone', async () => {
      const { ledger } = await openStored();
      const endedBefore = STORED_REST.writtenUntil - DAY_MS;
      const isOver = ({ endedAt }: StoredEntry) => endedAt !== null && endedAt < endedBefore;
      const over = STORED_ENTRIES.filter(isOver);
      expect(over.length).toBeGreaterThan(0);
      expect(await ledger.purge({ now: LATER, endedBefore, limit: 1_000 })).toBe(over.length);
      const left = STORED_ENTRIES.filter((entry) => !isOver(entry));
      expect(await idsIn(ledger, {})).toEqual(left.map(({ id }) => id));
    });
  });
}

it('remembers in SQLite which version has migrated it, for one that cannot read it', async () => {
  const path = copyOfStoredSqlite();
  await openSqliteLedger({ path, vault: new Vault(await storedKeys()) }).close();
  const db = new DatabaseSync(path, { readOnly: true });
  onTestFinished(() => db.close());
  const { value } = db.prepare("SELECT value FROM meta WHERE key = 'version'").get() ?? {};
  expect(value).toBe(packageJson.version);
});

describe('the entries that 0.1.0 has stored', () => {
  it('have every state, phase and kind of outcome, proven and not', () => {
    expect(new Set(STORED_ENTRIES.map(({ state }) => state))).toEqual(new Set(STATES));
    expect(new Set(STORED_ENTRIES.map(({ phase }) => phase))).toEqual(
      new Set(['revoke', 'verify', 'recheck']),
    );
    const outcomes = STORED_ENTRIES.map(({ outcome }) => outcome && `${outcome.kind} ${outcome.verified}`);
    expect(new Set(outcomes)).toEqual(
      new Set([
        ...[null, 'revoked true', 'revoked false', 'already-inactive true', 'already-inactive false'],
        ...['accepted false', 'would-revoke false', 'expires false', 'refused false', 'exhausted false'],
      ]),
    );
  });
});

function storedAs(name: string): StoredEntry {
  const found = STORED_ENTRIES.find((entry) => entry.name === name);
  if (!found) throw new Error(`No stored entry is named ${name}.`);
  return found;
}

async function idsIn(ledger: Ledger, filter: Omit<Parameters<Ledger['list']>[0], 'limit'>) {
  const { entries } = await ledger.list({ ...filter, limit: 1_000 });
  return entries.map(({ id }) => id);
}

/** By a person's hand, where the entry waits for one. */
async function queueAll(ledger: Ledger, entries: readonly StoredEntry[]): Promise<void> {
  for (const { provider } of STORED_REST.lanes) await ledger.resumeLane(provider, LATER);
  for (const { id, state } of entries) {
    if (state === 'queued') continue;
    const event = { at: LATER, event: 'retried' };
    expect(await ledger.requeue(id, { now: LATER, approve: true, event })).toBe(true);
  }
}

async function claimAll(ledger: Ledger): Promise<readonly Claim[]> {
  const claims = await Promise.all(PROVIDERS.map((provider) => claimFrom(ledger, provider, LATER)));
  return claims.flat();
}

async function claimFrom(ledger: Ledger, provider: string, now: number): Promise<readonly Claim[]> {
  const options = { now, limit: 1_000, leaseMs: 60_000, maxPerHour: 0 };
  return (await ledger.claim(provider, options)).claims;
}

function claimOf(claims: readonly Claim[], id: string): Claim {
  const claim = claims.find((each) => each.id === id);
  if (!claim) throw new Error('The entry was not claimed.');
  return claim;
}

function reportOf(
  { id, provider, kind, types }: StoredEntry,
  changes: Partial<ReportedToken>,
): ReportedToken {
  return {
    ...{ id, provider, kind, type: types[0] ?? '', location: '', readable: true },
    ...{ sealed: 'not the stored one' },
    ...{ initial: { state: 'queued' }, restarts: [], ...changes },
  };
}

function byProviderAndState(
  a: { provider: string; state: string },
  b: { provider: string; state: string },
): number {
  return `${a.provider} ${a.state}`.localeCompare(`${b.provider} ${b.state}`);
}
