/** What is told to channels. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { command, pick, type Side, which } from './lockstep.ts';
import { span } from './values.ts';

export const CHANNELS = ['mail', 'chat'];
const channel = fc.constantFrom(...CHANNELS);

export async function nameChannels({ ledger, model }: Side, names: readonly string[]): Promise<undefined> {
  model.announcements.setChannels(names);
  await ledger.setChannels(names);
}

export const setChannels = command('setChannels', fc.subarray(CHANNELS), nameChannels);

export const takeAnnouncements = command(
  'takeAnnouncements',
  fc.record({ channel, limit: fc.integer({ min: 1, max: 5 }), leaseMs: fc.constantFrom(1, 60_000) }),
  async ({ ledger, model, batches }, { channel, limit, leaseMs }) => {
    const { now } = model;
    const expected = model.announcements.undelivered(channel, limit);
    const batch = await ledger.takeAnnouncements(channel, { now, limit, leaseMs });
    const told = batch?.announcements.map(({ seq, ...each }) => each) ?? [];
    expect(told).toEqual(expected.told.map(({ number, ...each }) => each));
    if (!batch) return {};
    expect(batch.missed).toBe(expected.missed);
    const { lease, announcements } = batch;
    const numbers = expected.told.map(({ number }) => number);
    const batchEnd = numbers.at(-1) ?? 0;
    batches.push({ channel, lease, numbers, seqs: announcements.map(({ seq }) => seq) });
    model.announcements.taken(channel, { lease, batchEnd, freeAt: now + leaseMs });
    return { said: told };
  },
);

export const confirmAnnouncements = command(
  'confirmAnnouncements',
  fc.record({ which, at: fc.nat({ max: 4 }) }),
  async ({ ledger, model, batches }, { which, at }) => {
    const batch = pick(batches, which);
    if (!batch) return;
    const { channel, lease, numbers, seqs } = batch;
    const through = at % numbers.length;
    const expected = model.announcements.confirm(channel, lease, numbers[through] ?? 0);
    expect(await ledger.confirmAnnouncements(channel, lease, seqs[through] ?? '')).toBe(expected);
    return { said: expected };
  },
);

export const putOffAnnouncements = command(
  'putOffAnnouncements',
  fc.record({ which, later: span }),
  async ({ ledger, model, batches }, { which, later }) => {
    const batch = pick(batches, which);
    if (!batch) return;
    const { channel, lease } = batch;
    const until = model.now + later;
    const expected = model.announcements.putOff(channel, lease, until);
    expect(await ledger.putOffAnnouncements(channel, lease, until)).toBe(expected);
    return { said: expected };
  },
);
