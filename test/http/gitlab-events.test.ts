import { hash, randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sign } from '../../src/fakes/gitlab-hooks.ts';
import { LedgerError } from '../../src/ledger/ledger.ts';
import { Secret } from '../../src/words/secret.ts';
import { type HttpFixtureOptions, httpFixture } from '../support/http-fixture.ts';

const EVENTS = '/v1/gitlab/events';
const GITLAB = 'https://gitlab.example.com';
const OTHER = 'https://other.example.com/gitlab';
const HOOK_TOKEN = 'hook-token-of-the-tests';
const KEY = `whsec_${randomBytes(32).toString('base64')}`;
const MINUTE_MS = 60_000;

type Attributes = Readonly<Record<string, unknown>>;

function event(change: Attributes = {}): Record<string, unknown> {
  return {
    object_kind: 'vulnerability',
    object_attributes: {
      url: `${GITLAB}/group/app/-/security/vulnerabilities/4711`,
      state: 'detected',
      project_id: 42,
      report_type: 'secret_detection',
      location: { file: 'a.env', start_line: 1, commit: { sha: '0000000' } },
      identifiers: [
        { name: 'CWE-798', external_type: 'cwe', external_id: '798', url: null },
        { name: 'rule', external_type: 'gitleaks_rule_id', external_id: 'fake_token', url: null },
      ],
      ...change,
    },
  };
}

