import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSubmitClient } from '../../src/submit/client.ts';
import type { Submission } from '../../src/submit/plan.ts';
import { Secret } from '../../src/words/secret.ts';
import { FAKE_TYPE } from '../support/fake-provider.ts';
import { type HttpFixtureOptions, httpFixture, TOKEN } from '../support/http-fixture.ts';
import { createTestCertificate } from '../support/tls.ts';
import { scriptedQuash } from './scripted-quash.ts';

const TIMEOUT_MS = 60_000;

/** Time that passes by sleeping only. */
function sleeperClock() {
  const slept: number[] = [];
  let now = Date.UTC(2026, 0, 1);
  return {
    slept,
    now: () => now,
    sleep: async (ms: number) => {
      slept.push(ms);
      now += ms;
    },
  };
}

function clientOf(url: string, token = TOKEN) {
  const clock = sleeperClock();
  const waits: string[] = [];
  const client = createSubmitClient({
    url,
    token: new Secret(token),
    clock,
    deadline: clock.now() + TIMEOUT_MS,
    onWait: (why) => waits.push(why),
  });
  return { client, clock, waits };
}

function submission(token: string, over: Partial<Submission> = {}): Submission {
  const shown = { place: 'a.env:1', rule: 'a-rule', type: FAKE_TYPE };
  return { type: FAKE_TYPE, token, location: 'a.env#L1', shown, ...over };
}

/** The real API over a real socket. */
async function realQuash(options: HttpFixtureOptions = {}) {
  const fixture = httpFixture(options);
  const server = serve({ fetch: fixture.app.fetch, hostname: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return { ...fixture, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const GOOD = submission('fake-good');
const BAD = submission('no token at all');

describe('the client of the API', () => {
  it('asks what is taken, and hands over what was found', async () => {
    const quash = await realQuash();
    const { client } = clientOf(quash.url);

    expect(await client.types()).toContain(FAKE_TYPE);
    expect(await client.post([GOOD, submission('fake-other')])).toEqual([]);
    expect((await quash.ledger.list({ limit: 10 })).entries).toHaveLength(2);
  });

  it('says which elements were refused, and why; the others are accepted', async () => {
    const quash = await realQuash();
    const { client } = clientOf(quash.url);

    expect(await client.post([GOOD, BAD])).toEqual([{ submission: BAD, reason: 'no-match', known: false }]);
    expect((await quash.ledger.list({ limit: 10, state: 'queued' })).entries).toHaveLength(1);
  });

  it('sends the good elements again to a Quash that refuses all for a bad one', async () => {
    const quash = await realQuash({ settings: { onInvalidItem: 'reject-all' } });
    const { client } = clientOf(quash.url);

    expect(await client.post([BAD, GOOD, BAD])).toEqual([
      { submission: BAD, reason: 'no-match', known: false },
      { submission: BAD, reason: 'no-match', known: false },
    ]);
    expect((await quash.ledger.list({ limit: 10 })).entries).toMatchObject([{ state: 'queued' }]);
  });

  it('divides what is too large, down to the element that is', async () => {
    const large = submission(`fake-${'x'.repeat(3_000)}`);
    const quash = await realQuash({ settings: { bodyBytes: 1_000 } });
    const { client } = clientOf(quash.url);

    const refusals = await client.post([GOOD, submission('fake-b'), large, submission('fake-c')]);

    expect(refusals).toEqual([{ submission: large, reason: 'too-large', known: false }]);
    expect((await quash.ledger.list({ limit: 10 })).entries).toHaveLength(3);
  });

  it('waits as long as it is told to when there are too many requests', async () => {
    const quash = await scriptedQuash([{ status: 429, headers: { 'retry-after': '17' } }, { status: 204 }]);
    const { client, clock, waits } = clientOf(quash.url);

    expect(await client.post([GOOD])).toEqual([]);
    expect(clock.slept).toEqual([17_000]);
    expect(waits).toEqual(['Quash answered with status 429; trying again in 17 s.']);
    expect(quash.posted).toHaveLength(2);
  });

  it('waits until a date, and no shorter than a second', async () => {
    const date = new Date(Date.UTC(2026, 0, 1, 0, 0, 20)).toUTCString();
    const quash = await scriptedQuash([
      { status: 503, headers: { 'retry-after': date } },
      { status: 503, headers: { 'retry-after': '0' } },
      { status: 204 },
    ]);
    const { client, clock } = clientOf(quash.url);

    await client.post([GOOD]);

    expect(clock.slept).toEqual([20_000, 1_000]);
  });

  it('tries again with growing pauses after failures of the network', async () => {
    const quash = await scriptedQuash([
      { status: 'drop' },
      { status: 'drop' },
      { status: 502 },
      { status: 204 },
    ]);
    const { client, clock, waits } = clientOf(quash.url);

    await client.post([GOOD]);

    expect(clock.slept).toEqual([1_000, 2_000, 4_000]);
    expect(waits[0]).toMatch(/cannot be reached at http:\/\/127\.0\.0\.1:\d+ \([A-Z_]+\)/);
  });

  it('gives up at once when it is to wait longer than there is time', async () => {
    const quash = await scriptedQuash([{ status: 429, headers: { 'retry-after': '61' } }]);
    const { client, clock } = clientOf(quash.url);

    await expect(client.post([GOOD])).rejects.toThrow(/status 429; no time is left/);
    expect(clock.slept).toEqual([]);
  });

  it('gives up in the end when nobody answers', async () => {
    const { client, clock } = clientOf('http://127.0.0.1:1');

    await expect(client.types()).rejects.toThrow(/cannot be reached .*\(.+\): .+; no time is left/);
    expect(clock.slept.reduce((sum, ms) => sum + ms)).toBeLessThan(TIMEOUT_MS);
  });

  it.each([
    [401, 'auth.tokens'],
    [404, 'base path'],
    [301, 'redirects'],
    [418, 'status 418'],
    [400, 'status 400'],
  ])('does not try again after status %i, and says what to do', async (status, hint) => {
    const quash = await scriptedQuash([{ status, headers: { location: 'http://127.0.0.1:1/' } }]);
    const { client, clock } = clientOf(quash.url);

    await expect(client.post([GOOD])).rejects.toThrow(hint);
    expect(clock.slept).toEqual([]);
    expect(quash.posted).toHaveLength(1);
  });

  it('takes no other server for a Quash', async () => {
    const quash = await scriptedQuash([], [{ status: 200, body: { hello: 'world' } }]);

    await expect(clientOf(quash.url).client.types()).rejects.toThrow(/is no Quash/);
  });

  it('takes a refusal of elements that it did not send for no answer at all', async () => {
    const body = { invalid: [{ index: 5, reason: 'no-match', known: false }] };
    const quash = await scriptedQuash([{ status: 400, body }]);

    await expect(clientOf(quash.url).client.post([GOOD])).rejects.toThrow('status 400');
  });

  it('does not talk to a server whose certificate is not trusted', async () => {
    const server = createServer(createTestCertificate('IP:127.0.0.1')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
    });
    const { client, clock } = clientOf(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);

    await expect(client.types()).rejects.toThrow(/not trusted .*NODE_EXTRA_CA_CERTS/);
    expect(clock.slept).toEqual([]);
  });

  it('sends nothing for nothing', async () => {
    const quash = await scriptedQuash([]);

    expect(await clientOf(quash.url).client.post([])).toEqual([]);
    expect(quash.posted).toEqual([]);
  });
});
