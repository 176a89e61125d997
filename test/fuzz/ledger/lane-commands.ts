/** What is done to lanes and modes. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { ALL_LANES } from '../../../src/ledger/lane-state.ts';
import { command } from './lockstep.ts';
import { PROVIDERS, provider, span } from './values.ts';

/** Of the lane as it is, or as it was. */
const epochsAgo = fc.constantFrom(0, 0, 0, 1);

export const pauseLane = command(
  'pauseLane',
  fc.record({ provider, epochsAgo, forMs: span, reason: fc.constantFrom('throttled', 'timeout') }),
  async ({ ledger, model }, { provider, epochsAgo, forMs, reason }) => {
    const { now } = model;
    const pause = { epoch: model.lanes.get(provider).epoch - epochsAgo, until: now + forMs, reason, now };
    model.lanes.pause(provider, pause);
    const lane = await ledger.pauseLane(provider, pause);
    expect(lane).toEqual(model.lanes.state(provider));
    return { said: lane };
  },
);

export const laneHealthy = command(
  'laneHealthy',
  fc.record({ provider, epochsAgo, how: fc.constantFrom('recovered', 'in-part') }),
  async ({ ledger, model }, { provider, epochsAgo, how }) => {
    const epoch = model.lanes.get(provider).epoch - epochsAgo;
    model.lanes.healthy(provider, epoch, how);
    await ledger.laneHealthy(provider, epoch, model.now, how);
  },
);

export const parkLane = command('parkLane', provider, async ({ ledger, model }, provider) => {
  model.lanes.park(provider, 'operator');
  await ledger.parkLane(provider, 'operator', model.now);
});

export const resumeLane = command('resumeLane', provider, async ({ ledger, model, woken }, provider) => {
  model.lanes.resume(provider);
  await ledger.resumeLane(provider, model.now);
  expect([...woken]).toContain(provider);
});

export const setMode = command(
  'setMode',
  fc.record({
    provider: fc.constantFrom(...PROVIDERS, ALL_LANES),
    mode: fc.constantFrom('revoke', 'hold', 'dry-run', null),
  }),
  async ({ ledger, model }, { provider, mode }) => {
    model.setMode(provider, mode);
    await ledger.setMode(provider, mode);
    expect(await ledger.modes()).toEqual(model.lanes.modes());
  },
);
