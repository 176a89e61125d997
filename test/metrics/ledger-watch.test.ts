import { expect, it, onTestFinished } from 'vitest';
import { LedgerError } from '../../src/ledger/ledger.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import { LedgerWatch } from '../../src/observe/ledger-watch.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { FakeClock } from '../support/fake-clock.ts';

const MINUTE_MS = 60_000;
const NO_LOG = 'Redis keeps no append-only file.';
const EVICTS = 'Redis may evict entries.';

async function watching(first: readonly string[]) {
  const clock = new FakeClock();
  const ledger = { says: async () => first };
  const seen: QuashEvent[] = [];
  const metrics = createMetrics();
  const watch = new LedgerWatch({
    ledger: { warnings: () => ledger.says() },
    clock,
    observe(event) {
      seen.push(event);
      metrics.observe(event);
    },
  });
  await watch.start();
  onTestFinished(() => watch.stop());
  const nextMinute = async (says: () => Promise<readonly string[]>) => {
    ledger.says = says;
    seen.length = 0;
    await clock.advance(MINUTE_MS);
    return [...seen];
  };
  const gauge = async () => {
    const source = {
      ledger: { count: async () => [], lanes: async () => [], oldestQueuedAt: async () => undefined },
    };
    const others = { clock, providers: [], sweeps: 'gitlab-sweep', ready: async () => {} };
    const { text } = await metrics.render({ ...source, ...others });
    return /^quash_ledger_durable (.*)$/m.exec(text)?.[1];
  };
  return { watch, seen, nextMinute, gauge };
}

it('tells at the start how safe the entries are', async () => {
  const { watch, seen, gauge } = await watching([NO_LOG]);

  expect(watch.warnings).toEqual([NO_LOG]);
  expect(seen).toEqual([
    { type: 'ledger-warning', message: NO_LOG },
    { type: 'ledger-durability', durable: false },
  ]);
  expect(await gauge()).toBe('0');
});

it('tells of what has changed, once, and when it heals', async () => {
  const { nextMinute, gauge } = await watching([]);
  expect(await gauge()).toBe('1');

  expect(await nextMinute(async () => [NO_LOG])).toEqual([
    { type: 'ledger-warning', message: NO_LOG },
    { type: 'ledger-durability', durable: false },
  ]);
  expect(await gauge()).toBe('0');
  expect(await nextMinute(async () => [NO_LOG])).toEqual([]);
  expect(await nextMinute(async () => [NO_LOG, EVICTS])).toEqual([
    { type: 'ledger-warning', message: EVICTS },
  ]);
  expect(await nextMinute(async () => [])).toEqual([{ type: 'ledger-durability', durable: true }]);
  expect(await gauge()).toBe('1');
});

it('goes on while the ledger cannot be asked, and takes that for no change', async () => {
  const { nextMinute, gauge } = await watching([NO_LOG]);

  const away = () => Promise.reject(new LedgerError('unavailable', 'away'));
  expect(await nextMinute(away)).toEqual([]);
  expect(await gauge()).toBe('0');
  expect(await nextMinute(async () => [])).toEqual([{ type: 'ledger-durability', durable: true }]);
});
