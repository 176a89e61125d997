import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LedgerError } from '../../src/ledger/ledger.ts';
import { SqliteWriter } from '../../src/ledger/sqlite/writer.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A writer on a real file, and a disk that is done when the test says so. */
function writerOnSlowDisk() {
  const path = join(temporaryFolder(), 'test.db');
  const db = new DatabaseSync(path);
  const reader = new DatabaseSync(path, { timeout: 1_000 });
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE line (text TEXT)');
  onTestFinished(() => {
    for (const connection of [db, reader]) connection.close();
  });
  const syncs: PromiseWithResolvers<void>[] = [];
  const sync = () => {
    const asked = Promise.withResolvers<void>();
    syncs.push(asked);
    return asked.promise;
  };
  const order: string[] = [];
  const add = (text: string) => () => void db.prepare('INSERT INTO line VALUES (?)').run(text);
  const writer = new SqliteWriter(db, { sync, refuseLost: () => {} });
  return {
    writer,
    syncs,
    order,
    /** Once it is acknowledged, its name is in `order`. */
    write: (text: string) => writer.write(add(text)).then(() => void order.push(text)),
    lease: (text: string) => writer.lease(add(text)).then(() => void order.push(text)),
    committed: () =>
      reader
        .prepare('SELECT text FROM line')
        .all()
        .map(({ text }) => text),
  };
}

describe('the writer of the SQLite ledger', () => {
  it('acknowledges a write once the disk has it, and goes on meanwhile', async () => {
    const { writer, syncs, order, write, committed } = writerOnSlowDisk();
    const first = write('first');
    await eventually(() => expect(syncs).toHaveLength(1));
    const others = [write('second'), write('third')];
    await eventually(() => expect(committed()).toEqual(['first']));
    expect(order).toEqual([]);

    syncs[0]?.resolve();
    await first;
    await eventually(() => expect(syncs).toHaveLength(2));
    expect(committed()).toEqual(['first', 'second', 'third']);
    expect(order).toEqual(['first']);

    syncs[1]?.resolve();
    await Promise.all(others);
    await writer.idle();
    expect(syncs).toHaveLength(2);
  });

  it('lets a lease go before what waits with it, and not wait for the disk', async () => {
    const { syncs, order, write, lease } = writerOnSlowDisk();
    const written = write('written');
    await lease('leased');
    expect(order).toEqual(['leased']);
    await eventually(() => expect(syncs).toHaveLength(1));
    syncs[0]?.resolve();
    await written;
    await lease('alone');
    expect(syncs).toHaveLength(1);
  });

  it('lets a lease wait for the disk with what it may rest on', async () => {
    const { writer, syncs, order, lease } = writerOnSlowDisk();
    let leased: Promise<void> | undefined;
    const written = writer.write(() => {
      leased = lease('leased');
      writer.expectMore();
    });
    await eventually(() => expect(syncs).toHaveLength(1));
    expect(order).toEqual([]);
    syncs[0]?.resolve();
    await Promise.all([written, leased]);
  });

  it('fails what the disk did not take, and takes what comes next', async () => {
    const { syncs, write } = writerOnSlowDisk();
    const failed = write('lost');
    await eventually(() => expect(syncs).toHaveLength(1));
    syncs[0]?.reject(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
    await expect(failed).rejects.toThrow(LedgerError);
    await expect(failed).rejects.toThrow('The SQLite ledger cannot be read or written (EIO).');
    const next = write('next');
    await eventually(() => expect(syncs).toHaveLength(2));
    syncs[1]?.resolve();
    await next;
  });
});