function eventFixture(options: HttpFixtureOptions = {}) {
  const fixture = httpFixture({
    hooks: [
      { url: `${GITLAB}/`, hookTokens: [new Secret(HOOK_TOKEN)], hookSigningKeys: [new Secret(KEY)] },
      { url: OTHER, hookTokens: [new Secret('hook-token-of-the-other-one')] },
    ],
    ...options,
  });
  const send = (body: unknown, headers: Record<string, string> = { 'x-gitlab-token': HOOK_TOKEN }) =>
    fixture.app.request(EVENTS, {
      ...{ method: 'POST', headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const entries = async () => (await fixture.ledger.list({ limit: 100 })).entries;
  return { ...fixture, send, entries };
}

function signed(body: string, { key = KEY, id = randomUUID() as string, at = Date.now() } = {}) {
  const seconds = String(Math.floor(at / 1000));
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': sign(key, id, seconds, body),
  };
}

describe('POST /v1/gitlab/events', () => {
  it('notes an event without any secret, and answers 204', async () => {
    const { send, entries, ledger } = eventFixture();
    expect((await send(event())).status).toBe(204);
    const [entry, ...others] = await entries();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      provider: 'gitlab-event',
      kind: 'vulnerability',
      state: 'queued',
      reports: 1,
    });
    const { locations } = (await ledger.get(entry?.id ?? '')) ?? {};
    expect(locations).toEqual([`${GITLAB}/group/app/-/security/vulnerabilities/4711`]);
  });

  it('notes an event of an instance that writes its host in capitals', async () => {
    const { send, entries } = eventFixture();
    const url = 'https://GitLab.Example.com/group/app/-/security/vulnerabilities/4711';
    expect((await send(event({ url }))).status).toBe(204);
    expect(await entries()).toMatchObject([{ provider: 'gitlab-event' }]);
  });

  it('takes a signed event, with each of several signatures', async () => {
    const { send, entries } = eventFixture();
    const body = JSON.stringify(event());
    const headers = signed(body);
    const signatures = `v1,bm90LXRoaXMtb25l v2,x ${headers['webhook-signature']}`;
    expect((await send(body, { ...headers, 'webhook-signature': signatures })).status).toBe(204);
    expect(await entries()).toHaveLength(1);
  });

  it('names its sender by what nobody can try likely tokens against', async () => {
    const { send, events } = eventFixture();
    const body = JSON.stringify(event());
    await send(body);
    await send(body, signed(body));
    const senders = events.flatMap((each) => (each.type === 'event-noted' ? each.by : []));
    const digest = (text: string | Buffer) => hash('sha256', text, 'buffer');
    const bare = [HOOK_TOKEN, Buffer.from(KEY.slice('whsec_'.length), 'base64')].flatMap((secret) =>
      [digest(secret), digest(digest(secret))].map((each) => each.toString('hex').slice(0, 12)),
    );
    expect(new Set(senders)).toHaveProperty('size', 2);
    for (const sender of senders) {
      expect(sender).toMatch(/^hook-[0-9a-f]{12}$/);
      expect(bare).not.toContain(sender.slice('hook-'.length));
    }
  });

  it('counts a further event of the same vulnerability for its entry', async () => {
    const { send, entries } = eventFixture();
    for (const state of ['detected', 'confirmed']) expect((await send(event({ state }))).status).toBe(204);
    expect(await entries()).toMatchObject([{ reports: 2 }]);
  });

  it('takes a signed delivery once, and one that failed again', async () => {
    let isAway = true;
    const { send, entries } = eventFixture({
      ledger: (real) => ({
        ...Object.create(real),
        accept: async (...args: Parameters<typeof real.accept>) => {
          if (isAway) throw new LedgerError('unavailable', 'The disk is full.');
          return real.accept(...args);
        },
      }),
    });
    const body = JSON.stringify(event());
    const headers = signed(body);
    const refused = await send(body, headers);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).not.toBeNull();
    isAway = false;
    for (let i = 0; i < 3; i++) expect((await send(body, headers)).status).toBe(204);
    expect(await entries()).toMatchObject([{ reports: 1 }]);
  });

  it.each([
    ['no token', {}],
    ['a wrong token', { 'x-gitlab-token': `${HOOK_TOKEN}x` }],
    ['an empty token', { 'x-gitlab-token': '' }],
    ['the token of the API', { authorization: 'pre-shared-token-of-the-tests' }],
  ])('answers 401 to %s', async (_name, headers) => {
    const { send, entries } = eventFixture();
    const answer = await send(event(), headers as Record<string, string>);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await entries()).toEqual([]);
  });

  it.each([
    ['of an old timestamp', { at: Date.now() - 6 * MINUTE_MS }],
    ['of a timestamp to come', { at: Date.now() + 6 * MINUTE_MS }],
    ['by another key', { key: `whsec_${randomBytes(32).toString('base64')}` }],
  ])('answers 401 to a signature %s', async (_name, options) => {
    const { send, entries } = eventFixture();
    const body = JSON.stringify(event());
    expect((await send(body, signed(body, options))).status).toBe(401);
    expect(await entries()).toEqual([]);
  });

  it('answers 401 to a body, an id or a timestamp that was not signed', async () => {
    const { send, entries } = eventFixture();
    const body = JSON.stringify(event());
    const headers = signed(body);
    const later = String(Number(headers['webhook-timestamp']) + 1);
    expect((await send(`${body} `, headers)).status).toBe(401);
    expect((await send(body, { ...headers, 'webhook-id': 'another' })).status).toBe(401);
    expect((await send(body, { ...headers, 'webhook-timestamp': later })).status).toBe(401);
    expect((await send(body, { ...headers, 'webhook-signature': 'v1,' })).status).toBe(401);
    expect(await entries()).toEqual([]);
  });

  it.each([
    ['of another host', { url: 'https://evil.example.com/group/app/-/security/vulnerabilities/4711' }],
    ['of a host that begins alike', { url: `${GITLAB}.evil.example.com/a/b/-/security/vulnerabilities/1` }],
    ['of an instance with another token', { url: `${OTHER}/group/app/-/security/vulnerabilities/4711` }],
    ['with dots in its path', { url: `${GITLAB}/group/../app/-/security/vulnerabilities/4711` }],
    ['of a page that is none of a vulnerability', { url: `${GITLAB}/group/app/-/issues/4711` }],
    ['of another scanner', { report_type: 'sast' }],
    ['that was resolved', { state: 'resolved' }],
    ['that was dismissed', { state: 'dismissed' }],
    [
      'of a type that nobody takes',
      { identifiers: [{ external_type: 'gitleaks_rule_id', external_id: 'x' }] },
    ],
    ['without its project', { project_id: null }],
  ])('answers 204 to an event %s, and does nothing', async (_name, change) => {
    const { send, entries, events } = eventFixture();
    expect((await send(event(change))).status).toBe(204);
    expect(await entries()).toEqual([]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'event-ignored' }));
  });

  it('tells of an event of another instance what to correct', async () => {
    const { send, events } = eventFixture();
    await send(event({ url: `${OTHER}/group/app/-/security/vulnerabilities/4711` }));
    const message = expect.stringContaining('correct url or hookTokens in gitlab.instances');
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'event-ignored', why: 'other-place', message }),
    );
  });

  it('answers 204 to other events, and 400 to what is none', async () => {
    const { send, entries } = eventFixture();
    expect((await send({ object_kind: 'push', ref: 'main' })).status).toBe(204);
    expect((await send({})).status).toBe(204);
    for (const body of ['', '{', '[]', 'null', '"text"', '['.repeat(100)]) {
      expect((await send(body)).status).toBe(400);
    }
    expect(await entries()).toEqual([]);
  });

  it.each([
    ['long', { padding: 'x'.repeat(3 * 1024 * 1024) }],
    ['deep', { location: JSON.parse('['.repeat(50) + ']'.repeat(50)) }],
    ['wide', { location: Array.from({ length: 60_000 }, () => 0) }],
  ])(
    'refuses no hook for an event that is too %s, as whoever runs a scanner can make one',
    async (_name, more) => {
      const { send, entries, events } = eventFixture();

      const answer = await send(event(more));

      expect(answer.status).toBe(204);
      expect(await entries()).toEqual([]);
      const message = expect.stringContaining('`quash sweep`');
      expect(events).toContainEqual(
        expect.objectContaining({ type: 'event-ignored', why: 'too-large', message }),
      );
    },
  );

  it('refuses no hook that signs for one either, and nobody else is taken for it', async () => {
    const { send, events } = eventFixture();
    const body = JSON.stringify({ ...event(), padding: 'x'.repeat(3 * 1024 * 1024) });
    expect((await send(body, signed(body))).status).toBe(204);
    expect(events).toContainEqual(expect.objectContaining({ type: 'event-ignored', why: 'too-large' }));
    expect((await send(`${body} `, signed(body))).status).toBe(401);
  });

  it('refuses no hook that signs while others are read, as whoever runs a scanner can have many sent at once', async () => {
    const { send, app, events } = eventFixture();
    const rest = Promise.withResolvers<void>();
    const isRead = Promise.withResolvers<void>();
    const chunks = [Buffer.alloc(900 * 1024, ' '), Buffer.from('{}')];
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(stream) {
          if (chunks.length < 2) {
            isRead.resolve();
            await rest.promise;
          }
          const chunk = chunks.shift();
          if (chunk) stream.enqueue(chunk);
          else stream.close();
        },
      },
      { highWaterMark: 0 },
    );
    const headers = signed('');
    const slow = app.request(EVENTS, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
    await isRead.promise;

    const large = JSON.stringify({ ...event(), padding: 'x'.repeat(200 * 1024) });
    const answers = [await send(large, signed(large)), await send(`${large} `, signed(large))];
    const small = JSON.stringify(event());
    answers.push(await send(small, signed(small)));
    rest.resolve();
    answers.push(await slow);

    expect(answers.map(({ status }) => status)).toEqual([204, 401, 204, 401]);
    expect(events.filter(({ type }) => type.startsWith('event-'))).toMatchObject([
      { type: 'event-ignored', why: 'too-large' },
      { type: 'event-noted' },
    ]);
  });

  it('reads no more of a stranger than GitLab ever sends', async () => {
    const { send } = eventFixture();
    const body = `${JSON.stringify(event())}${' '.repeat(25 * 1024 * 1024)}`;
    expect((await send(body, signed(''))).status).toBe(413);
  });

  it('answers 405 to another method, 413 to a body that is too large, 429 above the limit of tokens', async () => {
    const settings = { bodyBytes: 1024 * 1024 };
    const { app, send } = eventFixture({ settings, limits: { tokensPerMinute: 2 } });
    const wrong = await app.request(EVENTS);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    const large = { ...event(), padding: 'x'.repeat(1024 * 1024) };
    const text = JSON.stringify(large);
    expect((await send(text, signed(text))).status).toBe(413);
    for (let i = 0; i < 2; i++) expect((await send(event())).status).toBe(204);
    const answer = await send(event());
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).not.toBeNull();
  });

  it('answers 429 to an address that fails to authenticate too often, and to a full backlog', async () => {
    const { send } = eventFixture({ limits: { failedAuthPerMinute: 1 } });
    expect((await send(event(), {})).status).toBe(401);
    expect((await send(event(), {})).status).toBe(429);
    expect((await send(event())).status).toBe(204);
    const full = eventFixture({ settings: { backlog: 1 } });
    expect((await full.send(event())).status).toBe(204);
    const url = `${GITLAB}/group/app/-/security/vulnerabilities/4712`;
    expect((await full.send(event({ url }))).status).toBe(429);
  });
});
