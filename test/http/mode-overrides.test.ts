import { expect, it } from 'vitest';
import { ModeOverrides } from '../../src/http/mode-overrides.ts';
import { ALL_LANES } from '../../src/ledger/lane-state.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import type { Mode } from '../../src/words/mode.ts';
import { FakeClock } from '../support/fake-clock.ts';

it('tells within seconds what a person has set at any replica, and keeps to it while the ledger is away', async () => {
  const clock = new FakeClock();
  const events: QuashEvent[] = [];
  let modes: () => Promise<Readonly<Record<string, Mode>>> = async () => ({});
  let reads = 0;
  const ledger = {
    modes: () => {
      reads += 1;
      return modes();
    },
  };
  const overrides = new ModeOverrides({ ledger, clock, observe: (event) => events.push(event) });
  overrides.start();
  overrides.start();
  await clock.advance(0);
  expect([overrides.of('acme'), reads]).toEqual([null, 1]);

  modes = async () => ({ acme: 'dry-run', [ALL_LANES]: 'hold' });
  await clock.advance(2_000);
  expect([overrides.of('acme'), overrides.of('other')]).toEqual(['dry-run', 'hold']);

  modes = () => Promise.reject(new Error('It is away.'));
  await clock.advance(2_000);
  expect([overrides.of('acme'), events.length, reads]).toEqual(['dry-run', 1, 3]);

  await overrides.stop();
  await clock.advance(10_000);
  expect(reads).toBe(3);
});

it('knows at once what was set in its own process, also while an earlier answer is still to come', async () => {
  const clock = new FakeClock();
  const early = Promise.withResolvers<Readonly<Record<string, Mode>>>();
  const answers: Promise<Readonly<Record<string, Mode>>>[] = [early.promise, Promise.resolve({})];
  const ledger = { modes: async () => (await answers.shift()) ?? {} };
  const overrides = new ModeOverrides({ ledger, clock, observe: () => {} });
  overrides.start();
  const refreshed = overrides.refresh();
  early.resolve({ acme: 'dry-run' });
  await refreshed;
  expect(overrides.of('acme')).toBe(null);
  await overrides.stop();
});
