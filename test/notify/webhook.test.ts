import { createHmac } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeChannels } from '../../src/notify/channels.ts';
import { notifyItem } from '../../src/notify/config.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { newsOf, newsroom } from './news.ts';
import { startHttpReceiver } from './receivers.ts';

const SECRET = 'the key of the signature';
const SIGNAL = new AbortController().signal;

async function telling(item: object, allowPrivate = ['127.0.0.1']) {
  const news = newsroom();
  const { ledger, clock } = news;
  const upstream = createUpstreamFactory({ timeoutMs: PATIENCE_MS, proxy: null, allowPrivate, clock });
  onTestFinished(() => upstream.close());
  const settings = {
    ledger,
    upstream,
    clock,
    ...{ observe: () => {}, instances: [], fingerprint: (text: string) => text },
    timeoutMs: PATIENCE_MS,
    publicUrl: 'https://quash.example.com',
  };
  const [channel] = noticeChannels([notifyItem().parse(item)], settings);
  if (!channel) throw new Error('no channel');
  await ledger.setChannels([channel.name]);
  await news.needsPerson('a');
  const batch = await ledger.takeAnnouncements(channel.name, { now: clock.now(), limit: 10, leaseMs: 1 });
  const announcements = batch?.announcements ?? [];
  return { ...news, tell: () => channel.deliver(newsOf(announcements), SIGNAL) };
}

/** As the README tells a receiver to check it. */
function signatureOf({ headers, body }: { headers: object; body: string }, key: string | Buffer): string {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = headers as Record<string, string>;
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

describe('a webhook', () => {
  it('gets signed JSON with counts, ids and links', async () => {
    const receiver = await startHttpReceiver();
    const { tell, clock } = await telling({
      type: 'webhook',
      url: `${receiver.url}/hook?k=v`,
      secret: SECRET,
    });

    expect(await tell()).toEqual({ handled: 1, told: 1 });

    const [posted] = receiver.posts;
    if (!posted) throw new Error('nothing was posted');
    expect(posted.path).toBe('/hook?k=v');
    expect(posted.headers['webhook-signature']).toBe(signatureOf(posted, SECRET));
    expect(posted.headers['webhook-timestamp']).toBe(String(Math.floor(clock.now() / 1000)));
    expect(JSON.parse(posted.body)).toMatchObject({
      type: 'notice',
      timestamp: new Date(clock.now()).toISOString(),
      data: {
        counts: [{ event: 'attention', provider: 'acme', entries: 1 }],
        entries: [{ id: 'a', url: 'https://quash.example.com/revocations/a' }],
        moreEntries: 0,
        missed: 0,
      },
    });
  });

  it('gets the same id for the same news, so that it can drop what it got twice', async () => {
    const receiver = await startHttpReceiver();
    const { tell } = await telling({ type: 'webhook', url: receiver.url });
    await tell();
    await tell();

    const [first, second] = receiver.posts;
    expect(first?.headers['webhook-id']).toMatch(/^quash_[\w-]{32}$/);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(first?.headers).not.toHaveProperty('webhook-signature');
  });

  it('is signed with the bytes of a key that is given as whsec_ and base64', async () => {
    const receiver = await startHttpReceiver();
    const key = Buffer.from('0123456789abcdef0123456789abcdef');
    const secret = `whsec_${key.toString('base64')}`;
    const { tell } = await telling({ type: 'webhook', url: receiver.url, secret });
    await tell();

    const [posted] = receiver.posts;
    expect(posted && signatureOf(posted, key)).toBe(posted?.headers['webhook-signature']);
  });

  it.each([
    [404, 'unexpected-answer'],
    [302, 'unexpected-answer'],
    [503, 'unavailable'],
    [0, 'unreachable'],
  ])('that answers %i was not told', async (status, code) => {
    const receiver = await startHttpReceiver();
    receiver.state.status = status;
    receiver.state.headers = status === 302 ? { location: `${receiver.url}/elsewhere` } : {};
    const { tell } = await telling({ type: 'webhook', url: receiver.url });

    await expect(tell()).rejects.toMatchObject({ code });
    expect(receiver.posts.map(({ path }) => path)).toEqual(status === 0 ? [] : ['/']);
  });

  it('at a private address is refused unless the operator allows it', async () => {
    const receiver = await startHttpReceiver();
    const { tell } = await telling({ type: 'webhook', url: receiver.url }, []);

    await expect(tell()).rejects.toMatchObject({ code: 'blocked-address' });
    expect(receiver.posts).toEqual([]);
  });
});

it('posts to Slack and Mattermost what both understand', async () => {
  const receiver = await startHttpReceiver();
  const { tell } = await telling({ type: 'slack', url: `${receiver.url}/services/T0/B0/hidden` });
  await tell();

  expect(receiver.posts[0]?.path).toBe('/services/T0/B0/hidden');
  expect(Object.keys(JSON.parse(receiver.posts[0]?.body ?? ''))).toEqual(['text']);
});
