import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { LedgerError } from '../../src/ledger/ledger.ts';
import type { AnnouncementsToDeliver, Channel, Delivered } from '../../src/notify/channel.ts';
import { Delivery, type DeliveryOptions } from '../../src/notify/delivery.ts';
import { deliveryLimitMs, Notifier, type NotifierOptions } from '../../src/notify/notifier.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import { createLog, logEvents } from '../../src/observe/log.ts';
import { Failure } from '../../src/provider/failure.ts';
import { eventually } from '../support/eventually.ts';
import { newsroom } from './news.ts';

const HOUR_MS = 3_600_000;
const LEASE_MS = 60_000;

interface TestChannel extends Channel {
  /** The ids, or kinds where there is none, of each delivery. */
  readonly received: string[][];
  answer: (news: AnnouncementsToDeliver, signal: AbortSignal) => Promise<Delivered>;
}

const takesAll = async ({ announcements: { length } }: AnnouncementsToDeliver) => ({
  handled: length,
  told: length,
});

function testChannel(changes: Partial<Channel> = {}): TestChannel {
  const channel: TestChannel = {
    ...{ name: 'test', groupMs: 0, limit: 100, wants: () => true, received: [] as string[][] },
    answer: takesAll,
    deliver(news, signal) {
      channel.received.push(news.announcements.map(({ id, kind }) => id ?? kind));
      return channel.answer(news, signal);
    },
    ...changes,
  };
  return channel;
}

async function delivering(
  changes: Partial<Channel> = {},
  options: Partial<DeliveryOptions> = {},
  kept: { maxAnnouncements?: number } = {},
) {
  const news = newsroom(kept);
  const { ledger, clock } = news;
  const channel = testChannel(changes);
  await ledger.setChannels([channel.name]);
  const events: QuashEvent[] = [];
  const create = () =>
    new Delivery({
      ...{ channel, ledger, clock, leaseMs: LEASE_MS, cutting: new AbortController().signal },
      observe: (event) => events.push(event),
      ...options,
    });
  return { ...news, channel, events, delivery: create(), create };
}

const failing = (failure: Failure) => async () => {
  throw failure;
};

