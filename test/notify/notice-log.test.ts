/** What a person can see of notices, and have sent again: a real ledger, real receivers. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { LedgerError } from '../../src/ledger/ledger.ts';
import { noticeChannels } from '../../src/notify/channels.ts';
import { notifyItem } from '../../src/notify/config.ts';
import { Delivery } from '../../src/notify/delivery.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { newsroom } from './news.ts';
import { startHttpReceiver, startSmtpReceiver } from './receivers.ts';

const HOUR_MS = 3_600_000;
const PATH = '/hook/that-nobody-should-see';

async function telling(changes: object = {}) {
  const receiver = await startHttpReceiver();
  const item = 'type' in changes ? changes : { type: 'webhook', url: `${receiver.url}${PATH}`, ...changes };
  const news = newsroom();
  const { ledger, clock } = news;
  const upstream = createUpstreamFactory({
    ...{ timeoutMs: PATIENCE_MS, proxy: null, allowPrivate: ['127.0.0.1'], clock },
  });
  onTestFinished(() => upstream.close());
  const events: QuashEvent[] = [];
  const observe = (event: QuashEvent) => void events.push(event);
  const [channel] = noticeChannels([notifyItem().parse({ name: 'siem', groupSeconds: 0, ...item })], {
    ...{ ledger, upstream, clock, observe, timeoutMs: PATIENCE_MS },
    ...{ instances: [], fingerprint: (text) => text },
  });
  if (!channel) throw new Error('no channel');
  await ledger.setChannels([channel.name, 'another']);
  const cutting = new AbortController();
  const delivery = new Delivery({
    ...{ channel, ledger, clock, observe, leaseMs: PATIENCE_MS, cutting: cutting.signal },
  });
  const logged = async () => {
    const [notice] = await ledger.notices(1);
    if (!notice) throw new Error('No notice is kept.');
    return notice;
  };
  const sendAgain = async () => ledger.sendAgain(await logged(), clock.now());
  const bodies = () => receiver.posts.map(({ body }) => body);
  return { ...news, receiver, channel, delivery, cutting, events, logged, sendAgain, bodies };
}

describe('the log of notices', () => {
  it('says where each went, what it told and what came of it, and neither its path nor a location', async () => {
    const { needsPerson, ledger, clock, delivery, logged, receiver } = await telling();
    await needsPerson('a');
    await ledger.parkLane('acme', 'operator', clock.now());

    await delivery.round();

    expect(await logged()).toEqual({
      ...{ id: expect.stringMatching(/^[0-9a-f]{16}$/), channel: 'siem', target: receiver.url },
      ...{ firstAt: clock.now(), lastAt: clock.now(), attempts: 1, answer: { delivered: true }, missed: 0 },
      counts: [
        { event: 'attention', provider: 'acme', entries: 1 },
        { event: 'lane-parked', provider: 'acme', entries: 1 },
      ],
    });
    const kept = JSON.stringify(await ledger.notice((await logged()).id));
    for (const hidden of [PATH, 'secret-file.txt', 'group/project']) expect(kept).not.toContain(hidden);
  });

  it('counts attempts of one notice, also when news joins it, and keeps the last answer', async () => {
    const { needsPerson, clock, ledger, delivery, logged, receiver } = await telling();
    receiver.state.status = 503;
    await needsPerson('a');
    await delivery.round();
    expect(await logged()).toMatchObject({
      attempts: 1,
      answer: { delivered: false, code: 'unavailable', status: 503, message: expect.any(String) },
    });
    const firstAt = clock.now();
    await needsPerson('b');
    clock.jump(HOUR_MS);

    receiver.state.status = 200;
    await delivery.round();

    expect(await ledger.notices(10)).toMatchObject([
      { attempts: 2, firstAt, lastAt: clock.now(), answer: { delivered: true }, counts: [{ entries: 2 }] },
    ]);
  });

  it('has another notice for what happened after one was delivered', async () => {
    const { needsPerson, ledger, delivery } = await telling();
    for (const id of ['a', 'b']) {
      await needsPerson(id);
      await delivery.round();
    }

    expect((await ledger.notices(10)).map(({ attempts }) => attempts)).toEqual([1, 1]);
  });

  it('says nothing of an attempt that the end of the process cut', async () => {
    const { needsPerson, ledger, delivery, cutting } = await telling();
    cutting.abort();
    await needsPerson('a');

    await delivery.round();

    expect(await ledger.notices(10)).toEqual([]);
  });

  it('costs no second message when it cannot be written', async () => {
    const { needsPerson, ledger, delivery, events, bodies } = await telling();
    ledger.saveNotice = () => Promise.reject(new LedgerError('unavailable', 'The disk is full.'));
    await needsPerson('a');

    await delivery.round();
    await delivery.round();

    expect(bodies()).toHaveLength(1);
    expect(events.map(({ type }) => type)).toEqual(['ledger-unavailable', 'notice-sent']);
  });

  it('names the receivers of a mail', async () => {
    const { port } = await startSmtpReceiver();
    const { needsPerson, delivery, logged } = await telling({
      ...{ type: 'email', host: '127.0.0.1', port, tls: 'none' },
      ...{ from: 'quash@example.com', to: ['a@example.com', 'b@example.com'] },
    });
    await needsPerson('a');

    await delivery.round();

    expect(await logged()).toMatchObject({ target: 'a@example.com, b@example.com' });
  });
});

describe('a notice that is sent again', () => {
  it('is the same to its receiver, at once, and to nobody else', async () => {
    const { needsPerson, clock, delivery, receiver, sendAgain, logged, bodies } = await telling({
      groupSeconds: 86_400,
    });
    await needsPerson('a');
    clock.jump(24 * HOUR_MS);
    await delivery.round();
    clock.jump(HOUR_MS);

    expect(await sendAgain()).toBe(true);
    await delivery.round();
    await delivery.round();

    expect(bodies()).toHaveLength(2);
    expect(bodies()[1]).toBe(bodies()[0]);
    const ids = receiver.posts.map(({ headers }) => headers['webhook-id']);
    expect(ids[1]).toBe(ids[0]);
    expect(await logged()).toMatchObject({ attempts: 2, lastAt: clock.now() });
  });

  it('goes out once with what waited after a failure, which is tried at once', async () => {
    const { needsPerson, clock, delivery, receiver, sendAgain, bodies } = await telling();
    receiver.state.status = 503;
    await needsPerson('a');
    await delivery.round();
    receiver.posts.length = 0;
    receiver.state.status = 200;
    await delivery.round();
    expect(bodies()).toEqual([]);

    await sendAgain();
    clock.jump(1);
    for (let round = 0; round < 3; round++) await delivery.round();

    expect(bodies()).toHaveLength(1);
  });

  it('does not hold up what comes behind it when it is refused', async () => {
    const { needsPerson, delivery, receiver, sendAgain, logged, bodies } = await telling();
    await needsPerson('a');
    await delivery.round();
    receiver.state.status = 410;
    await sendAgain();
    await delivery.round();
    expect((await logged()).answer).toMatchObject({ delivered: false, status: 410 });

    receiver.state.status = 200;
    await needsPerson('b');
    await delivery.round();

    expect(bodies()).toHaveLength(3);
    expect(JSON.parse(bodies()[2] ?? '').data.entries).toMatchObject([{ id: 'b' }]);
  });

  it('is sent by the process that comes after one that ended meanwhile', async () => {
    const { needsPerson, channel, ledger, clock, delivery, cutting, sendAgain, bodies } = await telling();
    await needsPerson('a');
    await delivery.round();
    await sendAgain();
    cutting.abort();
    await delivery.round();
    expect(bodies()).toHaveLength(1);

    const next = new Delivery({
      ...{ channel, ledger, clock, observe: () => {}, leaseMs: PATIENCE_MS },
      cutting: new AbortController().signal,
    });
    await next.round();

    expect(bodies()).toHaveLength(2);
  });
});
