import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { gitlab } from '../../providers/gitlab/index.ts';
import { main } from '../../src/cli/main.ts';
import { copySqliteLedger, isSqliteLedgerInUse } from '../../src/ledger/sqlite/file.ts';
import { createKeys } from '../../src/vault/keys.ts';
import { eventually } from '../support/eventually.ts';
import { postTokens } from '../support/post-tokens.ts';
import { startQuashHere } from '../support/quash-here.ts';
import { startQuashOfGitlab } from '../support/quash-process.ts';
import { newFolder } from '../support/run-folder.ts';
import { copyOfStoredSqlite, STORED_KEYS_FILE } from '../support/stored-0.1.0.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ALL = ['admin-token', 'backup.json', 'gitlab-token', 'keys.json', 'quash.db', 'submit-token'];
const HOLD = { QUASH_REVOCATION__MODE: 'hold' };
const PAT = ['gl', 'pat-', 'b'.repeat(20)].join('');

async function run(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
  let output = '';
  const write = (text: string) => (output += text);
  const stdin = (async function* () {})();
  const io = { stdout: { write }, stderr: { write }, stdin, env, cwd, definitions: async () => [gitlab] };
  return { code: await main(args, io), output: () => output };
}

/** What `quash list` says. */
async function listed(cwd: string, adminUrl: string): Promise<string> {
  return (await run(cwd, ['list', '--url', adminUrl])).output();
}

function start(cwd: string) {
  return startQuashHere({ cwd, env: HOLD, definitions: [gitlab] });
}

function tokenIn(cwd: string): string {
  return readFileSync(join(cwd, 'data/gitlab-token'), 'utf8').trim();
}

let stopped = '';

beforeAll(async () => {
  stopped = newFolder();
  const quash = await startQuashOfGitlab({ cwd: stopped, env: HOLD });
  expect(await postTokens(quash.apiUrl, tokenIn(stopped), [PAT])).toBe(true);
  expect((await run(stopped, ['backup', 'saved'])).code).toBe(0);
  await quash.end('SIGTERM');
});

/** An installation that was stopped, with one entry and a backup of it in `saved`. */
function backedUp(): string {
  const cwd = temporaryFolder();
  cpSync(stopped, cwd, { recursive: true });
  return cwd;
}