describe('a delivery', () => {
  it('brings what happened once, oldest first, and says so', async () => {
    const { needsPerson, ledger, clock, delivery, channel, events } = await delivering();
    await needsPerson('a');
    await ledger.parkLane('acme', 'operator', clock.now());

    await delivery.round();
    await delivery.round();

    expect(channel.received).toEqual([['a', 'lane-parked']]);
    expect(events).toEqual([{ type: 'notice-sent', channel: 'test', announcements: 2 }]);
  });

  it('waits after the first news for what comes with it', async () => {
    const { needsPerson, clock, delivery, channel } = await delivering({ groupMs: 60_000 });
    await needsPerson('a');
    await delivery.round();
    clock.jump(59_000);
    await needsPerson('b');
    await delivery.round();
    expect(channel.received).toEqual([]);

    clock.jump(1_000);
    await delivery.round();

    expect(channel.received).toEqual([['a', 'b']]);
  });

  it('does not wait when there is as much as fits', async () => {
    const { needsPerson, delivery, channel } = await delivering({ groupMs: 60_000, limit: 2 });
    for (const id of ['a', 'b', 'c']) await needsPerson(id);

    expect(await delivery.round()).toBe(true);
    await delivery.round();

    expect(channel.received).toEqual([['a', 'b']]);
  });

  it('does not wait for the time of a clock that was far ahead', async () => {
    const { needsPerson, clock, delivery, channel } = await delivering({ groupMs: 60_000 });
    clock.jump(1_000_000_000);
    await needsPerson('a');
    clock.jump(-1_000_000_000);

    await delivery.round();

    expect(channel.received).toEqual([['a']]);
  });

  it.each([
    ['collected', takesAll],
    ['put off', failing(new Failure('unavailable'))],
  ])('does not wait for what was %s by such a clock', async (_what, answer) => {
    const { needsPerson, clock, delivery, create, channel } = await delivering({ groupMs: 60_000 });
    clock.jump(1_000_000_000);
    await needsPerson('a');
    await delivery.round();
    channel.answer = answer;
    clock.jump(60_000);
    if (answer !== takesAll) await delivery.round();
    channel.received.length = 0;
    channel.answer = takesAll;
    clock.jump(-1_000_000_000);

    await create().round();

    expect(channel.received).toEqual([['a']]);
  });

  it.each([
    ['put off', { groupMs: 0 }],
    ['collected', { groupMs: 7_200_000 }],
  ])(
    'waits for what was %s as long as can be by a replica whose clock is a little ahead',
    async (_what, changes) => {
      const { needsPerson, clock, delivery, ledger, channel, events } = await delivering(changes);
      const behind = new Delivery({
        ...{ channel, ledger, leaseMs: LEASE_MS, cutting: new AbortController().signal },
        clock: { now: () => clock.now() - 5_000, sleep: (ms, signal) => clock.sleep(ms, signal) },
        observe: (event) => events.push(event),
      });
      channel.answer = failing(new Failure('unavailable', { retryAfterMs: HOUR_MS }));
      const taken = vi.spyOn(ledger, 'putOffAnnouncements');
      await needsPerson('a');
      await delivery.round();
      expect(taken).toHaveBeenCalledOnce();

      await behind.round();

      expect(taken).toHaveBeenCalledOnce();
    },
  );

  it('leaves out what the channel does not want', async () => {
    const { needsPerson, held, delivery, channel, events } = await delivering({
      wants: ({ kind }) => kind === 'held',
    });
    await needsPerson('a');
    await delivery.round();
    expect([channel.received, events]).toEqual([[], []]);

    await held('b');
    await needsPerson('c');
    await delivery.round();
    await delivery.round();

    expect(channel.received).toEqual([['b']]);
  });

  it('gives what a channel did not get to again at once', async () => {
    const { needsPerson, delivery, channel } = await delivering();
    for (const id of ['a', 'b', 'c']) await needsPerson(id);
    channel.answer = async () => ({ handled: 1, told: 0 });

    expect(await delivery.round()).toBe(true);
    await delivery.round();

    expect(channel.received).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c'],
    ]);
  });

  describe('of a channel for which too much has gathered', () => {
    const LOST = { type: 'notices-missed', channel: 'test', announcements: 2 };
    const later = async (wants: Channel['wants']) => {
      const world = await delivering({ wants }, {}, { maxAnnouncements: 3 });
      const missed: number[] = [];
      world.channel.answer = (news) => {
        missed.push(news.missed);
        return takesAll(news);
      };
      for (const id of ['a', 'b', 'c', 'd', 'e']) await world.needsPerson(id);
      return { ...world, missed };
    };

    it('says once how much the channel missed, to the channel and as an event', async () => {
      const { needsPerson, delivery, channel, events, missed } = await later(() => true);

      await delivery.round();
      await needsPerson('f');
      await delivery.round();

      expect([channel.received, missed]).toEqual([
        [['c', 'd', 'e'], ['f']],
        [2, 0],
      ]);
      expect(events.filter(({ type }) => type === 'notices-missed')).toEqual([
        { ...LOST, message: expect.stringContaining('quash list --state attention') },
      ]);
    });

    it('warns of it in the log', async () => {
      const { delivery, events } = await later(() => false);
      const lines: string[] = [];
      const destination = { write: (line: string) => void lines.push(line) };

      await delivery.round();
      events.forEach(logEvents(createLog({ level: 'warn', destination })));

      expect(lines.map((line) => JSON.parse(line))).toMatchObject([
        { level: 'warn', event: 'notices-missed', channel: 'test', announcements: 2 },
      ]);
    });

    it('says so also where nothing of the rest is wanted', async () => {
      const { delivery, channel, events, missed } = await later(() => false);

      await delivery.round();
      await delivery.round();

      expect([channel.received, missed]).toEqual([[[]], [2]]);
      expect(events).toMatchObject([LOST]);
    });

    it('does not promise while it fails that all is kept, and says it again until it was heard', async () => {
      const { delivery, channel, events, clock, missed } = await later(() => false);
      const { answer } = channel;
      channel.answer = failing(new Failure('unreachable'));

      expect(await delivery.round()).toBe(false);
      expect(events).toMatchObject([
        { type: 'notice-failed', missed: 2, message: expect.stringContaining('makes room and is lost') },
      ]);
      channel.answer = answer;
      clock.jump(30_000);
      await delivery.round();

      expect(missed).toEqual([2]);
      expect(events.at(-1)).toMatchObject(LOST);
    });
  });

  it('is tried again after 30 seconds, then after twice as long, up to an hour, and loses nothing', async () => {
    const { needsPerson, clock, delivery, channel, events } = await delivering();
    await needsPerson('a');
    channel.answer = failing(new Failure('unreachable', { target: 'https://hooks.example' }));
    const waits: number[] = [];
    for (let n = 0; n < 9; n++) {
      await delivery.round();
      const failed = events.findLast((event) => event.type === 'notice-failed');
      const wait = (failed?.until ?? 0) - clock.now();
      clock.jump(wait - 1);
      await delivery.round();
      expect(channel.received).toHaveLength(n + 1);
      clock.jump(1);
      waits.push(wait / 1000);
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    expect(events[0]).toMatchObject({
      ...{ type: 'notice-failed', channel: 'test', code: 'unreachable', target: 'https://hooks.example' },
      message: 'The connection to the receiver broke off. What it was to be told is kept and sent later.',
    });

    channel.answer = takesAll;
    await needsPerson('b');
    await delivery.round();

    expect(channel.received.at(-1)).toEqual(['a', 'b']);
  });

  it('pauses for what comes first alone where that fails and others are told, and tells what is new meanwhile', async () => {
    const { needsPerson, delivery, channel, clock, events } = await delivering();
    const tried: number[] = [];
    const told: string[] = [];
    let sick = ['sick'];
    channel.answer = async ({ announcements, skipsFailed }) => {
      if (!skipsFailed) tried.push(clock.now());
      for (const { id = '' } of announcements) if (!sick.includes(id) && !told.includes(id)) told.push(id);
      if (sick.length === 0) return { handled: announcements.length, told: 1 };
      if (skipsFailed) return { handled: 0, told: 0 };
      throw new Failure('unavailable').ofEntry();
    };
    const startedAt = clock.now();
    await needsPerson('sick');
    for (let at = 0; at <= 480; at++) {
      if (at % 60 === 0) await needsPerson(`at ${at}`);
      await delivery.round();
      if (at % 60 === 15) expect(told).toContain(`at ${at - 15}`);
      clock.jump(1_000);
    }
    expect(tried.map((at) => Math.round((at - startedAt) / 10_000))).toEqual([0, 3, 9, 21, 45]);
    const until = tried[4] ?? 0;
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'notice-failed', code: 'unavailable', until }),
    );

    sick = [];
    clock.jump(HOUR_MS);
    await delivery.round();
    sick = ['later'];
    await needsPerson('later');
    await delivery.round();
    clock.jump(31_000);
    tried.length = 0;
    await delivery.round();
    expect(tried).toHaveLength(1);
  });

  it('blames no receiver for a ledger that is away, and is tried again when the lease is over', async () => {
    const { needsPerson, clock, delivery, channel, events } = await delivering();
    await needsPerson('a');
    channel.answer = async () => {
      throw new LedgerError('unavailable', 'The ledger is away.');
    };

    await expect(delivery.round()).rejects.toThrow('The ledger is away.');
    expect(events).toEqual([]);

    channel.answer = takesAll;
    clock.jump(LEASE_MS);
    await delivery.round();
    expect(channel.received).toEqual([['a'], ['a']]);
  });

  it('waits as long as the receiver asks, and begins with 30 seconds again after a success', async () => {
    const { needsPerson, clock, delivery, channel, events } = await delivering();
    const untils = () =>
      events.flatMap((event) => (event.type === 'notice-failed' ? [event.until - clock.now()] : []));
    await needsPerson('a');
    channel.answer = failing(new Failure('throttled', { retryAfterMs: 90_000 }));
    await delivery.round();
    expect(untils()).toEqual([90_000]);

    clock.jump(90_000);
    channel.answer = takesAll;
    await delivery.round();
    await needsPerson('b');
    channel.answer = failing(new Failure('unreachable'));
    await delivery.round();

    expect(untils().at(-1)).toBe(30_000);
  });

  it('waits for an hour at most, whatever the receiver or a proxy before it asks', async () => {
    const { needsPerson, clock, delivery, channel, events } = await delivering();
    await needsPerson('a');
    channel.answer = failing(new Failure('unavailable', { retryAfterMs: 86_400_000 }));

    await delivery.round();

    expect(events).toMatchObject([{ type: 'notice-failed', until: clock.now() + 3_600_000 }]);
  });

  it('reports a mistake of our own, and goes on with it later', async () => {
    const { needsPerson, clock, delivery, channel, events } = await delivering();
    await needsPerson('a');
    const mistake = new TypeError('of our own');
    channel.answer = async () => {
      throw mistake;
    };
    await delivery.round();
    expect(events).toMatchObject([
      { type: 'internal-error', error: mistake },
      { type: 'notice-failed', code: 'internal' },
    ]);

    channel.answer = takesAll;
    clock.jump(30_000);
    await delivery.round();

    expect(channel.received).toHaveLength(2);
  });

  it('is not done by another replica at the same time, but once that one is gone', async () => {
    const { needsPerson, clock, create, channel } = await delivering();
    const [gone, other] = [create(), create()];
    const never = Promise.withResolvers<Delivered>();
    onTestFinished(() => never.resolve({ handled: 1, told: 1 }));
    await needsPerson('a');
    channel.answer = () => never.promise;
    void gone.round();
    await eventually(() => expect(channel.received).toHaveLength(1));

    channel.answer = takesAll;
    clock.jump(LEASE_MS - 1);
    await other.round();
    expect(channel.received).toHaveLength(1);
    clock.jump(1);
    await other.round();

    expect(channel.received).toEqual([['a'], ['a']]);
  });
});

