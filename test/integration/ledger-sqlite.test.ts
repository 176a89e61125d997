import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { NO_PROGRESS } from '../../src/ledger/entry.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { MIGRATIONS } from '../../src/ledger/sqlite/schema.ts';
import type { Outcome } from '../../src/words/outcome.ts';
import { aReport, describeLedger, MAX_ANNOUNCEMENTS } from '../contract/ledger-suite.ts';
import { NEVER_MS } from '../support/patience.ts';
import { newFolder } from '../support/run-folder.ts';
import { sqliteFile } from '../support/sqlite-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TEST_VAULT } from '../support/test-keys.ts';

const T0 = Date.UTC(2026, 0, 1);

describeLedger('SQLite ledger', async () => {
  const folder = newFolder('sqlite-');
  const options = { path: sqliteFile(folder), maxAnnouncements: MAX_ANNOUNCEMENTS };
  let current: Ledger = openSqliteLedger({ ...options, vault: TEST_VAULT });
  return {
    ledger: current,
    async reopen(vault = TEST_VAULT) {
      await current.close();
      current = openSqliteLedger({ ...options, vault });
      return current;
    },
    async close() {
      await current.close().catch(() => {});
      rmSync(folder, { recursive: true });
    },
  };
});

describe('SQLite ledger on disk', () => {
  const open = (folder: string, options: { gatherMs?: number } = {}) =>
    openSqliteLedger({ path: join(folder, 'quash.db'), vault: TEST_VAULT, ...options });

  /** What another process sees. */
  const look = (folder: string, sql: string) => {
    const db = new DatabaseSync(join(folder, 'quash.db'), { readOnly: true });
    const rows = db.prepare(sql).all();
    db.close();
    return rows;
  };

  it('lets two processes share one file without losing or doubling an entry', async () => {
    const folder = temporaryFolder();
    const [one, two] = [open(folder), open(folder)];
    const reports = Array.from({ length: 200 }, (_, n) => aReport(`entry-${n}`));
    await Promise.all([
      ...reports.map((report) => one.accept([report], { now: T0, backlog: 1_000 })),
      ...reports.map((report) => two.accept([report], { now: T0, backlog: 1_000 })),
    ]);
    const options = { now: T0, limit: 150, leaseMs: 60_000, maxPerHour: 0 };
    const [first, second] = await Promise.all([one.claim('acme', options), two.claim('acme', options)]);
    const claimed = [...first.claims, ...second.claims].map(({ id }) => id);
    expect(new Set(claimed).size).toBe(claimed.length);
    expect(claimed).toHaveLength(200);
    expect(await two.count()).toEqual([{ provider: 'acme', state: 'queued', entries: 200 }]);
    await Promise.all([one.close(), two.close()]);
  });

  it('is not written any more once its file was removed or replaced, as all of it would be lost', async () => {
    const folder = temporaryFolder();
    const ledger = open(folder);
    const [path, aside] = ['quash.db', 'aside.db'].map((name) => join(folder, name)) as [string, string];
    const accept = (id: string) => ledger.accept([aReport(id)], { now: T0, backlog: 1_000 });
    const lost = { code: 'unavailable', message: expect.stringContaining('removed or replaced') };

    renameSync(path, aside);
    await expect(accept('a')).rejects.toMatchObject(lost);
    copyFileSync(aside, path);
    await expect(ledger.ping()).rejects.toMatchObject(lost);
    renameSync(aside, path);

    expect(await accept('b')).toMatchObject({ created: 1 });
    await ledger.close();
  });

  it('takes a claim of who is told of new work into the transaction of the report', async () => {
    const folder = temporaryFolder();
    const ledger = open(folder, { gatherMs: NEVER_MS });
    const committed = () => look(folder, 'SELECT lease IS NOT NULL AS leased FROM entry');
    const seen: unknown[] = [];
    ledger.onWork((provider) => {
      seen.push(committed());
      void ledger.claim(provider, { now: T0, limit: 1, leaseMs: 60_000, maxPerHour: 0 });
    });
    await ledger.accept([aReport('entry')], { now: T0, backlog: 1_000 });
    expect([...seen, committed()]).toEqual([[], [{ leased: 1 }]]);
    await ledger.close();
  });

  it('syncs its log for what it acknowledges, and not for a claim', () => {
    const folder = temporaryFolder();
    const trace = join(folder, 'trace.json');
    const script = `
      import { openSqliteLedger } from '${import.meta.resolve('../../src/ledger/sqlite/ledger.ts')}';
      import { TEST_VAULT } from '${import.meta.resolve('../support/test-keys.ts')}';
      const ledger = openSqliteLedger({ path: ${JSON.stringify(join(folder, 'quash.db'))}, vault: TEST_VAULT });
      await ledger.accept([${JSON.stringify(aReport('entry'))}], { now: ${T0}, backlog: 9 });
      await ledger.claim('acme', { now: ${T0}, limit: 1, leaseMs: 60_000, maxPerHour: 0 });
      await ledger.close();`;
    const traced = ['--trace-event-categories', 'node.fs.async', '--trace-event-file-pattern', trace];
    const { stderr } = spawnSync(process.execPath, [...traced, '--input-type=module', '--eval', script], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const { traceEvents } = JSON.parse(readFileSync(trace, 'utf8')) as { traceEvents: { name: string }[] };
    // Its begin and its end.
    expect(traceEvents.filter(({ name }) => name === 'fdatasync')).toHaveLength(2);
  });

  it('has nothing of an erased token in its files once it was purged, while it is open', async () => {
    const folder = temporaryFolder();
    const ledger = open(folder);
    const inFiles = () =>
      readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes('sealed entry'));
    await ledger.accept([aReport('entry')], { now: T0, backlog: 1_000 });
    expect(inFiles()).not.toEqual([]);
    await ledger.dismiss('entry', { now: T0, event: { at: T0, event: 'dismissed' } });
    await ledger.purge({ now: T0, endedBefore: 0, limit: 100 });
    expect(inFiles()).toEqual([]);
    await ledger.close();
  });

  it('shows no file of a place to who reads its files', async () => {
    const folder = temporaryFolder();
    const ledger = open(folder);
    const location = 'https://git.test/acme/app/-/raw/0abc123/deploy/prod.env#L7';
    await ledger.accept([aReport('a', { location })], { now: T0, backlog: 9 });
    const inFiles = (text: string) =>
      readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(text));
    expect(['acme/app', 'prod.env', '0abc123', '#L7'].map((text) => inFiles(text).length > 0)).toEqual([
      ...[true, false, false, false],
    ]);
    await ledger.close();
  });

  it('takes no approval again that has ended', async () => {
    const folder = temporaryFolder();
    const ledger = open(folder);
    const approve = { now: T0, approve: true, event: { at: T0, event: 'approved', by: 'ada' } };
    const claim = () => ledger.claim('acme', { now: T0, limit: 9, leaseMs: 1, maxPerHour: 0 });
    const held = { initial: { state: 'held' } } as const;
    await ledger.accept([aReport('dead', held), aReport('stopped', held)], { now: T0, backlog: 9 });
    await ledger.requeue('dead', approve);
    const [dead] = (await claim()).claims;
    if (!dead) throw new Error('Nothing was claimed.');
    const outcome = { kind: 'revoked', verified: true } as const;
    await ledger.settle(dead, { now: T0, state: 'done', outcome, progress: NO_PROGRESS, events: [] });
    await ledger.requeue('stopped', approve);
    const db = new DatabaseSync(join(folder, 'quash.db'));
    const approvals = db.prepare('SELECT id, approved, approval FROM entry').all();

    await ledger.accept([aReport('dead', { recheckEndedBefore: T0 + 1 })], { now: T0, backlog: 9 });
    await ledger.setMode('acme', 'hold');
    const write = db.prepare('UPDATE entry SET approved = ?, approval = ? WHERE id = ?');
    for (const { id, approved, approval } of approvals)
      write.run(approved ?? null, approval ?? null, id ?? null);
    db.close();

    expect(approvals.map(({ approved }) => approved)).toEqual([1, 1]);
    expect((await claim()).claims).toMatchObject([{ approved: false }, { approved: false }]);
    await ledger.close();
  });

  it('takes no approval that something else has written', async () => {
    const folder = temporaryFolder();
    const ledger = open(folder);
    const approve = { now: T0, approve: true, event: { at: T0, event: 'approved', by: 'ada' } };
    await ledger.accept(
      ['a', 'b', 'c'].map((id) => aReport(id, { initial: { state: 'held' } })),
      { now: T0, backlog: 9 },
    );
    for (const id of ['a', 'b']) await ledger.requeue(id, approve);
    const db = new DatabaseSync(join(folder, 'quash.db'));
    db.exec(`UPDATE entry SET approved = 2 WHERE id = 'b';
      UPDATE entry SET approved = 1, state = 'queued', due_at = 1,
        approval = (SELECT approval FROM entry WHERE id = 'a') WHERE id = 'c'`);
    db.close();

    const { claims } = await ledger.claim('acme', { now: T0, limit: 9, leaseMs: 1, maxPerHour: 0 });

    const approved = claims.map(({ id, approved, approvedUnproven }) => [id, approved, approvedUnproven]);
    expect(approved.sort()).toEqual([
      ['a', true, false],
      ['b', false, false],
      ['c', false, false],
    ]);
    await ledger.close();
  });

  it('has the token again for a recheck, and not once that is done', async () => {
    const folder = temporaryFolder();
    const ledger = open(folder);
    const settle = async (outcome?: Outcome) => {
      const [held] = (await ledger.claim('acme', { now: T0, limit: 1, leaseMs: 1, maxPerHour: 0 })).claims;
      if (!held) throw new Error('Nothing was claimed.');
      await ledger.settle(held, {
        ...{ now: T0, state: 'done', progress: NO_PROGRESS, events: [], ...(outcome && { outcome }) },
      });
    };
    await ledger.accept([aReport('a')], { now: T0, backlog: 9 });
    await settle({ kind: 'revoked', verified: true });
    await ledger.accept([aReport('a', { recheckEndedBefore: T0 + 1 })], { now: T0, backlog: 9 });
    const stored = look(folder, 'SELECT sealed FROM entry');

    await settle();

    expect(stored).toEqual([{ sealed: 'sealed a' }]);
    expect(look(folder, 'SELECT sealed FROM entry')).toEqual([{ sealed: null }]);
    await ledger.close();
  });

  it('has no announcement without a channel, and none that all channels have confirmed', async () => {
    const folder = temporaryFolder();
    const ledger = open(folder);
    const kept = () => look(folder, 'SELECT seq FROM announcement').length;
    const confirm = async (channel: string) => {
      const batch = await ledger.takeAnnouncements(channel, { now: T0, limit: 9, leaseMs: 1_000 });
      const last = batch?.announcements.at(-1)?.seq ?? '';
      await ledger.confirmAnnouncements(channel, batch?.lease ?? '', last);
    };
    await ledger.parkLane('unheard', 'operator', T0);
    await ledger.accept([aReport('unheard', { initial: { state: 'held' } })], { now: T0, backlog: 9 });
    const unheard = kept();
    await ledger.setChannels(['chat', 'mail', 'slow']);
    for (const provider of ['a', 'b', 'c']) await ledger.parkLane(provider, 'operator', T0);

    await confirm('chat');
    await confirm('mail');
    const unconfirmed = kept();
    await ledger.setChannels(['chat', 'mail']);
    const confirmed = kept();
    await ledger.parkLane('d', 'operator', T0);
    await ledger.setChannels([]);

    expect([unheard, unconfirmed, confirmed, kept()]).toEqual([0, 3, 0, 0]);
    await ledger.close();
  });

  it('takes over the file of the first version, with the types and lanes that are in it', async () => {
    const folder = temporaryFolder();
    const db = new DatabaseSync(join(folder, 'quash.db'));
    db.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1`);
    const insert = db.prepare(
      `INSERT INTO entry (seq, turn, id, provider, kind, types, state, first_reported_at, last_reported_at, ended_at)
       VALUES (?, 0, ?, 'acme', 'key', ?, ?, ?, ?, ?)`,
    );
    insert.run(T0 * 1000, 'a', 'one', 'done', T0, T0, T0 + 5);
    insert.run(T0 * 1000 + 1, 'b', 'one\ntwo \\n "x"', 'queued', T0, T0, null);
    db.exec("INSERT INTO lane (provider) VALUES ('acme'), ('other')");
    const reported = { at: T0, event: 'reported' };
    const refused: Outcome = { kind: 'refused', verified: false };
    const settled = { at: T0 + 5, event: 'settled' };
    const again = { at: T0 + 9, event: 'reported' };
    const addEvent = db.prepare('INSERT INTO history VALUES (?, ?)');
    for (const event of [reported, settled]) addEvent.run(T0 * 1000, JSON.stringify(event));
    addEvent.run(T0 * 1000 + 1, JSON.stringify({ ...reported, outcome: refused }));
    addEvent.run(T0 * 1000 + 1, JSON.stringify(again));
    const addLocation = db.prepare('INSERT INTO location VALUES (?, ?)');
    for (const location of ['https://git.test/z', 'https://git.test/a']) addLocation.run(T0 * 1000, location);
    db.close();

    const ledger = open(folder);

    const idsOf = async (type: string) => (await ledger.list({ type, limit: 9 })).entries.map(({ id }) => id);
    expect(await idsOf('one')).toEqual(['b', 'a']);
    expect(await ledger.get('a')).toMatchObject({
      ...{ history: [reported, settled], locations: ['https://git.test/z', 'https://git.test/a'] },
    });
    expect((await ledger.get('b'))?.history).toEqual([{ ...reported, outcome: refused }, again]);
    expect(await idsOf('two \\n "x"')).toEqual(['b']);
    expect(await ledger.lanes(T0)).toMatchObject([
      { provider: 'acme', lastDoneAt: T0 + 5 },
      { provider: 'other', lastDoneAt: null },
    ]);
    expect(await ledger.purge({ now: T0, endedBefore: T0 + 6, limit: 9 })).toBe(1);
    expect(await idsOf('one')).toEqual(['b']);
    await ledger.close();
  });

  it('refuses a file that a newer version wrote, and says which and what to do', async () => {
    const folder = temporaryFolder();
    await open(folder).close();
    const db = new DatabaseSync(join(folder, 'quash.db'));
    db.exec("PRAGMA user_version = 999; UPDATE meta SET value = '9.8.7' WHERE key = 'version'");
    db.close();
    expect(() => open(folder)).toThrow(
      `The SQLite ledger was written by Quash 9.8.7, in a form that this one, ${packageJson.version}, cannot read. Start Quash 9.8.7 or a newer one, or go back to the backup from before the upgrade.`,
    );
  });

  it('says that it is unavailable where it cannot be written', async () => {
    const file = join(temporaryFolder(), 'a-file');
    writeFileSync(file, '');
    expect(() => openSqliteLedger({ path: join(file, 'quash.db'), vault: TEST_VAULT })).toThrow(
      expect.objectContaining({ code: 'unavailable' }),
    );
  });
});
