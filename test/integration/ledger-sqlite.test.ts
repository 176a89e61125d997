import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { aReport, describeLedger } from '../contract/ledger-suite.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const KEY_CHECK = 'key check';
const T0 = Date.UTC(2026, 0, 1);

describeLedger('SQLite ledger', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quash-sqlite-'));
  const path = join(folder, 'quash.db');
  let current: Ledger = openSqliteLedger({ path, keyCheck: KEY_CHECK });
  return {
    ledger: current,
    async reopen(keyCheck = KEY_CHECK) {
      await current.close();
      current = openSqliteLedger({ path, keyCheck });
      return current;
    },
    async close() {
      await current.close().catch(() => {});
      rmSync(folder, { recursive: true });
    },
  };
});

describe('SQLite ledger on disk', () => {
  const open = (folder: string) => openSqliteLedger({ path: join(folder, 'quash.db'), keyCheck: KEY_CHECK });

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

  it('refuses a file that a newer version wrote', async () => {
    const folder = temporaryFolder();
    await open(folder).close();
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(join(folder, 'quash.db'));
    db.exec('PRAGMA user_version = 999');
    db.close();
    expect(() => open(folder)).toThrow('The SQLite ledger was written by a newer version of Quash.');
  });

  it('says that it is unavailable where it cannot be written', async () => {
    const file = join(temporaryFolder(), 'a-file');
    writeFileSync(file, '');
    expect(() => openSqliteLedger({ path: join(file, 'quash.db'), keyCheck: KEY_CHECK })).toThrow(
      expect.objectContaining({ code: 'unavailable' }),
    );
  });
});