describe('the notifier', () => {
  async function notifying(channels: readonly Channel[], isDown = () => false) {
    const news = newsroom();
    const events: QuashEvent[] = [];
    const ledger: NotifierOptions['ledger'] = {
      async setChannels(names) {
        if (isDown()) throw new LedgerError('unavailable', 'The ledger is away.');
        await news.ledger.setChannels(names);
      },
      takeAnnouncements: (...args) => news.ledger.takeAnnouncements(...args),
      confirmAnnouncements: (...args) => news.ledger.confirmAnnouncements(...args),
      putOffAnnouncements: (...args) => news.ledger.putOffAnnouncements(...args),
    };
    const notifier = new Notifier({ ledger, clock: news.clock, observe: (event) => events.push(event) });
    onTestFinished(() => notifier.stop(0));
    const start = () => notifier.start(channels, { leaseMs: LEASE_MS });
    await start();
    return { ...news, events, notifier, start };
  }

  it('lets no receiver that is down keep the others waiting', async () => {
    const [down, up] = [testChannel({ name: 'down' }), testChannel({ name: 'up' })];
    down.answer = failing(new Failure('unreachable'));
    const { needsPerson, clock } = await notifying([down, up]);

    await needsPerson('a');
    await eventually(async () => {
      await clock.advance(3_000);
      expect(up.received).toEqual([['a']]);
    });
  });

  it('gives back what is under way when it has to stop, and delivers it when it is started anew', async () => {
    const channel = testChannel();
    channel.answer = (_news, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('broken off')));
      });
    const { needsPerson, clock, events, notifier, start } = await notifying([channel]);
    await needsPerson('a');
    await eventually(async () => {
      await clock.advance(3_000);
      expect(channel.received).toHaveLength(1);
    });

    await notifier.stop(10);
    expect(events).toEqual([]);
    channel.answer = takesAll;
    await start();

    await eventually(() => expect(channel.received).toEqual([['a'], ['a']]));
  });

  it('goes on once the ledger is back that could not be told of the channels', async () => {
    const channel = testChannel();
    let isDown = true;
    const news = await notifying([channel], () => isDown);
    expect(news.events).toMatchObject([{ type: 'ledger-unavailable', during: 'notices' }]);

    isDown = false;
    await eventually(async () => {
      await news.clock.advance(3_000);
      await news.needsPerson(`after ${news.clock.now()}`);
      expect(channel.received.length).toBeGreaterThan(0);
    });
  });
});

describe('the time of a delivery', () => {
  it.each([
    ['eight leases', 15, 10_000, 120_000],
    ['four calls that hang, of which the second asks whether the receiver is there', 15, 60_000, 240_000],
    ['four calls also where leases are short', 1, 10_000, 40_000],
    ['no more than a timer can run', 86_400, 2_000_000_000, 2 ** 31 - 1],
  ])('does for %s', (_what, leaseSeconds, timeoutMs, expected) => {
    expect(deliveryLimitMs(leaseSeconds, timeoutMs)).toBe(expected);
  });
});