describe('the drill: backup of a running service, loss, restore', () => {
  it('brings entries, keys and tokens back, so that GitLab and operators notice nothing', async () => {
    const cwd = backedUp();
    const token = tokenIn(cwd);
    expect(readdirSync(join(cwd, 'saved')).sort()).toEqual(ALL);
    for (const name of ['.', ...ALL]) expect(statSync(join(stopped, 'saved', name)).mode & 0o077).toBe(0);
    rmSync(join(cwd, 'data'), { recursive: true });

    const { code, output } = await run(cwd, ['restore', 'saved']);

    expect([code, output()]).toEqual([0, expect.stringContaining('Start Quash')]);
    const quash = await start(cwd);
    expect(quash.output()).not.toContain('new token');
    expect(await postTokens(quash.apiUrl, token, [PAT])).toBe(true);
    expect(await listed(cwd, quash.adminUrl)).toMatch(/gitlab .* held .* 2×/);
  });

  it('is the way back from an upgrade: a ledger of 0.1.0 comes out as it went in', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'data'));
    copyFileSync(copyOfStoredSqlite(), join(cwd, 'data/quash.db'));
    copyFileSync(STORED_KEYS_FILE, join(cwd, 'data/keys.json'));
    const contentOf = (path: string) => {
      const db = new DatabaseSync(join(cwd, path), { readOnly: true });
      const version = db.prepare('PRAGMA user_version').get();
      const entries = db.prepare('SELECT * FROM entry ORDER BY seq').all();
      db.close();
      return { version, entries };
    };
    const before = contentOf('data/quash.db');
    expect(before.version).toEqual({ user_version: 3 });

    expect((await run(cwd, ['backup', 'saved'])).code).toBe(0);
    expect(contentOf('data/quash.db')).toEqual(before);
    const quash = await start(cwd);
    await quash.stop();
    expect(contentOf('data/quash.db').version).not.toEqual(before.version);

    expect((await run(cwd, ['restore', 'saved', '--replace'])).code).toBe(0);
    expect(contentOf('data/quash.db')).toEqual(before);
  });

  it('brings no approval back, as somebody may have decided otherwise since', async () => {
    const cwd = temporaryFolder();
    const quash = await start(cwd);
    expect(await postTokens(quash.apiUrl, tokenIn(cwd), [PAT])).toBe(true);
    const admin = ['--url', quash.adminUrl];
    expect((await run(cwd, ['pause', 'gitlab', ...admin])).code).toBe(0);
    const { output } = await run(cwd, ['list', '--json', ...admin]);
    const { id } = JSON.parse(output()).entries[0];
    expect((await run(cwd, ['approve', id, ...admin])).code).toBe(0);
    expect((await run(cwd, ['backup', 'saved'])).code).toBe(0);
    await quash.stop();

    const restored = await run(cwd, ['restore', 'saved', '--replace']);

    expect(restored.output()).toContain('1 approved and not yet revoked: these wait for approval once more');
    const again = await start(cwd);
    await run(cwd, ['resume', 'gitlab', '--url', again.adminUrl]);
    await eventually(async () => expect(await listed(cwd, again.adminUrl)).toContain(' held '));
  });

  it('moves what is there aside only when told to, with the log of the ledger that it replaces', async () => {
    const cwd = backedUp();
    rmSync(join(cwd, 'data/quash.db'));
    writeFileSync(join(cwd, 'data/quash.db-wal'), 'of a ledger that is gone');
    const refused = await run(cwd, ['restore', 'saved']);
    expect([refused.code, refused.output()]).toEqual([1, expect.stringContaining('There already: ')]);

    expect((await run(cwd, ['restore', 'saved', '--replace'])).code).toBe(0);

    expect(existsSync(join(cwd, 'data/quash.db-wal'))).toBe(false);
    const [aside = ''] = readdirSync(join(cwd, 'data')).filter((name) => name.startsWith('before-'));
    const moved = readdirSync(join(cwd, 'data', aside));
    expect(moved).toEqual(expect.arrayContaining(['keys.json', 'gitlab-token', 'quash.db-wal']));
    expect(await listed(cwd, (await start(cwd)).adminUrl)).toContain(' held ');
  });

  it('begins anew where it was killed before', async () => {
    const cwd = backedUp();
    for (const name of ['keys.json', 'quash.db', 'quash.db-journal']) {
      const [file = '', ending = ''] = name.split('-');
      writeFileSync(join(cwd, 'data', `${file}.restoring${ending && `-${ending}`}`), 'half');
    }

    const { code, output } = await run(cwd, ['restore', 'saved', '--replace']);

    expect([code, output()]).toEqual([0, expect.stringContaining('Start Quash')]);
    expect(readdirSync(join(cwd, 'data')).filter((name) => name.includes('restoring'))).toEqual([]);
    expect(await listed(cwd, (await start(cwd)).adminUrl)).toContain(' held ');
  });

  it('is none without the key file', async () => {
    const cwd = backedUp();
    rmSync(join(cwd, 'data/keys.json'));

    const { code, output } = await run(cwd, ['backup', 'again']);

    expect([code, output()]).toEqual([1, expect.stringContaining('There is no key file')]);
    expect(existsSync(join(cwd, 'again'))).toBe(false);
  });

  it('changes nothing while the service runs', async () => {
    const cwd = backedUp();
    // Another process, as one's own locks are none to it.
    const quash = await startQuashOfGitlab({ cwd, env: HOLD });
    const { code, output } = await run(cwd, ['restore', 'saved', '--replace']);
    expect([code, output()]).toEqual([1, expect.stringContaining('stop Quash first')]);
    await quash.end('SIGTERM');
  });

  it.each([
    ['was changed', (folder: string) => writeFileSync(join(folder, 'keys.json'), '{}'), 'was changed'],
    ['lacks a file', (folder: string) => rmSync(join(folder, 'quash.db')), 'quash.db is missing'],
    ['was not finished', (folder: string) => rmSync(join(folder, 'backup.json')), 'was not finished'],
  ])('refuses a backup that %s, before it touches anything', async (_, damage, message) => {
    const cwd = backedUp();
    damage(join(cwd, 'saved'));
    const { code, output } = await run(cwd, ['restore', 'saved', '--replace']);
    expect([code, output()]).toEqual([1, expect.stringContaining(message)]);
    expect(readdirSync(join(cwd, 'data')).sort()).toEqual(ALL.filter((name) => name !== 'backup.json'));
  });
});

describe('backup', () => {
  it('takes no folder that holds anything', async () => {
    const cwd = backedUp();
    const { code, output } = await run(cwd, ['backup', 'saved']);
    expect([code, output()]).toEqual([1, expect.stringContaining('is not empty')]);
  });

  it('says that there is no ledger', async () => {
    const { code, output } = await run(temporaryFolder(), ['backup', 'saved']);
    expect([code, output()]).toEqual([1, expect.stringContaining('There is no ledger')]);
  });

  it('saves the keys of a ledger on Redis, and both ways say what is to be done there', async () => {
    const cwd = temporaryFolder();
    const env = { QUASH_LEDGER__URL: 'redis://redis', QUASH_LEDGER__KEYSFILE: 'keys.json' };
    await createKeys(join(cwd, 'keys.json'));
    const keys = readFileSync(join(cwd, 'keys.json'), 'utf8');

    const saved = await run(cwd, ['backup', 'saved'], env);
    rmSync(join(cwd, 'keys.json'));
    const restored = await run(cwd, ['restore', 'saved'], env);

    expect([saved.code, saved.output()]).toEqual([0, expect.stringContaining('BGSAVE')]);
    expect([restored.code, restored.output()]).toEqual([0, expect.stringContaining('restore it there')]);
    expect(readFileSync(join(cwd, 'keys.json'), 'utf8')).toBe(keys);
    const other = await run(cwd, ['restore', 'saved', '--replace']);
    expect([other.code, other.output()]).toEqual([1, expect.stringContaining('a ledger on redis')]);
  });
});

describe('the copy of a SQLite file', () => {
  const PAGE_BYTES = 4_096;

  it('ends although somebody writes all the time, and has a moment of it', async () => {
    const folder = temporaryFolder();
    const [from, to] = [join(folder, 'from.db'), join(folder, 'to.db')];
    const writer = new DatabaseSync(from);
    onTestFinished(() => writer.close());
    writer.exec('PRAGMA journal_mode = WAL; CREATE TABLE row (pair INTEGER, filling BLOB)');
    const insert = writer.prepare('INSERT INTO row VALUES (?, ?)');
    const writePair = (pair: number) => {
      writer.exec('BEGIN');
      for (let i = 0; i < 2; i++) insert.run(pair, new Uint8Array(PAGE_BYTES));
      writer.exec('COMMIT');
    };
    for (let pair = 0; pair < 300; pair++) writePair(pair);

    let isCopied = false;
    const copied = copySqliteLedger(from, to).finally(() => {
      isCopied = true;
    });
    for (let pair = 300; !isCopied; pair++) {
      writePair(pair);
      await nextTurn();
    }
    await copied;

    const copy = new DatabaseSync(to);
    onTestFinished(() => copy.close());
    const rows = copy.prepare('SELECT count(*) AS rows FROM row GROUP BY pair').all();
    expect(rows.length).toBeGreaterThanOrEqual(300);
    expect(rows.every(({ rows: inPair }) => inPair === 2)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.startsWith('to'))).toEqual(['to.db']);
  });

  it('knows whether a process has the file open', () => {
    const path = join(temporaryFolder(), 'x.db');
    const db = new DatabaseSync(path);
    db.exec('PRAGMA journal_mode = WAL; CREATE TABLE row (id INTEGER)');
    expect(isSqliteLedgerInUse(path)).toBe(true);
    db.close();
    expect(isSqliteLedgerInUse(path)).toBe(false);
  });
});
